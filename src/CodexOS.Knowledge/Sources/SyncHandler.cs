using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Sources.Places;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Sources;

/// <summary>Performs the steps of a sync. What a step has done it finds done when it is performed again.</summary>
internal sealed class SyncHandler(
    BaseStore bases, SyncItems items, SourceReaders readers, SourceFolders kept, ItemFetch fetch, DocumentStore documents,
    IEgress egress, IDbContextFactory<KnowledgeDb> contexts, IOptions<KnowledgeOptions> options, TimeProvider clock)
    : IEffectHandler
{
    private const int RemovedAtOnce = 100;

    /// <inheritdoc />
    public string Effect => SyncProgram.RunKind;

    /// <summary>Syncs wait for others most of the time; few at once keep the server free for who sits before it.</summary>
    public EffectPool? Pool { get; } = new(SyncProgram.RunKind, 4);

    /// <inheritdoc />
    public GateVerdict Judge(EffectCall call)
    {
        if (Json.TryRead<SyncStep>(call.Input) is not { } step) return new GateVerdict.Refuse(KnowledgeFaults.BadStep);
        return Json.TryRead<SyncGrant>(call.Grant) is { } grant && grant.Base == step.Base && grant.Source == step.Source
            ? new GateVerdict.Allow(RepeatClass.Transactional)
            : new GateVerdict.Refuse(KnowledgeFaults.NotGranted);
    }

    /// <inheritdoc />
    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var step = Json.TryRead<SyncStep>(call.Input)!;
        if (!(await bases.FindAsync(step.Base, cancellationToken)).TryGet(out var place, out var fault)) return fault;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await db.Sources.AsNoTracking().SingleOrDefaultAsync(one => one.SourceId == step.Source, cancellationToken);
        if (found is not { } source) return SourceFaults.NotFound;
        if (source.Round != step.Round) return SourceFaults.Overtaken;
        if (step.Stage is SyncStage.Remove) return await RemoveAsync(place, source, step, call, cancellationToken);
        if (step.Stage is SyncStage.Record) return await RecordAsync(db, source, step, cancellationToken);

        var grant = Json.TryRead<SyncGrant>(call.Grant)!.Egress;
        if (!egress.Open(grant, new EgressScope(call.Tenant, call.Key)).TryGet(out var network, out fault)) return fault;
        using (network)
        {
            var scope = new ReaderScope(source, SourceStore.PlaceOf(source), grant, network);
            if (!(await readers.OpenAsync(scope, cancellationToken)).TryGet(out var reader, out fault)) return fault;
            await using (reader)
            {
                return step.Stage switch
                {
                    SyncStage.List => await ListAsync(reader, scope, call, cancellationToken),
                    SyncStage.Fetch => await FetchAsync(reader, scope, place, step, call, cancellationToken),
                    _ => throw new UnreachableException($"The stage {step.Stage} reads nothing."),
                };
            }
        }
    }

    private async Task<Result<EffectOutput>> ListAsync(
        ISourceReader reader, ReaderScope scope, EffectCall call, CancellationToken cancellationToken)
    {
        await items.ForgetRemovedAsync(scope.Row, cancellationToken);
        var listed = items.ListedOf(scope.Row, options.Value.SourceEntriesMax);
        var ended = await reader.ListAsync(
            item =>
            {
                call.OnProgress(new Progress(listed.Count, null, "entries", "Listing"));
                return listed.AddAsync(item, cancellationToken);
            },
            cancellationToken);
        if (!ended.TryGet(out var listing, out var fault)) return fault;
        await listed.FlushAsync(cancellationToken);
        var notes = listing.Notes.Take(options.Value.SyncFailuresShownMax).ToImmutableArray();
        if (listed.IsFull) notes = [SourceFaults.TooManyItems(options.Value.SourceEntriesMax), .. notes];
        return Output(new ListOutput(listed.Count, listed.Waiting, listing.IsWhole && !listed.IsFull, notes)
        {
            Egress = scope.Network.Summary(),
        });
    }

    private async Task<Result<EffectOutput>> FetchAsync(
        ISourceReader reader, ReaderScope scope, BaseRow place, SyncStep step, EffectCall call,
        CancellationToken cancellationToken)
    {
        var given = options.Value;
        var waiting = await items.WaitingAsync(scope.Row, given.BatchDocumentsMax + 1, cancellationToken);
        var (done, bytes, unreachable) = (0, 0L, 0);
        foreach (var item in waiting.Take(given.BatchDocumentsMax))
        {
            if (done > 0 && bytes >= given.BatchBytesMax) break;
            call.OnProgress(new Progress(step.Done + done, step.Total, "entries", "Fetching"));
            var fetched = await fetch.FetchAsync(reader, place, scope.Row, item, call.By, cancellationToken);
            if (!fetched.TryGet(out var outcome, out var broken)) return broken;
            if (outcome.Fault is { Code: "egress.limit" } && done > 0) break;
            await items.NoteAsync(item, outcome.Outcome, outcome.Fault, cancellationToken);
            (done, bytes) = (done + 1, bytes + outcome.Bytes);
            if (outcome.Fault is { Code: "knowledge.too_many_documents" })
                return Output(new FetchOutput(done, bytes, IsMore: false, IsStopped: true) { Egress = scope.Network.Summary() });
            // A host that is down is not asked for each of its pages.
            unreachable = outcome.Fault is { Code: "egress.unreachable" or "egress.timed_out" or "egress.unresolvable" } ? unreachable + 1 : 0;
            if (unreachable >= given.SyncUnreachableMax) return outcome.Fault!;
        }

        return Output(new FetchOutput(done, bytes, done < waiting.Count, IsStopped: false) { Egress = scope.Network.Summary() });
    }

    private async Task<Result<EffectOutput>> RemoveAsync(
        BaseRow place, SourceRow source, SyncStep step, EffectCall call, CancellationToken cancellationToken)
    {
        var gone = step.IsCut ? [] : await items.GoneAsync(source, RemovedAtOnce + 1, cancellationToken);
        var some = gone.Take(RemovedAtOnce).ToList();
        var ids = some.Where(static one => one.DocumentId is not null).Select(static one => one.DocumentId!.Value).ToList();
        call.OnProgress(new Progress(0, some.Count, "documents", "Removing"));
        var withdrawn = await documents.WithdrawAsync(place, source.SourceId, ids, cancellationToken);
        if (!withdrawn.TryGet(out var removed, out var fault)) return fault;
        await items.NoteRemovedAsync(source, some, cancellationToken);
        var isPending = (await documents.ListAsync(place, DocumentState.Pending, after: null, 1, cancellationToken)).Count > 0;
        return Output(new RemoveOutput(removed, gone.Count > RemovedAtOnce, isPending));
    }

    private async Task<Result<EffectOutput>> RecordAsync(
        KnowledgeDb db, SourceRow source, SyncStep step, CancellationToken cancellationToken)
    {
        kept.Remove(source.SourceId);
        var (now, given) = (clock.GetUtcNow(), options.Value);
        var notes = step.Notes;
        if (step.IsTooLarge) notes = [SourceFaults.TooManyBytes(given.SyncBytesMax), .. notes];
        var result = await items.CountAsync(
            source, step.IsCut ? SyncOutcome.Incomplete : SyncOutcome.Completed, notes, null, given.SyncFailuresShownMax, now,
            cancellationToken);
        var text = JsonSerializer.Serialize(result, Json.Options);
        await db.Sources.Where(one => one.SourceId == source.SourceId && one.Round == step.Round)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(static one => one.IsSyncing, false)
                    .SetProperty(static one => one.EndedAt, now)
                    .SetProperty(static one => one.Result, text),
                cancellationToken);
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Added} added, {result.Changed} changed, {result.Unchanged} unchanged, {result.Removed} removed, {result.Failed} failed");
        return Output(new SyncOutput(
            line, result.Outcome, result.Added, result.Changed, result.Unchanged, result.Removed, result.Failed));
    }

    private static EffectOutput Output<T>(T output) => new(JsonSerializer.SerializeToElement(output, Json.Options));
}
