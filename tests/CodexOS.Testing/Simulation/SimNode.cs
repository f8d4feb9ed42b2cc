using CodexOS.Platform.Blobs;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Journal;
using CodexOS.Runs.Scheduling;
using CodexOS.Runs.Watching;
using Microsoft.Extensions.Logging;

namespace CodexOS.Testing.Simulation;

/// <summary>
/// One life of one node: the engine's own parts, put together as the server does, on a process that can freeze and end.
/// </summary>
internal sealed class SimNode : IServiceProvider, IDisposable
{
    private readonly SimCluster _cluster;
    private readonly RunsOptions _options;
    private readonly SimClock _clock;
    private readonly SimJournal _journal;
    private readonly ILoggerFactory _logs;
    private readonly StepSlots _slots;
    private readonly RunSweep _sweep;

    public SimNode(SimCluster cluster, int number, int life)
    {
        var world = cluster.World;
        (_cluster, Number) = (cluster, number);
        Process = new SimProcess(world, $"n{number}.{life}");
        _clock = new SimClock(Process, world.Moment(300));
        _logs = new SimLogs(Process, cluster.Checks);
        _options = new RunsOptions
        {
            OutageMax = TimeSpan.FromSeconds(5),
            CancelGrace = TimeSpan.FromSeconds(4),
            PoolSize = world.Pick([1, 2, 100]),
        };
        _journal = new SimJournal(
            cluster.Database, Process, cluster.Mutation, _options, _clock, _logs.CreateLogger("journal"));
        var tenants = new TenantContext();
        var payloads = new RunPayloads(new NoBlobs(), _options);
        var feed = new RunFeed(_options);
        var mailboxes = new SimMailboxes(cluster);
        var children = new ChildRuns(_journal, payloads, mailboxes, _options);
        var handlers = SimEffects.On(Process, cluster.Ledger, _clock, cluster.Mutation)
            .Append(new ChildRunHandler(this, [], _options));
        var performer = new StepPerformer(
            handlers, feed, tenants, new StepScheduler(Process), _clock, _logs.CreateLogger<StepPerformer>());
        var quotas = new OptionQuotas(_options);
        _slots = new StepSlots(_options, quotas, _clock);
        var admission = new RunAdmission(_journal, _slots, quotas, _options, _clock);
        Engine = new RunEngine(
            [new SimProgram()], performer, _slots, children, _journal, admission, payloads, feed, _options,
            new RunOwner($"{Process.Name}/{AppendId.New(_clock).Value:N}"), new NobodyMoves(), _clock,
            _logs.CreateLogger<RunEngine>());
        _sweep = new RunSweep(_journal, Engine, mailboxes, _clock, _logs.CreateLogger<RunSweep>());
        Sessions = new RunSessions(Engine, tenants, _logs.CreateLogger<RunSession>());
        Forks = new RunForks(Engine, [], tenants);
        Tenants = tenants;
    }

    public int Number { get; }

    public SimProcess Process { get; }

    public RunEngine Engine { get; }

    public RunSessions Sessions { get; }

    public RunForks Forks { get; }

    public TenantContext Tenants { get; }

    public SimCluster Cluster => _cluster;

    /// <summary>The activations of runs here. A run has one, unless it is on its way from one to the next.</summary>
    public Dictionary<RunId, SimActivation> Activations { get; } = [];

    public void Start()
    {
        _cluster.Database.Members.Add(Engine.Owner);
        _cluster.Database.Names[Engine.Owner] = Process.Name;
        _ = Process.Do(() =>
        {
            _journal.Start();
            return RecoverAsync();
        });
    }

    /// <summary>Takes back what it has told the process that hosts the simulation of.</summary>
    public void Dispose() => _slots.Dispose();

    /// <summary>All that a handler looks up here is the door through which it starts runs.</summary>
    public object? GetService(Type serviceType) =>
        serviceType == typeof(IRuns) ? new SimRuns(_cluster, _clock) : null;

    /// <summary>Looks for runs to take up, as the server does at boot and from then on.</summary>
    private async Task RecoverAsync()
    {
        var nextSweep = TimeSpan.Zero;
        while (true)
        {
            try
            {
                if (_cluster.Leader == this) await _sweep.DueAsync(CancellationToken.None);
                if (_cluster.World.Elapsed >= nextSweep)
                {
                    nextSweep = _cluster.World.Elapsed + _options.SweepInterval;
                    await _sweep.OwnAsync(CancellationToken.None);
                    if (_cluster.Leader == this) await _sweep.OrphansAsync(CancellationToken.None);
                }
            }
            catch (IOException)
            {
            }

            await Task.Delay(TimeSpan.FromSeconds(2), _clock);
        }
    }

    /// <summary>Payloads of simulated runs are small.</summary>
    private sealed class NoBlobs : IBlobStore
    {
        public Task<Result<string>> WriteAsync(
            TenantId tenant, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("A simulated payload is too large.");

        public Task<Result<byte[]>> ReadAsync(TenantId tenant, string hash, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("There are no blobs in the simulation.");
    }
}

/// <summary>Reads the engine's log: what it calls a bug is one, unless the simulation made it.</summary>
internal sealed class SimLogs(SimProcess process, SimChecks checks) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new InvalidOperationException();

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => process.World.Traced || logLevel >= LogLevel.Error;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (process.World.Traced)
            process.World.Say($"{process.Name}: log {formatter(state, exception)} {exception?.Message}");
        if (logLevel < LogLevel.Error) return;
        if (eventId.Name == "LogIdle") checks.Broken($"{process.Name}: {formatter(state, exception)}");
        if (exception is not (null or IOException or SimTroubleException or SimUnreachableException))
            checks.Broken($"{process.Name}: {formatter(state, exception)} {exception}");
    }
}

/// <summary>The simulation has one database.</summary>
internal sealed class NobodyMoves : IMovingTenants
{
    public bool IsMoving(TenantId tenant) => false;

    public void Listen(Action<TenantId> changed)
    {
    }
}
