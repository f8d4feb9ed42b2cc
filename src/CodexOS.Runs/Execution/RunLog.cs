using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
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
    RunId run, TenantId tenant, IRunProgram program, IJournal journal, RunPayloads payloads, RunFeed feed,
    TimeProvider clock) : IDisposable
{
    // It is held for one append at a time, which is awaited whatever happens; so is the turn.
    private readonly SemaphoreSlim _turn = new(1);
    private Shown _shown = Shown.Nothing;
    private long? _confirmedAt;
    private JournaledEvent? _held;
    private bool _lost;

    /// <summary>The run.</summary>
    public RunId Run => run;

    /// <summary>The run's tenant.</summary>
    public TenantId Tenant => tenant;

    /// <summary>The fold of everything appended or held so far.</summary>
    public RunState State { get; private set; } = new(program);

    /// <summary>
    /// Whether the run is still this process's: yes if the database said so lately, else the database is asked. "Lately"
    /// counts from before the last append, so that a process that is stopped between the commit and its answer notices.
    /// </summary>
    public ValueTask<bool> StillOwnsAsync(TimeSpan stallMax, CancellationToken cancellationToken) =>
        _confirmedAt is { } confirmed && clock.GetElapsedTime(confirmed) <= stallMax
            ? ValueTask.FromResult(true)
            : new ValueTask<bool>(journal.StillOwnsAsync(run, State.Epoch, cancellationToken));

    /// <summary>Takes in events that are in the journal already.</summary>
    public async Task LoadAsync(IReadOnlyList<StoredEvent> stored, CancellationToken cancellationToken)
    {
        State = Fold(await ReadAsync(stored, cancellationToken));
        _shown = Shown.Of(State);
    }

    /// <summary>Makes the run: its creation and its first claim, in one commit.</summary>
    public async Task<bool> CreateAsync(
        RunStart start, string owner, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var created = new RunCreated(
            start.Kind, start.Subject, start.SubjectVersion, start.Title, start.By, start.Input, start.Grant,
            start.Limits, start.Labels)
        {
            Parent = start.Parent,
            Priority = start.Priority,
            Deadline = start.Deadline,
            InputLabel = start.InputLabel,
        };
        var row = new NewRun(
            start.Kind, start.Subject, start.SubjectVersion, start.Title, start.By, owner, start.Labels)
        {
            Priority = start.Priority,
            Parent = start.Parent?.Run,
        };
        return await BeginAsync(row, 1, [created, new RunClaimed(owner, 1)], at, cancellationToken);
    }

    /// <summary>Makes the run as a fork: the other run's events up to the place, then its own.</summary>
    public async Task<bool> CreateForkAsync(
        ForkStart fork, IReadOnlyList<StoredEvent> shared, string owner, DateTimeOffset at,
        CancellationToken cancellationToken)
    {
        await LoadAsync(shared, cancellationToken);
        var created = State.Created;
        var row = new NewRun(
            created.Kind, created.Subject, created.SubjectVersion, fork.Forked.Title, fork.Creator, owner,
            fork.Forked.Labels)
        {
            Priority = fork.Priority,
            ForkedFrom = fork.Forked.From,
            ForkSeq = fork.Forked.Seq,
        };
        var edits = fork.Edits.Select(edit => RunEventJson.Read(edit.Kind, edit.Payload));
        return await BeginAsync(
            row, 1, [fork.Forked, new RunClaimed(owner, 1), .. edits], at, cancellationToken);
    }

    /// <summary>Appends events, all or none, and folds them.</summary>
    /// <exception cref="FencedException">Somebody else owns the run now.</exception>
    /// <exception cref="JournalDownException">The database could not be written for too long.</exception>
    public Task AppendAsync(CancellationToken cancellationToken, params ImmutableArray<RunEvent> events) =>
        AppendAsync(_ => events, cancellationToken);

    /// <summary>
    /// Appends what a look at the state comes to. The look is taken when it is this append's turn, so nothing comes in
    /// between. False if it came to nothing.
    /// </summary>
    /// <exception cref="FencedException">Somebody else owns the run now.</exception>
    /// <exception cref="JournalDownException">The database could not be written for too long.</exception>
    public async Task<bool> AppendAsync(
        Func<RunState, ImmutableArray<RunEvent>> look, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_lost) throw new FencedException(run);
            var events = look(State);
            if (events.IsEmpty) return false;
            var at = clock.Milliseconds();
            var records = await RecordsAsync(State.NextSeq, State.Epoch, events, at, cancellationToken, _held);
            // Folding comes first so that the row can follow it; if the append is fenced, this state is thrown away.
            foreach (var happened in events) State.Apply(new JournaledEvent(State.NextSeq, at, happened));
            records[^1] = records[^1] with { Patch = PatchOrNull(at) };
            await AppendAsync(records.MoveToImmutable(), cancellationToken);
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Takes in an event that is written in one commit with whatever is appended next. Whoever holds an event back either
    /// appends another one without waiting for anything, or calls <see cref="FlushAsync"/>.
    /// </summary>
    /// <exception cref="FencedException">Somebody else owns the run now.</exception>
    public async ValueTask HoldAsync(RunEvent happened)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            if (_lost) throw new FencedException(run);
            if (_held is not null) throw new UnreachableException($"{run} holds an event back already.");
            _held = new JournaledEvent(State.NextSeq, clock.Milliseconds(), happened);
            State.Apply(_held);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Appends what is held back, if anything is and the run is still this process's.</summary>
    /// <exception cref="FencedException">Somebody else owns the run now.</exception>
    /// <exception cref="JournalDownException">The database could not be written for too long.</exception>
    public async ValueTask FlushAsync()
    {
        if (_held is null) return;
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            await WriteHeldAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Appends events that change what counts of the journal, and folds all of it anew. With an owner, a run that has
    /// ended is taken over in the same commit.
    /// </summary>
    /// <exception cref="FencedException">Somebody else owns the run now.</exception>
    public Task RewindAsync(
        string? owner, CancellationToken cancellationToken, params ImmutableArray<RunEvent> events) =>
        RewindAsync(owner, _ => events, cancellationToken);

    /// <summary>The same for what a look at the state comes to, taken when it is this append's turn.</summary>
    /// <exception cref="FencedException">Somebody else owns the run now.</exception>
    /// <exception cref="JournalDownException">The database could not be written for too long.</exception>
    public async Task RewindAsync(
        string? owner, Func<RunState, ImmutableArray<RunEvent>> look, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_lost) throw new FencedException(run);
            var events = look(State);
            if (events.IsEmpty) return;
            await WriteHeldAsync();
            var at = clock.Milliseconds();
            var epoch = owner is null ? State.Epoch : State.Epoch + 1;
            if (owner is not null) events = [new RunClaimed(owner, epoch), .. events];
            var history = await ReadAsync(
                await journal.ReadAsync(run, -1, int.MaxValue, cancellationToken), cancellationToken);
            if (history.Count != State.NextSeq) throw new FencedException(run);
            history.AddRange(events.Select((happened, i) => new JournaledEvent(State.NextSeq + i, at, happened)));
            var records = await RecordsAsync(State.NextSeq, epoch, events, at, cancellationToken);
            State = Fold(history);
            records[^1] = records[^1] with { Patch = Patch(at) with { Owner = owner, Epoch = owner is null ? null : epoch } };
            await AppendAsync(records.MoveToImmutable(), cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The run's whole journal, read anew.</summary>
    public async Task<List<JournaledEvent>> HistoryAsync(CancellationToken cancellationToken)
    {
        await FlushAsync();
        return await ReadAsync(await journal.ReadAsync(run, -1, int.MaxValue, cancellationToken), cancellationToken);
    }

    /// <summary>The state after events, those that no longer count left out.</summary>
    public RunState Fold(List<JournaledEvent> events)
    {
        var voids = RunHistory.VoidsOf(events);
        var state = new RunState(program);
        foreach (var happened in events) state.Apply(happened, voids.Contains(happened.Seq));
        return state;
    }

    public void Dispose() => _turn.Dispose();

    private async Task<List<JournaledEvent>> ReadAsync(
        IReadOnlyList<StoredEvent> stored, CancellationToken cancellationToken)
    {
        var events = new List<JournaledEvent>(stored.Count);
        foreach (var one in stored)
        {
            var payload = await payloads.LoadAsync(tenant, one.Payload, cancellationToken);
            events.Add(new JournaledEvent(one.Seq, one.At, RunEventJson.Read(one.Kind, payload)));
        }

        return events;
    }

    private async Task<bool> BeginAsync(
        NewRun row, int epoch, ImmutableArray<RunEvent> events, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var records = await RecordsAsync(State.NextSeq, epoch, events, at, cancellationToken);
        foreach (var happened in events) State.Apply(new JournaledEvent(State.NextSeq, at, happened));
        _shown = Shown.Of(State);
        records[0] = records[0] with { NewRun = row with { Status = _shown.Status, WakeAt = _shown.WakeAt } };
        var asked = clock.GetTimestamp();
        if (!await journal.AppendAsync(records.MoveToImmutable(), cancellationToken)) return false;
        _confirmedAt = asked;
        feed.Appended(run, State.NextSeq - 1);
        return true;
    }

    private async Task WriteHeldAsync()
    {
        if (_held is not { } held || _lost) return;
        var record = await RecordAsync(held.Seq, State.Epoch, held.Event, held.At, CancellationToken.None);
        await AppendAsync([record with { Patch = PatchOrNull(held.At) }], CancellationToken.None);
    }

    private async Task AppendAsync(ImmutableArray<JournalRecord> records, CancellationToken cancellationToken)
    {
        // The state is ahead of the journal now. If the append fails, whatever followed it would leave a gap.
        _lost = true;
        _held = null;
        var asked = clock.GetTimestamp();
        if (!await journal.AppendAsync(records, cancellationToken)) throw new FencedException(run);
        _lost = false;
        _confirmedAt = asked;
        feed.Appended(run, State.NextSeq - 1);
    }

    private async ValueTask<ImmutableArray<JournalRecord>.Builder> RecordsAsync(
        int seq, int epoch, ImmutableArray<RunEvent> events, DateTimeOffset at, CancellationToken cancellationToken,
        JournaledEvent? held = null)
    {
        var records = ImmutableArray.CreateBuilder<JournalRecord>(events.Length + (held is null ? 0 : 1));
        if (held is not null) records.Add(await RecordAsync(held.Seq, epoch, held.Event, held.At, cancellationToken));
        foreach (var happened in events) records.Add(await RecordAsync(seq++, epoch, happened, at, cancellationToken));
        return records;
    }

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
        var now = Shown.Of(State);
        return now == _shown ? null : Patch(at);
    }

    private RunPatch Patch(DateTimeOffset at)
    {
        _shown = Shown.Of(State);
        return new RunPatch(
            _shown.Status,
            _shown.WakeAt,
            State.StartedAt,
            State.Ended ? at : null,
            State.StepsCount,
            State.Usage,
            State.Terminal is RunCompleted completed ? AnswerOf(completed.Output) : null,
            (State.Terminal as RunFailed)?.Fault)
        {
            SubjectVersion = State.Created.SubjectVersion,
            Progress = State.Progress,
        };
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
        { By: RunLoop.Withdrawal } => ApprovalState.Withdrawn,
        _ => ApprovalState.Denied,
    };

    /// <summary>What the run's row shows of the state.</summary>
    private readonly record struct Shown(
        RunStatus Status, DateTimeOffset? WakeAt, DateTimeOffset? StartedAt, EffectUsage Usage, double? Progress,
        int Version)
    {
        public static Shown Nothing { get; } = new(RunStatus.Queued, null, null, EffectUsage.None, null, 0);

        public static Shown Of(RunState state) => new(
            state.Status, state.WakeAt, state.StartedAt, state.Usage, state.Progress, state.Created.SubjectVersion);
    }
}

/// <summary>Somebody else owns the run: whatever this process still thinks of it is void.</summary>
internal sealed class FencedException(RunId run) : Exception($"{run} belongs to another owner now.");
