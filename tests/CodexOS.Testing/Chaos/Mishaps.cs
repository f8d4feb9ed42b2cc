using System.Collections.Concurrent;

namespace CodexOS.Testing.Chaos;

/// <summary>Lets a system's plan come true, one mishap after the other, and counts.</summary>
internal sealed class Mishaps(ChaosSystem system, int seed)
{
    private static readonly TimeSpan s_readyMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_quickStart = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan s_checkpointMax = TimeSpan.FromSeconds(4);
    private readonly ConcurrentDictionary<MishapKind, int> _counts = new();
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(3) };
    private TimeSpan _farthest;
    private int _kills;
    private int _amidCheckpoint;
    private int _terminated;

    private Stage Stage => system.Stage;

    /// <summary>How many processes of servers were killed.</summary>
    public int Kills => _kills;

    /// <summary>How many of them were copying SQLite's log back at that moment.</summary>
    public int AmidCheckpoint => _amidCheckpoint;

    /// <summary>How many connections PostgreSQL terminated.</summary>
    public int Terminated => _terminated;

    public IReadOnlyDictionary<MishapKind, int> Counts => _counts;

    /// <summary>One mishap after the other until it is cancelled; the one under way is brought to its end.</summary>
    public async Task HappenAsync(CancellationToken until)
    {
        var plan = new MishapPlan(system.Options, seed);
        while (!until.IsCancellationRequested)
        {
            var mishap = plan.Next();
            try
            {
                await Stage.Nodes[mishap.Node].ReadyAsync(s_readyMax, until);
            }
            catch (TimeoutException)
            {
                // It does not become ready; one more mishap may help.
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await PauseAsync(mishap.Pause * Stretch(Stage.Nodes[mishap.Node]), until);
            if (until.IsCancellationRequested) return;
            await HappenAsync(mishap, until);
            _counts.AddOrUpdate(mishap.Kind, 1, (_, count) => count + 1);
        }
    }

    /// <summary>Brings everything up again, with clocks so far ahead that every timer is due.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        var future = _farthest + TimeSpan.FromMinutes(1);
        foreach (var node in Stage.Nodes)
        {
            await node.ReadyAsync(s_readyMax * 3, cancellationToken);
            await JumpAsync(node, future);
            await node.ReadyAsync(s_readyMax * 3, cancellationToken);
        }

        _client.Dispose();
    }

    private async Task HappenAsync(Mishap mishap, CancellationToken until)
    {
        var node = Stage.Nodes[mishap.Node];
        switch (mishap.Kind)
        {
            case MishapKind.Kill:
                Kill(node);
                break;
            case MishapKind.KillAtStart:
                Kill(node);
                await PauseAsync(mishap.Lasts, until);
                Kill(node);
                break;
            case MishapKind.KillAtCheckpoint:
                var began = WalIndex.AwaitCheckpoint(Stage.SqlitePath, s_checkpointMax, until);
                Kill(node);
                if (began && WalIndex.WasAmidCheckpoint(Stage.SqlitePath)) _amidCheckpoint++;
                break;
            case MishapKind.KillAll:
                foreach (var one in Stage.Nodes) one.HoldDown();
                foreach (var one in Stage.Nodes) Kill(one);
                await PostgresAsync("KILL", mishap.Lasts, until);
                foreach (var one in Stage.Nodes) one.LetGo();
                break;
            case MishapKind.Stop:
                node.StopFor(mishap.Lasts);
                await PauseAsync(mishap.Lasts, until);
                break;
            case MishapKind.DiskFull:
                await FillDiskAsync(node, mishap.Lasts, until);
                break;
            case MishapKind.ClockJump:
                await JumpAsync(node, mishap.Lasts);
                break;
            case MishapKind.PostgresFast:
                await PostgresAsync("INT", mishap.Lasts, until);
                break;
            case MishapKind.PostgresImmediate:
                await PostgresAsync("QUIT", mishap.Lasts, until);
                break;
            case MishapKind.PostgresKill:
                await PostgresAsync("KILL", mishap.Lasts, until);
                break;
            case MishapKind.Terminate:
                _terminated += await Stage.Postgres!.TerminateBackendsAsync(until);
                break;
            case MishapKind.LostAnswer:
                Stage.Thief!.Arm();
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"The campaign does not know {mishap.Kind}.");
        }
    }

    /// <summary>On a slow machine pauses are longer, or servers would die before they have done anything.</summary>
    private static double Stretch(ChaosNode node) => Math.Clamp(node.StartTook / s_quickStart, 1, 20);

    private void Kill(ChaosNode node)
    {
        if (node.Kill()) Interlocked.Increment(ref _kills);
    }

    private async Task PostgresAsync(string signal, TimeSpan lasts, CancellationToken until)
    {
        await Stage.Postgres!.DownAsync(signal, CancellationToken.None);
        await PauseAsync(lasts, until);
        await Stage.Postgres.UpAsync(CancellationToken.None);
    }

    /// <summary>A server that meets a full disk goes on when there is room; half of the time it is killed in between.</summary>
    private async Task FillDiskAsync(ChaosNode node, TimeSpan lasts, CancellationToken until)
    {
        var leaveKiB = lasts.Milliseconds % 32;
        Stage.Disk!.Fill(leaveKiB);
        await PauseAsync(lasts / 2, until);
        if (lasts.Milliseconds % 2 == 0) Kill(node);
        await PauseAsync(lasts / 2, until);
        Stage.Disk.Free();
    }

    private async Task JumpAsync(ChaosNode node, TimeSpan offset)
    {
        if (offset > _farthest) _farthest = offset;
        try
        {
            await node.JumpAsync(_client, offset, CancellationToken.None);
        }
        catch (Exception gone) when (ChaosSystem.IsGone(gone))
        {
            // It was ending in that moment; the next process starts with this clock.
        }
    }

    private static Task PauseAsync(TimeSpan pause, CancellationToken until) =>
        Task.Delay(pause, TimeProvider.System, until).ContinueWith(
            _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
