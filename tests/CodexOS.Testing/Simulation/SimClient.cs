using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Execution;

namespace CodexOS.Testing.Simulation;

/// <summary>
/// People: they start runs and ask again where no answer came, answer what runs ask, and want things of runs at any
/// time, twice and in any order.
/// </summary>
internal sealed class SimClient(SimWorld world, SimCluster cluster, SimChecks checks)
{
    private static readonly TenantId s_tenant = new(Guid.Parse("00000000-0000-8000-8000-000000000001"));
    private static readonly UserId s_user = new(Guid.Parse("00000000-0000-8000-8000-000000000002"));
    private static readonly JsonElement s_nothing = JsonSerializer.SerializeToElement(new { });
    private readonly SimClock _clock = new(world.Outside, TimeSpan.Zero);
    private readonly List<RunId> _runs = [];
    private int _asked;
    private int _open;

    /// <summary>Whether no start is under way any more.</summary>
    public bool IsIdle => _open == 0;

    /// <summary>Starts a run, again and again until somebody says that it exists or cannot be.</summary>
    public void Start(int number, int within) => Open(world.Moment(within), async () =>
    {
        var start = StartOf(number);
        for (var tries = 0; tries < 20; tries++)
        {
            try
            {
                var started = await new SimRuns(cluster, _clock).StartAsync(start, CancellationToken.None);
                if (!started.TryGet(out var run, out _)) return;
                world.Say($"client: {number} is {run.Id}");
                checks.Acknowledged(run.Id);
                _runs.Add(run.Id);
                // A key that is used twice starts one run.
                if (!world.Chance(100)) return;
            }
            catch (Exception error) when (error is IOException or SimUnreachableException)
            {
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200) + world.Moment(2_000), _clock);
        }
    });

    /// <summary>Wants something of any run.</summary>
    public void Bother()
    {
        if (cluster.Database.Rows.Count == 0) return;
        var run = world.Pick(cluster.Database.Rows).Run;
        var state = checks.StateOf(run);
        var by = Name();
        RunCommand? command = world.Next(14) switch
        {
            0 => new RunCommand.Cancel(by, null, Hard: false),
            1 => new RunCommand.Cancel(by, null, Hard: true),
            2 or 3 => new RunCommand.Pause(by, null),
            4 or 5 => new RunCommand.Resume(by),
            6 => new RunCommand.Steer(by, "Mind the time."),
            7 or 8 => new RunCommand.Signal(world.Pick(["go", "stop"]), s_nothing, by, by),
            9 or 10 => new RunCommand.RollBack(world.Next(state.NextSeq + 1), by, null, world.Chance(500), world.Chance(700)),
            11 => new RunCommand.Retry(by, null, null),
            _ => Answer(state, by),
        };
        if (command is null)
        {
            if (world.Chance(300)) Fork(run, world.Next(state.NextSeq));
            return;
        }

        Send(run, command, by);
        if (world.Chance(150)) Send(run, command, by);
    }

    /// <summary>Answers what every open run waits for, so that each can come to its end.</summary>
    public void AnswerAll()
    {
        foreach (var row in cluster.Database.Rows.Where(row => !row.Ended).ToList())
        {
            var by = Name();
            if (Answer(checks.StateOf(row.Run), by) is { } command) Send(row.Run, command, by);
        }
    }

    private RunCommand? Answer(RunState state, string by)
    {
        if (state.Ended) return null;
        if (state.Steps.In(StepPhase.InDoubt).FirstOrDefault() is { } doubt)
        {
            // Nobody repeats for ever what nobody can be sure of.
            var outcome = (InDoubtOutcome)world.Next(doubt.Occurrence > 3 ? 1 : 4);
            if (doubt.Occurrence > 3) outcome = InDoubtOutcome.Failed;
            return new RunCommand.Resolve(doubt.Step, doubt.Occurrence, outcome, s_nothing, by, null);
        }

        if (state.Paused && state.Rollback is null) return new RunCommand.Resume(by);
        if (state.AwaitingApproval.FirstOrDefault() is { Request: { } request })
            return new RunCommand.Decide(request.ApprovalId, world.Chance(800), request.ArgumentsHash, by, null);
        return state.Signals.Waits.FirstOrDefault() is { } wait && state.Signals.Peek(wait.Signal) is null
            ? new RunCommand.Signal(wait.Signal, s_nothing, by, by)
            : null;
    }

    private void Send(RunId run, RunCommand command, string by) => Open(world.Moment(50), async () =>
    {
        var json = JsonSerializer.Serialize(command, RunEventContext.Default.RunCommand);
        world.Say($"client: {by} {command.GetType().Name} {checks.NameOf(run)}");
        for (var tries = 0; tries < 2; tries++)
        {
            try
            {
                var answer = await cluster.CallAsync(run, box => box.CommandAsync(json));
                if (world.Traced) world.Say($"client: {by} is answered {answer ?? "ok"}");
                if (answer is null) checks.Acknowledged(run, command, by);
                return;
            }
            catch (Exception error) when (error is IOException or SimUnreachableException)
            {
                // Whether it was done is not known; the same again does no harm.
                if (!world.Chance(500)) return;
            }
        }
    });

    private void Fork(RunId from, int seq)
    {
        if (cluster.Database.Rows.Count > 8 || cluster.Nodes.Count == 0) return;
        var node = world.Pick(cluster.Nodes);
        var key = Name();
        var fork = new RunId(new Guid(1_000 + _asked, 7, 7, 0x80, 0, 0, 0, 0, 0, 0, 1));
        node.Process.Do(async () =>
        {
            using var tenant = node.Tenants.Enter(s_tenant);
            var wish = new ForkWish(seq, null, null, null, world.Chance(500) ? "Another way." : null, null, key);
            try
            {
                var planned = await node.Forks.PlanAsync(
                    from, fork, wish, new Caller(s_tenant, s_user, key, FrozenSet<string>.Empty), CancellationToken.None);
                if (!planned.TryGet(out var start, out var refused)) return;
                var opening = JsonSerializer.Serialize(new RunOpening(null, start), RunEventContext.Default.RunOpening);
                var fault = await cluster.CallAsync(fork, box => box.StartAsync(opening, _clock.Milliseconds()));
                if (fault is null) checks.Acknowledged(fork);
            }
            catch (Exception error) when (error is IOException or SimUnreachableException)
            {
            }
            catch (Exception bug)
            {
                checks.Broken($"A fork failed: {bug}");
            }
        });
    }

    private string Name() => $"c{++_asked}";

    private void Open(TimeSpan delay, Func<Task> work)
    {
        _open++;
        world.After(delay, () => _ = OpenAsync(work));
    }

    private async Task OpenAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception bug)
        {
            checks.Broken($"A client met a bug: {bug}");
        }
        finally
        {
            _open--;
        }
    }

    private RunStart StartOf(int number)
    {
        var limits = new RunLimits(
            world.Chance(100) ? 3 : 1_000,
            world.Chance(100) ? TimeSpan.FromSeconds(10) : TimeSpan.FromDays(300),
            world.Chance(150) ? 25 + world.Next(20) : 1_000_000,
            0);
        return new RunStart(
            s_tenant, s_user, SimProgram.Name, SimProgram.Name, 1, $"run {number}",
            JsonSerializer.SerializeToElement(Ops(depth: 0)), s_nothing, limits, RunLabels.None, $"start-{number}");
    }

    private ImmutableArray<SimOp> Ops(int depth)
    {
        var ops = ImmutableArray.CreateBuilder<SimOp>();
        for (var i = 1 + world.Next(depth == 0 ? 5 : 2); i > 0; i--) ops.Add(Op(depth));
        return ops.ToImmutable();
    }

    private SimOp Op(int depth)
    {
        var must = world.Chance(200);
        switch (world.Next(10))
        {
            case 0:
                return new SimOp([], null, 1 + world.Next(8_000), false, []);
            case 1:
                return new SimOp([], "go", world.Chance(500) ? 1 + world.Next(8_000) : 0, false, []);
            case 2 when depth < 2:
                return new SimOp([ChildRun.Effect], null, 0, must, Ops(depth + 1));
        }

        // Of steps side by side at most one does not say before what it uses.
        var effects = ImmutableArray.CreateBuilder<string>();
        for (var i = 1 + (world.Chance(300) ? 1 + world.Next(2) : 0); i > 0; i--)
        {
            effects.Add(world.Pick(
            [
                effects.Contains(SimEffects.Read) ? SimEffects.Keyed : SimEffects.Read, SimEffects.Transactional,
                SimEffects.Keyed, SimEffects.Keyed, SimEffects.Queryable, SimEffects.Unsafe, SimEffects.Unsafe,
                SimEffects.Asks,
            ]));
        }

        return new SimOp(effects.ToImmutable(), null, 0, must, []);
    }
}
