using System.Collections.Immutable;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Journal;

/// <summary>
/// The append-only list of what happened in every run. An append is durable when it returns, an append by a former owner
/// never takes effect, and the row that lists show of a run changes in the same transaction.
/// </summary>
internal interface IJournal : IAppendQueue
{
    /// <summary>
    /// Appends the records of one run, all or none. False means that they were fenced: another owner has the run, or
    /// has written at these places.
    /// </summary>
    /// <exception cref="JournalDownException">The database could not be written for too long.</exception>
    ValueTask<bool> AppendAsync(ImmutableArray<JournalRecord> records, CancellationToken cancellationToken);

    /// <summary>Takes a run over: raises its epoch and appends the claim, so that every former owner is fenced.</summary>
    /// <returns>The run's whole journal, the claim included; null if there is no such run or it has ended.</returns>
    Task<ClaimedRun?> ClaimAsync(RunId run, string owner, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Reads events after a place, oldest first; those of a fork's beginning are read in the run it came from.</summary>
    Task<IReadOnlyList<StoredEvent>> ReadAsync(
        RunId run, int afterSeq, int limit, CancellationToken cancellationToken);

    /// <summary>The newest event of a run, or null if there is no such run.</summary>
    Task<StoredEvent?> HeadAsync(RunId run, CancellationToken cancellationToken);

    /// <summary>Whether nobody has claimed the run since an epoch.</summary>
    Task<bool> StillOwnsAsync(RunId run, int epoch, CancellationToken cancellationToken);

    /// <summary>
    /// Open runs that nobody can be working on: queued or running, and in the hands neither of the owner nor of another
    /// living member of the cluster.
    /// </summary>
    Task<IReadOnlyList<RunId>> OrphansAsync(string owner, int limit, CancellationToken cancellationToken);

    /// <summary>Runs of an owner that are queued or running, each with the epoch of its newest claim.</summary>
    Task<IReadOnlyList<(RunId Run, int Epoch)>> OwnedAsync(string owner, int limit, CancellationToken cancellationToken);

    /// <summary>How a run ended, or null while it is open.</summary>
    Task<EndedRun?> OutcomeAsync(RunId run, CancellationToken cancellationToken);

    /// <summary>Waiting runs of which a child has ended.</summary>
    Task<IReadOnlyList<RunId>> ParentsToWakeAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Open runs whose parent has ended.</summary>
    Task<IReadOnlyList<RunId>> ForsakenAsync(int limit, CancellationToken cancellationToken);

    /// <summary>The open runs that a run started.</summary>
    Task<IReadOnlyList<RunId>> OpenChildrenAsync(RunId parent, int limit, CancellationToken cancellationToken);

    /// <summary>Waiting runs whose time has come.</summary>
    Task<IReadOnlyList<RunId>> DueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Lets go of a run that an owner drives no more, because its tenant is about to leave: where it arrives, or if it stays, it
    /// is taken up like the run of an owner that is gone.
    /// </summary>
    Task LetGoAsync(RunId run, TenantId tenant, string owner, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whether the run's events have been moved out of the database; nothing can be appended to them.</summary>
    Task<bool> IsArchivedAsync(RunId run, CancellationToken cancellationToken) => Task.FromResult(false);
}

/// <summary>How well the journal keeps up, as those who let runs in look at it.</summary>
internal interface IAppendQueue
{
    /// <summary>Why nothing can be appended at the moment, or null.</summary>
    Fault? Outage { get; }

    /// <summary>How full the queue of appends is.</summary>
    AppendLoad AppendLoad => default;
}

/// <summary>How full the journal's queue of appends is.</summary>
/// <param name="Waiting">How many wait in the fullest queue.</param>
/// <param name="IsFull">Whether no further run should start: the last quarter is for those that are under way.</param>
/// <param name="PerSecond">How many are written in a second, lately.</param>
internal readonly record struct AppendLoad(int Waiting, bool IsFull, double PerSecond);

/// <summary>One event on its way into the journal.</summary>
internal sealed record JournalRecord(
    RunId Run, TenantId Tenant, int Seq, int Epoch, AppendId Id, short Kind, string Payload, DateTimeOffset At)
{
    /// <summary>The row to make with the run's first event.</summary>
    public NewRun? NewRun { get; init; }

    /// <summary>What changes in the run's row.</summary>
    public RunPatch? Patch { get; init; }

    /// <summary>What changes among the approvals.</summary>
    public ApprovalChange? Approval { get; init; }
}

/// <summary>The part of a run's row that never changes.</summary>
internal sealed record NewRun(
    string Kind, string Subject, int SubjectVersion, string Title, UserId By, string Owner, RunLabels Labels)
{
    public int Priority { get; init; }

    public RunId? Parent { get; init; }

    /// <summary>Where the run stands at once: a fork may begin in the middle of a wait.</summary>
    public RunStatus Status { get; init; } = RunStatus.Queued;

    public DateTimeOffset? WakeAt { get; init; }

    /// <summary>The run whose journal this one's begins with, up to and including <see cref="ForkSeq"/>.</summary>
    public RunId? ForkedFrom { get; init; }

    public int? ForkSeq { get; init; }
}

/// <summary>The part of a run's row that follows its journal.</summary>
internal sealed record RunPatch(
    RunStatus Status,
    DateTimeOffset? WakeAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    int StepsCount,
    EffectUsage Usage,
    string? Output,
    Fault? Fault)
{
    public int SubjectVersion { get; init; }

    public double? Progress { get; init; }

    /// <summary>Who owns the run from here on, where the append takes it over as well.</summary>
    public string? Owner { get; init; }

    /// <summary>The epoch from here on, where the append takes the run over as well.</summary>
    public int? Epoch { get; init; }
}

/// <summary>An approval's row: made when it is asked for, changed when it is decided.</summary>
internal sealed record ApprovalChange(ApprovalId Id, ApprovalState State, DateTimeOffset ExpiresAt);

/// <summary>An event as it is stored; a large payload may be a reference to a blob.</summary>
internal readonly record struct StoredEvent(int Seq, short Kind, string Payload, DateTimeOffset At);

/// <summary>A run in the hands of its new owner.</summary>
internal sealed record ClaimedRun(TenantId Tenant, int Epoch, IReadOnlyList<StoredEvent> Events);

/// <summary>How a run ended.</summary>
internal sealed record EndedRun(TenantId Tenant, StoredEvent Terminal, EffectUsage Usage, long DurationMs);

/// <summary>The journal could not be written for longer than the configured outage.</summary>
internal sealed class JournalDownException(Fault fault, Exception? cause) : Exception(fault.Message, cause)
{
    /// <summary>What is wrong.</summary>
    public Fault Fault { get; } = fault;
}
