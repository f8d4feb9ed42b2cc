using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Blobs;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Journal;
using CodexOS.Runs.Watching;

namespace CodexOS.Runs.Execution;

/// <summary>
/// One run's journal as its owner sees it: appends events, folds what was appended, keeps the run's row in step, and
/// tells the watchers. Appends are taken one at a time; a lost race means that the run belongs to somebody else now.
/// </summary>
internal sealed class RunLog(
    RunId run, TenantId tenant, RunState state, IJournal journal, RunPayloads payloads, RunFeed feed, TimeProvider clock)
    : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private RunStatus _shownStatus = RunStatus.Running;
    private DateTimeOffset? _shownWakeAt;
    private DateTimeOffset? _shownStartedAt;
    private EffectUsage _shownUsage = new(0, 0, 0);
    private long _confirmedAt;

    /// <summary>The run.</summary>
    public RunId Run => run;

    /// <summary>The run's tenant.</summary>
    public TenantId Tenant => tenant;

    /// <summary>The fold of everything appended so far.</summary>
    public RunState State => state;

    /// <summary>
    /// Whether the run is still this process's: yes if the database said so lately, else the database is asked. "Lately"
    /// counts from before the last append, so that a process that is stopped between the commit and its answer notices.
    /// </summary>
    public ValueTask<bool> StillOwnsAsync(TimeSpan stallMax, CancellationToken cancellationToken) =>
        clock.GetElapsedTime(Volatile.Read(ref _confirmedAt)) <= stallMax
            ? ValueTask.FromResult(true)
            : new ValueTask<bool>(journal.StillOwnsAsync(run, state.Epoch, cancellationToken));

    /// <summary>Takes in events that are in the journal already.</summary>
    public async Task LoadAsync(IReadOnlyList<StoredEvent> stored, CancellationToken cancellationToken)
    {
        foreach (var one in stored)
        {
            var payload = await payloads.LoadAsync(tenant, one.Payload, cancellationToken);
            state.Apply(new JournaledEvent(one.Seq, one.At, RunEventJson.Read(one.Kind, payload)));
        }

        (_shownStatus, _shownWakeAt, _shownUsage, _shownStartedAt) =
            (state.Status, state.WakeAt, state.Usage, state.StartedAt);
    }

    /// <summary>Makes the run: its creation and its first claim, in one commit.</summary>
    public async Task<bool> CreateAsync(
        RunStart start, string owner, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var created = new RunCreated(
            start.Kind, start.Subject, start.SubjectVersion, start.Title, start.By, start.Input, start.Grant,
            start.Limits, start.Labels);
        var row = new NewRun(
            start.Kind, start.Subject, start.SubjectVersion, start.Title, start.By, owner, start.Labels);
        var first = await RecordAsync(0, 1, created, at, cancellationToken);
        var second = await RecordAsync(1, 1, new RunClaimed(owner, 1), at, cancellationToken);
        var asked = clock.GetTimestamp();
        if (!await journal.AppendAsync([first with { NewRun = row }, second], cancellationToken)) return false;
        Volatile.Write(ref _confirmedAt, asked);
        state.Apply(new JournaledEvent(0, at, created));
        state.Apply(new JournaledEvent(1, at, new RunClaimed(owner, 1)));
        feed.Appended(run, 1);
        return true;
    }

    /// <summary>Appends events, all or none, and folds them.</summary>
    /// <exception cref="FencedException">Somebody else owns the run now.</exception>
    /// <exception cref="JournalDownException">The database could not be written for too long.</exception>
    public async Task AppendAsync(CancellationToken cancellationToken, params ImmutableArray<RunEvent> events)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var at = clock.Milliseconds();
            var records = ImmutableArray.CreateBuilder<JournalRecord>(events.Length);
            foreach (var happened in events)
            {
                records.Add(await RecordAsync(
                    state.NextSeq + records.Count, state.Epoch, happened, at, cancellationToken));
            }

            // Folding comes first so that the row can follow it; if the append is fenced, this state is thrown away.
            foreach (var happened in events) state.Apply(new JournaledEvent(state.NextSeq, at, happened));
            records[^1] = records[^1] with { Patch = PatchOrNull(at) };
            var asked = clock.GetTimestamp();
            if (!await journal.AppendAsync(records.MoveToImmutable(), cancellationToken)) throw new FencedException(run);
            Volatile.Write(ref _confirmedAt, asked);
            feed.Appended(run, state.NextSeq - 1);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async ValueTask<JournalRecord> RecordAsync(
        int seq, int epoch, RunEvent happened, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var payload = await payloads.StoreAsync(tenant, RunEventJson.Write(happened), cancellationToken);
        var record = new JournalRecord(
            run, tenant, seq, epoch, AppendId.New(clock), RunEventJson.KindOf(happened), payload, at);
        return happened switch
        {
            ApprovalRequested asked => record with
            {
                Approval = new ApprovalChange(asked.ApprovalId, ApprovalState.Pending, asked.ExpiresAt),
            },
            ApprovalDecided decided => record with
            {
                Approval = new ApprovalChange(decided.ApprovalId, StateOf(decided), at),
            },
            _ => record,
        };
    }

    /// <summary>The run's row changes only when what lists show has changed, not with every event.</summary>
    private RunPatch? PatchOrNull(DateTimeOffset at)
    {
        var (status, wakeAt, usage) = (state.Status, state.WakeAt, state.Usage);
        if (status == _shownStatus && wakeAt == _shownWakeAt && usage == _shownUsage
            && state.StartedAt == _shownStartedAt)
        {
            return null;
        }

        (_shownStatus, _shownWakeAt, _shownUsage, _shownStartedAt) = (status, wakeAt, usage, state.StartedAt);
        return new RunPatch(
            status,
            state.Ended ? null : wakeAt,
            state.StartedAt,
            state.Ended ? at : null,
            state.StepsCount,
            usage,
            state.Terminal is RunCompleted completed ? AnswerOf(completed.Output) : null,
            (state.Terminal as RunFailed)?.Fault);
    }

    /// <summary>The answer as lists show it: a string as it is, <c>{ "text": … }</c> by its text, else the JSON.</summary>
    private static string AnswerOf(JsonElement output)
    {
        if (output.ValueKind is JsonValueKind.Object && output.TryGetProperty("text", out var text)) output = text;
        return output.ValueKind is JsonValueKind.String ? output.GetString()! : output.GetRawText();
    }

    private static ApprovalState StateOf(ApprovalDecided decided) => decided switch
    {
        { Approved: true } => ApprovalState.Approved,
        { By: RunLoop.Expiry } => ApprovalState.Expired,
        _ => ApprovalState.Denied,
    };
}

