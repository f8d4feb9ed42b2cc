using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text.Json;
using System.Threading.Channels;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Journal;
using CodexOS.Runs.Watching;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Execution;

/// <summary>What every loop in this process shares: who it is, what it can drive, and how much it does at once.</summary>
internal sealed partial class RunEngine(
    IEnumerable<IRunProgram> programs,
    StepPerformer performer,
    IJournal journal,
    RunPayloads payloads,
    RunFeed feed,
    RunsOptions options,
    Cluster.Node node,
    TimeProvider clock,
    ILogger<RunEngine> log)
{
    private readonly FrozenDictionary<string, IRunProgram> _programs =
        programs.ToFrozenDictionary(program => program.Kind, StringComparer.Ordinal);

    private readonly ConcurrentQueue<RunId> _stranded = new();
    private readonly ConcurrentDictionary<RunId, RunLoop> _driven = new();
    private readonly Channel<RunId> _leavingRuns = Channel.CreateUnbounded<RunId>();
    private volatile bool _leaving;
    private int _active;

    /// <summary>This process, this time: a restarted process is another owner.</summary>
    public string Owner => node.Owner;

    /// <summary>The clock of runs.</summary>
    public TimeProvider Clock => clock;

    /// <summary>Why no further run can be started here at the moment, or null.</summary>
    public Fault? Refusal =>
        journal.Outage ?? (_active >= options.ActiveRunsMax ? RunFaults.Busy(options.ActiveRunsMax) : null);

    /// <summary>Whether this process is about to stop: it begins nothing, and its runs go elsewhere.</summary>
    public bool Leaving => _leaving;

    /// <summary>The runs that are being driven here.</summary>
    public ICollection<RunId> Driven => _driven.Keys;

    /// <summary>Whether runs of a kind can be driven here.</summary>
    public bool Drives(string kind) => _programs.ContainsKey(kind);

    /// <summary>The log of a run that is about to be created.</summary>
    public RunLog NewLog(RunId run, TenantId tenant, string kind) =>
        new(run, tenant, new RunState(_programs[kind]), journal, payloads, feed, clock);

    /// <summary>A loop over a log.</summary>
    public RunLoop NewLoop(RunLog runLog) =>
        new(runLog, _programs[runLog.State.Created.Kind], performer, options, clock, log);

    /// <summary>Takes a run over and reads its journal.</summary>
    public async Task<Result<RunLog>> OpenAsync(RunId run, CancellationToken cancellationToken)
    {
        ClaimedRun? claimed;
        try
        {
            claimed = await journal.ClaimAsync(run, Owner, clock.GetUtcNow(), cancellationToken);
        }
        catch
        {
            // The claim may have been committed all the same. The run is this process's then, and nobody else looks for it.
            Strand(run);
            throw;
        }

        if (claimed is null) return RunFaults.AlreadyEnded;
        RunsTelemetry.RunResumed();
        try
        {
            var first = await payloads.LoadAsync(claimed.Tenant, claimed.Events[0].Payload, cancellationToken);
            var created = (RunCreated)RunEventJson.Read(claimed.Events[0].Kind, first);
            if (!Drives(created.Kind)) return RunFaults.UnknownProgram(created.Kind);
            var opened = NewLog(run, claimed.Tenant, created.Kind);
            await opened.LoadAsync(claimed.Events, cancellationToken);
            return opened;
        }
        catch (Exception damage) when (damage is PayloadLostException or JsonException or InvalidDataException)
        {
            LogDamaged(damage, run);
            return new Fault(
                "runs.journal_damaged",
                FaultKind.Internal,
                $"The journal of {run} cannot be read: {damage.Message} Nothing was changed; restore it from a backup.");
        }
    }

    /// <summary>A loop has begun.</summary>
    public void Entered(RunId run, RunLoop loop)
    {
        Interlocked.Increment(ref _active);
        _driven[run] = loop;
        if (_leaving) loop.Leave();
    }

    /// <summary>A loop has ended.</summary>
    public void Left(RunId run)
    {
        _driven.TryRemove(run, out _);
        Interlocked.Decrement(ref _active);
    }

    /// <summary>Lets every loop finish the steps it has begun, begin no other, and let go of its run.</summary>
    public void Leave()
    {
        _leaving = true;
        foreach (var loop in _driven.Values) loop.Leave();
    }

    /// <summary>Puts a run aside whose loop could not go on; the sweep takes it up again.</summary>
    public void Strand(RunId run) => _stranded.Enqueue(run);

    /// <summary>Puts a run aside for another process, because this one is about to stop.</summary>
    public void HandOver(RunId run) => _leavingRuns.Writer.TryWrite(run);

    /// <summary>The runs that other processes have to go on with, until no loop is left or the time is up.</summary>
    public IAsyncEnumerable<RunId> LeavingRunsAsync() => _leavingRuns.Reader.ReadAllAsync();

    /// <summary>No further run is handed over.</summary>
    public void EndLeaving() => _leavingRuns.Writer.TryComplete();

    /// <summary>Takes the runs that were put aside.</summary>
    public IReadOnlyList<RunId> TakeStranded()
    {
        var taken = new List<RunId>();
        while (_stranded.TryDequeue(out var run)) taken.Add(run);
        return taken;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal of {Run} is damaged.")]
    private partial void LogDamaged(Exception damage, RunId run);
}
