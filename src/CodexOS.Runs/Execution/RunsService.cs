using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Queries;
using CodexOS.Runs.Scheduling;
using CodexOS.Trust.Contracts;

namespace CodexOS.Runs.Execution;

/// <summary>Lets runs in, and passes on what people decide about them.</summary>
internal sealed class RunsService(
    RunEngine engine, RunAdmission admission, RunQueries queries, RunForks forks, RunKeys keys, IRunMailboxes mailboxes,
    IAuditLog audit, TenantContext tenants, TimeProvider clock) : IRuns
{
    private const int IdempotencyKeyLengthMax = 200;
    private const int TriesMax = 6;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    public async Task<Result<Run>> StartAsync(RunStart start, CancellationToken cancellationToken)
    {
        if (!engine.Drives(start.Kind)) return RunFaults.UnknownProgram(start.Kind);
        if (start.IdempotencyKey is { Length: 0 or > IdempotencyKeyLengthMax })
        {
            return new Fault(
                "runs.bad_idempotency_key",
                FaultKind.Invalid,
                $"An Idempotency-Key has 1 to {IdempotencyKeyLengthMax} characters.");
        }

        var id = start.IdempotencyKey is { } key
            ? await keys.ReserveAsync(start.Tenant, key, cancellationToken)
            : RunId.New(clock);
        var at = clock.Milliseconds();
        // What a run starts below itself was let in with it.
        var opening = new RunOpening(start, null);
        var fault = start.Parent is null
            ? await EnterAsync(start.Tenant, id, opening, at)
            : await BeginAsync(id, opening, at);
        if (fault is not null) return fault;
        return start.IdempotencyKey is null
            ? NewRun(id, start, at)
            : await FirstRunAsync(id, start, cancellationToken);
    }

    public Task<Result<Run>> GetAsync(RunId id, CancellationToken cancellationToken) =>
        queries.GetAsync(id, cancellationToken);

    /// <summary>
    /// Decides an approval. The decision is journaled by whoever drives the run, so the audit log is told beforehand: what
    /// it does not take is not decided, and what then does not come about is told as well.
    /// </summary>
    public async Task<Result<Approval>> DecideAsync(
        RunId run, RunCommand.Decide decision, CancellationToken cancellationToken)
    {
        var approval = decision.Approval;
        if (!await queries.ExistsAsync(run, cancellationToken)) return RunFaults.NotFound(run);
        var known = await queries.ApprovalAsync(run, approval, cancellationToken);
        if (!known.TryGet(out var asked, out _)) return known;
        if (asked.State is ApprovalState.Expired) return RunFaults.ApprovalExpired;
        if (asked.State is not ApprovalState.Pending) return RunFaults.ApprovalDecided;
        var entry = AuditEntry.Done("approvals.decide").On("approval", approval.ToString()).With("run", run.ToString())
            .With("decision", decision.Approve ? "approve" : "deny").With("arguments_hash", decision.ArgumentsHash);
        await audit.RecordAsync(entry, cancellationToken);
        if (await CommandAsync(run, decision) is not { } fault)
            return await queries.ApprovalAsync(run, approval, cancellationToken);
        await audit.RecordAsync(
            (entry with { Outcome = AuditOutcome.Failed }).With("code", fault.Code), CancellationToken.None);
        return fault;
    }

    /// <summary>Does what is wanted of a run, and shows the run as it is then.</summary>
    public async Task<Result<Run>> DoAsync(RunId run, RunCommand command, CancellationToken cancellationToken)
    {
        if (!await queries.ExistsAsync(run, cancellationToken)) return RunFaults.NotFound(run);
        var answer = await CommandAsync(run, command);
        return answer is null ? await queries.GetAsync(run, cancellationToken) : answer;
    }

    public Task<Result<Run>> UpgradeAsync(RunId id, RunUpgrade upgrade, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(upgrade);
        return DoAsync(
            id,
            new RunCommand.Upgrade(
                upgrade.ToVersion, upgrade.By, upgrade.Input, upgrade.Grant, upgrade.Limits, upgrade.DryRun),
            cancellationToken);
    }

    public async Task<Result<RunCreated>> CreationAsync(RunId id, CancellationToken cancellationToken)
    {
        if (!await queries.ExistsAsync(id, cancellationToken)) return RunFaults.NotFound(id);
        var read = await engine.ReadAsync(id, tenants.Required, int.MaxValue, cancellationToken);
        if (!read.TryGet(out var log, out var fault)) return fault;
        using (log) return log.State.Created;
    }

    public async Task<Result<IReadOnlyList<JournaledEvent>>> HistoryAsync(RunId id, CancellationToken cancellationToken)
    {
        if (!await queries.ExistsAsync(id, cancellationToken)) return RunFaults.NotFound(id);
        var read = await engine.ReadAsync(id, tenants.Required, int.MaxValue, cancellationToken);
        if (!read.TryGet(out var log, out var fault)) return fault;
        using (log)
        {
            var events = await log.HistoryAsync(cancellationToken);
            var voids = RunHistory.VoidsOf(events);
            return events.FindAll(happened => !voids.Contains(happened.Seq));
        }
    }

    /// <summary>Begins a run where another was at one of its events.</summary>
    public async Task<Result<Run>> ForkAsync(RunId from, ForkWish wish, Caller caller, CancellationToken cancellationToken)
    {
        if (!await queries.ExistsAsync(from, cancellationToken)) return RunFaults.NotFound(from);
        if (await queries.ForkDepthAsync(from, engine.Options.ForkDepthMax, cancellationToken) is { } tooDeep) return tooDeep;
        var id = wish.IdempotencyKey is { } key
            ? await keys.ReserveAsync(caller.Tenant, $"fork|{from}|{key}", cancellationToken)
            : RunId.New(clock);
        var planned = await forks.PlanAsync(from, id, wish, caller, cancellationToken);
        if (!planned.TryGet(out var fork, out var fault)) return fault;
        return await EnterAsync(caller.Tenant, id, new RunOpening(null, fork), clock.Milliseconds()) is { } refused
            ? refused
            : await queries.GetAsync(id, cancellationToken);
    }

    /// <summary>The run that the key started, which may be an earlier one.</summary>
    private async Task<Result<Run>> FirstRunAsync(RunId id, RunStart start, CancellationToken cancellationToken)
    {
        using var tenant = tenants.Enter(start.Tenant);
        var started = await queries.GetAsync(id, cancellationToken);
        return !started.TryGet(out var run, out _)
            || (run.Kind == start.Kind && run.Subject == start.Subject && run.Title == start.Title
                && run.WorkspaceId == start.Labels.Workspace)
            ? started
            : RunFaults.KeyReused;
    }

    private static Run NewRun(RunId id, RunStart start, DateTimeOffset at) => new(
        id, start.Kind, start.Subject, start.SubjectVersion, start.Title, RunStatus.Queued, at, null, null, 1, 0, 0, 0, 0,
        start.Labels.Workspace, start.Labels.Model, start.Labels.ModelIsReal, [], null, null)
    {
        Priority = start.Priority,
        ParentId = start.Parent?.Run,
    };

    /// <summary>Begins a run if there is room for it.</summary>
    private async Task<Fault?> EnterAsync(TenantId tenant, RunId run, RunOpening opening, DateTimeOffset at)
    {
        if (admission.Admit(tenant, run) is { } refusal) return refusal;
        try
        {
            return await BeginAsync(run, opening, at);
        }
        finally
        {
            admission.Settle(run);
        }
    }

    private Task<Fault?> BeginAsync(RunId run, RunOpening opening, DateTimeOffset at)
    {
        var written = JsonSerializer.Serialize(opening, RunEventContext.Default.RunOpening);
        // The id is the same with every try, so the run is made once.
        return AskAsync(run, mailbox => mailbox.StartAsync(written, at), mayRepeat: true);
    }

    private Task<Fault?> CommandAsync(RunId run, RunCommand command)
    {
        var written = JsonSerializer.Serialize(command, RunEventContext.Default.RunCommand);
        return AskAsync(run, mailbox => mailbox.CommandAsync(written), mayRepeat: false);
    }

    /// <summary>
    /// Asks the run's mailbox, again if the run was just moving to another node. A node that is about to stop turns runs
    /// away, and one may die in the middle.
    /// </summary>
    /// <param name="run">Whose mailbox.</param>
    /// <param name="ask">What is asked of it.</param>
    /// <param name="mayRepeat">Whether asking again is harmless where an answer was lost.</param>
    private async Task<Fault?> AskAsync(RunId run, Func<IRunMailbox, Task<string?>> ask, bool mayRepeat)
    {
        for (var tries = 1; ; tries++)
        {
            Fault? fault;
            var again = true;
            try
            {
                fault = Read(await ask(mailboxes.Of(run)));
            }
            catch (Exception unreachable) when (unreachable is SiloUnavailableException or OrleansMessageRejectionException)
            {
                (fault, again) = (RunFaults.Moved, mayRepeat);
            }
            catch (OrleansException nowhere) when (nowhere.Message.StartsWith("No active nodes", StringComparison.Ordinal))
            {
                return RunFaults.NoWorker;
            }
            catch (ArgumentException unknown) when (unknown.Message.Contains(nameof(IRunGrain), StringComparison.Ordinal))
            {
                // No member of the cluster has ever offered to drive runs.
                return RunFaults.NoWorker;
            }

            if (fault?.Code != RunFaults.Moved.Code || !again || tries == TriesMax) return fault;
            await Task.Delay(s_pause * tries, clock, CancellationToken.None);
        }
    }

    private static Fault? Read(string? fault) =>
        fault is null ? null : JsonSerializer.Deserialize(fault, RunEventContext.Default.Fault);
}