/// <summary>Somebody else owns the run: whatever this process still thinks of it is void.</summary>
internal sealed class FencedException(RunId run) : Exception($"{run} belongs to another owner now.");

/// <summary>Keeps large payloads in the blob store and the journal small.</summary>
internal sealed class RunPayloads(IBlobStore blobs, RunsOptions options)
{
    private const string Marker = "{\"$blob\":\"";

    /// <summary>The payload itself, or a reference to the blob that it was stored in.</summary>
    public async ValueTask<string> StoreAsync(TenantId tenant, string payload, CancellationToken cancellationToken)
    {
        if (payload.Length <= options.PayloadInlineBytesMax / 2
            || Encoding.UTF8.GetByteCount(payload) <= options.PayloadInlineBytesMax)
        {
            return payload;
        }

        var stored = await blobs.WriteAsync(tenant, Encoding.UTF8.GetBytes(payload), cancellationToken);
        return stored.TryGet(out var hash, out var fault)
            ? $"{Marker}{hash}\"}}"
            : throw new JournalDownException(fault, null);
    }

    /// <summary>The payload that a stored value stands for.</summary>
    public async ValueTask<string> LoadAsync(TenantId tenant, string stored, CancellationToken cancellationToken)
    {
        if (!stored.StartsWith(Marker, StringComparison.Ordinal)) return stored;
        var blob = await blobs.ReadAsync(tenant, stored[Marker.Length..^2], cancellationToken);
        return blob.TryGet(out var content, out var fault)
            ? Encoding.UTF8.GetString(content)
            : throw new PayloadLostException(fault);
    }
}

/// <summary>A payload of the journal is missing or damaged.</summary>
internal sealed class PayloadLostException(Fault fault) : Exception(fault.Message)
{
    /// <summary>What is wrong.</summary>
    public Fault Fault { get; } = fault;
}
