using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Data.Common;
using System.Threading.Channels;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Journal;
using CodexOS.Runs.Scheduling;
using CodexOS.Runs.Watching;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Execution;

/// <summary>What every loop in this process shares: who it is, what it can drive, and how much it does at once.</summary>
internal sealed partial class RunEngine(
    IEnumerable<IRunProgram> programs,
    StepPerformer performer,
    IStepSlots slots,
    ChildRuns children,
    IJournal journal,
    RunAdmission admission,
    RunPayloads payloads,
    RunFeed feed,
    RunsOptions options,
    RunOwner owner,
    IMovingTenants moving,
    TimeProvider clock,
    ILogger<RunEngine> log)
{
    private readonly FrozenDictionary<string, IRunProgram> _programs =
        programs.ToFrozenDictionary(program => program.Kind, StringComparer.Ordinal);

    private readonly ConcurrentQueue<RunId> _stranded = new();
    private readonly ConcurrentDictionary<RunId, RunLoop> _driven = new();
    private readonly Channel<RunId> _leavingRuns = Channel.CreateUnbounded<RunId>();
    private volatile bool _leaving;

    /// <summary>This process, this time: a restarted process is another owner.</summary>
    public string Owner => owner.Name;

    /// <summary>The clock of runs.</summary>
    public TimeProvider Clock => clock;

    /// <summary>The limits and rhythms of the engine.</summary>
    public RunsOptions Options => options;

    /// <summary>Whether this process is about to stop: it begins nothing, and its runs go elsewhere.</summary>
    public bool Leaving => _leaving;

    /// <summary>How many runs are being driven here.</summary>
    public int DrivenCount => _driven.Count;

    /// <summary>Whether a run is being driven here.</summary>
    public bool IsDriving(RunId run) => _driven.ContainsKey(run);

    /// <summary>Whether runs of a kind can be driven here.</summary>
    public bool Drives(string kind) => _programs.ContainsKey(kind);

    /// <summary>The program of a kind of runs.</summary>
    public IRunProgram ProgramOf(string kind) => _programs[kind];

    /// <summary>Stops what hangs on a token, away from the caller's thread.</summary>
    public Task CancelAsync(CancellationTokenSource source) => performer.CancelAsync(source);

    /// <summary>A loop over a log.</summary>
    public RunLoop NewLoop(RunLog runLog)
    {
        var signals = Channel.CreateUnbounded<StepOutcome?>();
        var asked = new StepQuestions(runLog, signals.Writer, clock);
        var steps = new StepDriver(runLog, performer, slots, children, asked, signals, options, clock);
        return new RunLoop(runLog, _programs[runLog.State.Created.Kind], steps, asked, children, clock, log);
    }

    /// <summary>Makes a run; null if there is one of its id.</summary>
    public async Task<Result<RunLog?>> CreateAsync(
        RunId run, RunStart start, DateTimeOffset at, CancellationToken cancellationToken)
    {
        // What a run starts below itself is a part of a step that is under way, and comes along.
        if (start.Parent is null && moving.IsMoving(start.Tenant)) return TenantMovingException.Moving;
        var made = LogOf(run, start.Tenant, start.Kind);
        if (await made.CreateAsync(start, Owner, at, cancellationToken)) return made;
        made.Dispose();
        return (RunLog?)null;
    }

    /// <summary>Makes a run that begins as another did; null if there is one of its id.</summary>
    public async Task<Result<RunLog?>> CreateForkAsync(
        RunId run, ForkStart fork, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (moving.IsMoving(fork.Tenant)) return TenantMovingException.Moving;
        var origin = await EventsAsync(fork.Forked.From, fork.Forked.Seq + 1, cancellationToken);
        if (!origin.TryGet(out var shared, out var fault)) return fault;
        var named = await NewLogAsync(run, fork.Tenant, shared, cancellationToken);
        if (!named.TryGet(out var made, out fault)) return fault;
        if (await made.CreateForkAsync(fork, shared, Owner, at, cancellationToken)) return made;
        made.Dispose();
        return (RunLog?)null;
    }

    /// <summary>Takes a run over and reads its journal.</summary>
    public async Task<Result<RunLog>> OpenAsync(RunId run, CancellationToken cancellationToken)
    {
        ClaimedRun? claimed;
        try
        {
            claimed = await journal.ClaimAsync(run, Owner, clock.GetUtcNow(), cancellationToken);
        }
        catch (Exception damage) when (JournalDamage.Is(damage))
        {
            // The archive of the run that it is a fork of; runs that are whole must not wait for it.
            LogDamaged(damage, run);
            return JournalDamage.Of(run, damage);
        }
        catch (TenantMovingException left)
        {
            // Nothing was claimed. The run is taken up when its tenant has arrived, or stays.
            return left.Fault;
        }
        catch
        {
            // The claim may have been committed all the same. The run is this process's then, and nobody else looks for it.
            Strand(run);
            throw;
        }

        if (claimed is null) return RunFaults.AlreadyEnded;
        var loaded = await LoadAsync(run, claimed.Tenant, claimed.Events, cancellationToken);
        if (loaded.TryGet(out var log, out _) && log.State.Epoch != claimed.Epoch)
        {
            // The journal is read after the claim: a process that stood still in between reads the claims of later owners too.
            log.Dispose();
            return RunFaults.Moved;
        }

        RunsTelemetry.RunResumed();
        return loaded;
    }

    /// <summary>Reads a run's journal without taking the run over.</summary>
    public async Task<Result<RunLog>> ReadAsync(
        RunId run, TenantId tenant, int toSeq, CancellationToken cancellationToken)
    {
        var count = toSeq == int.MaxValue ? int.MaxValue : toSeq + 1;
        if (!(await EventsAsync(run, count, cancellationToken)).TryGet(out var events, out var fault)) return fault;
        return events.Length == 0 ? RunFaults.NotFound(run) : await LoadAsync(run, tenant, events, cancellationToken);
    }

    /// <summary>Whether nothing can be appended to a run any more.</summary>
    public Task<bool> IsArchivedAsync(RunId run, CancellationToken cancellationToken) =>
        journal.IsArchivedAsync(run, cancellationToken);

    /// <summary>Reads the journal of a run that has ended.</summary>
    public async Task<Result<RunLog>> ReadEndedAsync(RunId run, CancellationToken cancellationToken) =>
        await journal.OutcomeAsync(run, cancellationToken) is { } ended
            ? await ReadAsync(run, ended.Tenant, int.MaxValue, cancellationToken)
            : RunFaults.NotFound(run);

    private async Task<Result<StoredEvent[]>> EventsAsync(
        RunId run, int count, CancellationToken cancellationToken)
    {
        try
        {
            return (await journal.ReadAsync(run, -1, count, cancellationToken)).ToArray();
        }
        catch (Exception damage) when (JournalDamage.Is(damage))
        {
            LogDamaged(damage, run);
            return JournalDamage.Of(run, damage);
        }
    }

    private async Task<Result<RunLog>> LoadAsync(
        RunId run, TenantId tenant, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
    {
        try
        {
            var named = await NewLogAsync(run, tenant, events, cancellationToken);
            if (named.TryGet(out var opened, out _)) await opened.LoadAsync(events, cancellationToken);
            return named;
        }
        catch (Exception damage) when (JournalDamage.Is(damage))
        {
            LogDamaged(damage, run);
            return JournalDamage.Of(run, damage);
        }
    }

    private async Task<Result<RunLog>> NewLogAsync(
        RunId run, TenantId tenant, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
    {
        var first = await payloads.LoadAsync(tenant, events[0].Payload, cancellationToken);
        var kind = ((RunCreated)RunEventJson.Read(events[0].Kind, first)).Kind;
        return Drives(kind) ? LogOf(run, tenant, kind) : RunFaults.UnknownProgram(kind);
    }

    private RunLog LogOf(RunId run, TenantId tenant, string kind) =>
        new(run, tenant, _programs[kind], journal, payloads, feed, clock);

    /// <summary>A loop has begun.</summary>
    public void Entered(TenantId tenant, RunId run, RunLoop loop)
    {
        admission.Entered(tenant, run);
        _driven[run] = loop;
        if (_leaving || moving.IsMoving(tenant)) loop.Leave();
    }

    /// <summary>A loop has ended.</summary>
    public void Left(RunId run)
    {
        _driven.TryRemove(run, out _);
        admission.Left(run);
    }

    /// <summary>Lets every loop finish the steps it has begun, begin no other, and let go of its run.</summary>
    public void Leave()
    {
        _leaving = true;
        foreach (var loop in _driven.Values) loop.Leave();
    }

    /// <summary>
    /// Lets every loop of a tenant that is about to leave its database finish the steps it has begun, begin no other, and let
    /// go of its run.
    /// </summary>
    public void Leave(TenantId tenant)
    {
        if (!moving.IsMoving(tenant)) return;
        foreach (var loop in _driven.Values.Where(loop => loop.Tenant == tenant)) loop.Leave();
    }

    /// <summary>Whether something failed because the tenant's database is closed for it.</summary>
    public bool HasLeft(TenantId tenant, Exception error) => moving.IsMoving(tenant) && TenantMovingException.Caused(error);

    /// <summary>
    /// Puts a run aside: for another process, because this one is about to stop, or for the database that its tenant goes to.
    /// </summary>
    public async Task LetGoAsync(TenantId tenant, RunId run)
    {
        if (_leaving)
        {
            _leavingRuns.Writer.TryWrite(run);
            return;
        }

        try
        {
            await journal.LetGoAsync(run, tenant, Owner, CancellationToken.None);
        }
        catch (Exception error) when (error is DbException or TenantMovingException)
        {
            // Whoever moves the tenant lets go of what nobody else has.
            LogNotLetGo(error, run);
        }
    }

    /// <summary>The runs that other processes have to go on with, until no loop is left or the time is up.</summary>
    public IAsyncEnumerable<RunId> LeavingRunsAsync() => _leavingRuns.Reader.ReadAllAsync();

    /// <summary>No further run is handed over.</summary>
    public void EndLeaving() => _leavingRuns.Writer.TryComplete();

    /// <summary>Puts a run aside whose loop could not go on; the sweep takes it up again.</summary>
    public void Strand(RunId run) => _stranded.Enqueue(run);

    /// <summary>Takes the runs that were put aside.</summary>
    public IReadOnlyList<RunId> TakeStranded()
    {
        var taken = new List<RunId>();
        while (_stranded.TryDequeue(out var run)) taken.Add(run);
        return taken;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Run} could not be let go of; that is done for it.")]
    private partial void LogNotLetGo(Exception error, RunId run);

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal of {Run} is damaged.")]
    private partial void LogDamaged(Exception damage, RunId run);
}

/// <summary>Who runs name as their owner while they are driven by an engine.</summary>
internal sealed record RunOwner(string Name);
