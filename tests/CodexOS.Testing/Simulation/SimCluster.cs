using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Execution;

namespace CodexOS.Testing.Simulation;

/// <summary>
/// The nodes and what lies between them: messages that are late, lost, or answered though nobody hears it, and a
/// membership that is sometimes wrong, so that a run has two activations for a while.
/// </summary>
internal sealed class SimCluster(
    SimWorld world, SimDatabase database, SimFaults faults, SimChecks checks, SimLedger ledger, SimMutation mutation)
    : IDisposable
{
    private readonly Dictionary<RunId, SimActivation> _directory = [];
    private readonly List<SimNode> _all = [];
    private int _lives;

    public SimWorld World => world;

    public SimDatabase Database => database;

    public SimChecks Checks => checks;

    public SimLedger Ledger => ledger;

    public SimMutation Mutation => mutation;

    /// <summary>The nodes that the cluster takes for living, in the order in which they joined.</summary>
    public List<SimNode> Nodes { get; } = [];

    /// <summary>The node that looks for runs that nobody works on.</summary>
    public SimNode? Leader => Nodes.Count > 0 ? Nodes[0] : null;

    /// <summary>Whether whoever lives is a member and not frozen, so that nobody can still surprise the others.</summary>
    public bool IsSettled => _all.TrueForAll(
        node => !node.Process.Alive || (Nodes.Contains(node) && !node.Process.Frozen));

    public void Dispose()
    {
        foreach (var node in _all) node.Dispose();
    }

    public void Join(int number)
    {
        var node = new SimNode(this, number, _lives++);
        Nodes.Add(node);
        _all.Add(node);
        world.Say($"{node.Process.Name} joins");
        node.Start();
    }

    /// <summary>A node ends; the others learn of it later, and a new life of it begins.</summary>
    public void Crash(SimNode node)
    {
        world.Say($"{node.Process.Name} crashes");
        node.Process.Crash();
        foreach (var activation in node.Activations.Values) activation.Fail();
        world.After(world.Moment(3_000), () => Leave(node));
        world.After(TimeSpan.FromMilliseconds(500) + world.Moment(4_000), () => Join(node.Number));
    }

    /// <summary>A node stands still; the others may take it for dead, and then it ends once it learns of that.</summary>
    public void Freeze(SimNode node)
    {
        world.Say($"{node.Process.Name} freezes");
        node.Process.Freeze();
        var gone = world.Chance(700);
        if (gone) world.After(world.Moment(2_000), () => Leave(node));
        world.After(TimeSpan.FromMilliseconds(500) + world.Moment(12_000), () =>
        {
            world.Say($"{node.Process.Name} goes on");
            node.Process.Thaw();
            if (gone) world.After(world.Moment(1_000), () => Crash(node));
        });
    }

    /// <summary>The cluster takes a node for dead that works on until it learns of it.</summary>
    public void Slander(SimNode node)
    {
        Leave(node);
        world.After(world.Moment(2_000), () => Crash(node));
    }

    public Task ResumeAsync(RunId run) => CallAsync(run, async box =>
    {
        await box.ResumeAsync();
        return null;
    });

    /// <summary>Calls a run's mailbox, wherever it is.</summary>
    public Task<string?> CallAsync(RunId run, Func<IRunMailbox, Task<string?>> call)
    {
        var reply = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Send(new SimMessage(run, call, reply));
        return reply.Task;
    }

    public void Send(SimMessage message) => world.After(faults.Latency(), () =>
    {
        if (faults.On && world.Chance(5))
        {
            Lose(message.Reply);
            return;
        }

        if (Place(message.Run) is { } activation) activation.Deliver(message);
        else Lose(message.Reply);
    });

    /// <summary>The caller learns after a while that no answer comes.</summary>
    public void Lose(TaskCompletionSource<string?> reply) =>
        world.After(world.Moment(3_000), () => reply.TrySetException(new SimUnreachableException()));

    public void Unregister(SimActivation activation)
    {
        if (_directory.GetValueOrDefault(activation.Run) == activation) _directory.Remove(activation.Run);
        if (activation.Node.Activations.GetValueOrDefault(activation.Run) == activation)
            activation.Node.Activations.Remove(activation.Run);
    }

    private SimActivation? Place(RunId run)
    {
        // Now and then the directory is of two minds.
        var astray = faults.On && world.Chance(10);
        if (!astray && _directory.TryGetValue(run, out var known)) return known;
        if (Nodes.Count == 0) return null;
        var node = world.Pick(Nodes);
        if (!node.Activations.TryGetValue(run, out var activation))
            node.Activations[run] = activation = new SimActivation(run, node);
        return _directory[run] = activation;
    }

    private void Leave(SimNode node)
    {
        if (!Nodes.Remove(node)) return;
        world.Say($"{node.Process.Name} is taken for dead");
        database.Members.Remove(node.Engine.Owner);
        foreach (var run in _directory.Where(entry => entry.Value.Node == node).Select(entry => entry.Key).ToList())
            _directory.Remove(run);
    }
}

/// <summary>A message to a run, and where its answer is waited for.</summary>
internal sealed record SimMessage(
    RunId Run, Func<IRunMailbox, Task<string?>> Call, TaskCompletionSource<string?> Reply);

/// <summary>What a caller gets instead of an answer.</summary>
internal sealed class SimUnreachableException() : Exception("No answer came.");

/// <summary>
/// A run's place on a node. It takes one message at a time; told to let go, it takes no further one, stops its session
/// once the message before is answered, and sends on what has arrived meanwhile.
/// </summary>
internal sealed class SimActivation : IRunSeat
{
    private readonly Queue<SimMessage> _messages = [];
    private readonly RunSession _session;
    private SimMessage? _current;
    private bool _busy;
    private bool _leaving;

    public SimActivation(RunId run, SimNode node)
    {
        (Run, Node) = (run, node);
        _session = node.Sessions.New(run, this);
    }

    public RunId Run { get; }

    public SimNode Node { get; }

    public void Deliver(SimMessage message)
    {
        if (!Node.Process.Alive)
        {
            Node.Cluster.Lose(message.Reply);
            return;
        }

        _messages.Enqueue(message);
        Pump();
    }

    public void Hold()
    {
    }

    public void LetGo()
    {
        _leaving = true;
        Pump();
    }

    /// <summary>The node ends: nobody is answered any more.</summary>
    public void Fail()
    {
        if (_current is { } current) Node.Cluster.Lose(current.Reply);
        foreach (var message in _messages) Node.Cluster.Lose(message.Reply);
    }

    private void Pump()
    {
        if (_busy) return;
        _busy = true;
        _ = Node.Process.Do(PumpAsync);
    }

    private async Task PumpAsync()
    {
        while (!_leaving && _messages.TryDequeue(out _current))
        {
            try
            {
                var answer = await _current.Call(_session);
                if (Node.Cluster.World.Chance(5)) Node.Cluster.Lose(_current.Reply);
                else _current.Reply.TrySetResult(answer);
            }
            catch (Exception error)
            {
                _current.Reply.TrySetException(error);
            }

            _current = null;
        }

        if (_leaving)
        {
            await _session.StopAsync();
            Node.Cluster.Unregister(this);
            foreach (var message in _messages) Node.Cluster.Send(message);
            _messages.Clear();
            _session.Dispose();
            return;
        }

        _busy = false;
        if (_messages.Count > 0) Pump();
    }
}

/// <summary>The mailboxes as the engine's parts see them.</summary>
internal sealed class SimMailboxes(SimCluster cluster) : IRunMailboxes
{
    public IRunMailbox Of(RunId run) => new Box(cluster, run);

    private sealed class Box(SimCluster cluster, RunId run) : IRunMailbox
    {
        public Task<string?> StartAsync(string opening, DateTimeOffset at) =>
            cluster.CallAsync(run, box => box.StartAsync(opening, at));

        public Task ResumeAsync() => cluster.ResumeAsync(run);

        public Task<string?> CommandAsync(string command) => cluster.CallAsync(run, box => box.CommandAsync(command));
    }
}

/// <summary>The door of the engine, as far as simulated runs and clients need it.</summary>
internal sealed class SimRuns(SimCluster cluster, TimeProvider clock) : IRuns
{
    public async Task<Result<Run>> StartAsync(RunStart start, CancellationToken cancellationToken)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(start.IdempotencyKey!));
        var id = new RunId(new Guid(hash.AsSpan(0, 16), bigEndian: true));
        var opening = JsonSerializer.Serialize(new RunOpening(start, null), RunEventContext.Default.RunOpening);
        var at = clock.Milliseconds();
        var fault = await cluster.CallAsync(id, box => box.StartAsync(opening, at));
        return fault is null
            ? new Run(
                id, start.Kind, start.Subject, 1, start.Title, RunStatus.Queued, at, null, null, 1, 0, 0, 0, 0, null, null,
                false, [], null, null)
            : JsonSerializer.Deserialize(fault, RunEventContext.Default.Fault)!;
    }

    public Task<Result<Run>> GetAsync(RunId id, CancellationToken cancellationToken) => throw Unused();

    public Task<Result<Run>> UpgradeAsync(RunId id, RunUpgrade upgrade, CancellationToken cancellationToken) => throw Unused();

    public Task<Result<RunCreated>> CreationAsync(RunId id, CancellationToken cancellationToken) => throw Unused();

    public Task<Result<IReadOnlyList<JournaledEvent>>> HistoryAsync(RunId id, CancellationToken cancellationToken) =>
        throw Unused();

    private static InvalidOperationException Unused() => new("Nothing in the simulation asks for this.");
}
