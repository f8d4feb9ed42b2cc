using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Search;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Embeddings;

/// <summary>Performs the steps of giving a base another model.</summary>
internal sealed class EmbedHandler(
    BaseStore bases, BaseContent content, IndexKeeper indexes, ModelVectors models, IDbContextFactory<KnowledgeDb> contexts,
    IOptions<KnowledgeOptions> options) : IEffectHandler
{
    private const int PlannedMax = 5_000;
    private const int RowsAtOnce = 500;

    /// <inheritdoc />
    public string Effect => EmbedProgram.RunKind;

    /// <summary>It waits for the model most of the time.</summary>
    public EffectPool? Pool { get; } = new(EmbedProgram.RunKind, 4);

    /// <inheritdoc />
    public GateVerdict Judge(EffectCall call) => BaseGrant.Judge<EmbedStep>(call, RepeatClass.Transactional);

    /// <inheritdoc />
    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var step = Json.TryRead<EmbedStep>(call.Input)!;
        if (!(await bases.FindAsync(step.Base, cancellationToken)).TryGet(out var place, out var fault)) return fault;
        var wanted = step.To?.Word ?? BaseRow.BuiltIn;
        if (place.Embedder != step.To && place.EmbeddingNext != wanted) return EmbeddingFaults.Overtaken;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return step.Phase switch
        {
            // What is missing of the model in use is found by what comes after the change.
            EmbedPhase.Plan => Output(new EmbedPlan(place.Embedder == step.To
                ? []
                : Batches(await MissingAsync(db, place, step.To!, cancellationToken)))),
            EmbedPhase.Embed => await EmbedAsync(db, place, step, call.OnProgress, cancellationToken),
            EmbedPhase.Change => step.To is { } model
                ? await ChangeAsync(db, place, model, call.OnProgress, cancellationToken)
                : await ChangeToOwnAsync(db, place, call.OnProgress, cancellationToken),
            EmbedPhase.Late => Output(await LateAsync(db, place, step.To!, cancellationToken)),
            var unknown => throw new UnreachableException($"There is no phase {unknown}."),
        };
    }

    private ImmutableArray<ImmutableArray<DocumentId>> Batches(IEnumerable<DocumentId> documents) =>
        [.. documents.Chunk(options.Value.BatchDocumentsMax).Select(static some => some.ToImmutableArray())];

    /// <summary>Documents for which the vectors of the next model are not made yet.</summary>
    private static Task<List<DocumentId>> MissingAsync(
        KnowledgeDb db, BaseRow place, EmbedderKey model, CancellationToken cancellationToken)
    {
        var word = model.Word;
        return db.Documents
            .Where(row => row.BaseId == place.BaseId && row.State == DocumentState.Indexed && row.PassagesCount > 0
                && row.NextVectorsKey != word)
            .OrderBy(static row => row.DocumentId).Take(PlannedMax).Select(static row => row.DocumentId)
            .ToListAsync(cancellationToken);
    }

    private async Task<Result<EffectOutput>> EmbedAsync(
        KnowledgeDb db, BaseRow place, EmbedStep step, Action<Progress> onProgress, CancellationToken cancellationToken)
    {
        var word = step.To!.Word;
        var rows = await db.Documents.AsNoTracking()
            .Where(row => step.Documents.Contains(row.DocumentId) && row.BaseId == place.BaseId
                && row.State == DocumentState.Indexed && row.NextVectorsKey != word)
            .ToListAsync(cancellationToken);
        var texts = new List<(DocumentRow Row, StoredText Text)>(rows.Count);
        foreach (var row in rows)
        {
            var read = await content.ReadAsync(db, place, row.DocumentId, ContentPart.Text, row.TextBlob!, cancellationToken);
            if (read.TryGet(out var bytes, out var unread)) texts.Add((row, StoredText.Read(bytes)));
            // A document whose text is lost says so when its index is made anew; it has no words to be found by either.
            else if (!BaseContent.IsLost(unread)) return unread;
            else texts.Add((row, new StoredText("", [])));
        }

        var asked = await models.OfDocumentsAsync(
            step.To, texts.ConvertAll(static one => (one.Row.Title, one.Text)),
            (done, all) => onProgress(new Progress(done, all, "passages", "Making vectors")), cancellationToken);
        if (!asked.TryGet(out var embedded, out var fault)) return fault;
        foreach (var ((row, _), vectors) in texts.Zip(embedded.Documents))
        {
            var kept = await content.WriteAsync(
                db, place, row.DocumentId, ContentPart.Vectors, vectors.Write(), cancellationToken);
            if (!kept.TryGet(out var blob, out fault)) return fault;
            // Another content that was read meanwhile has vectors of its own.
            var changed = await db.Documents
                .Where(one => one.DocumentId == row.DocumentId && one.Version == row.Version && one.TextBlob == row.TextBlob
                    && one.State == DocumentState.Indexed)
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(static one => one.NextVectorsBlob, blob)
                        .SetProperty(static one => one.NextVectorsKey, word),
                    cancellationToken);
            if ((changed > 0 ? row.NextVectorsBlob : blob) is { } unnamed)
                await content.RemoveAsync(place.TenantId, unnamed, cancellationToken);
        }

        return Output(new EmbedOutput(texts.Sum(static one => (long)one.Text.Passages.Length))) with
        {
            Usage = new EffectUsage(embedded.TokensCount, 0, embedded.CostMicroUsd),
        };
    }

    private async Task<Result<EffectOutput>> ChangeAsync(
        KnowledgeDb db, BaseRow place, EmbedderKey model, Action<Progress> onProgress, CancellationToken cancellationToken)
    {
        var used = await indexes.UseVectorsAsync(
            place,
            vectors => vectors.UseModelAsync(
                model, staged => StageAsync(db, place, staged, cancellationToken),
                (done, all) => onProgress(new Progress(done, all, "vectors", "Putting them in place")), cancellationToken),
            cancellationToken);
        if (!used.TryGet(out var passages, out var refused)) return refused;
        await ModelOfBase.NoteAsync(db, place, model, cancellationToken);
        var word = model.Word;
        await EachPageAsync(
            db.Documents.AsNoTracking().Where(row => row.BaseId == place.BaseId && row.NextVectorsKey == word),
            async page =>
            {
                var ids = page.ConvertAll(static row => row.DocumentId);
                await db.Documents.Where(row => ids.Contains(row.DocumentId) && row.NextVectorsKey == word).ExecuteUpdateAsync(
                    set => set
                        .SetProperty(static row => row.VectorsBlob, static row => row.NextVectorsBlob)
                        .SetProperty(static row => row.VectorsKey, static row => row.NextVectorsKey)
                        .SetProperty(static row => row.NextVectorsBlob, (string?)null)
                        .SetProperty(static row => row.NextVectorsKey, (string?)null),
                    cancellationToken);
                foreach (var blob in page.Select(static row => row.VectorsBlob).OfType<string>())
                    await content.RemoveAsync(place.TenantId, blob, cancellationToken);
                return null;
            },
            cancellationToken);
        return Output(new EmbedOutput(passages));
    }

    private Task<Fault?> StageAsync(
        KnowledgeDb db, BaseRow place, StagedVectors staged, CancellationToken cancellationToken)
    {
        var word = staged.Key.Word;
        return EachPageAsync(
            db.Documents.AsNoTracking().Where(row => row.BaseId == place.BaseId && row.NextVectorsKey == word),
            async page =>
            {
                foreach (var row in page)
                {
                    var read = await content.ReadAsync(
                        db, place, row.DocumentId, ContentPart.Vectors, row.NextVectorsBlob!, cancellationToken);
                    if (read.TryGet(out var bytes, out var fault))
                        staged.Add(row.DocumentId.Value, DocumentVectors.Read(bytes).Numbers);
                    else if (!BaseContent.IsLost(fault)) return fault;
                }

                return null;
            },
            cancellationToken);
    }

    private async Task<Result<EffectOutput>> ChangeToOwnAsync(
        KnowledgeDb db, BaseRow place, Action<Progress> onProgress, CancellationToken cancellationToken)
    {
        var used = await indexes.UseVectorsAsync(
            place,
            vectors => vectors.UseOwnAsync(
                (done, all) => onProgress(new Progress(done, all, "vectors", "Making vectors")), cancellationToken),
            cancellationToken);
        if (!used.TryGet(out var passages, out var refused)) return refused;
        await ModelOfBase.NoteAsync(db, place, null, cancellationToken);
        await EachPageAsync(
            db.Documents.AsNoTracking()
                .Where(row => row.BaseId == place.BaseId && (row.VectorsBlob != null || row.NextVectorsBlob != null)),
            async page =>
            {
                var ids = page.ConvertAll(static row => row.DocumentId);
                await db.Documents.Where(row => ids.Contains(row.DocumentId)).ExecuteUpdateAsync(
                    set => set
                        .SetProperty(static row => row.VectorsBlob, (string?)null)
                        .SetProperty(static row => row.VectorsKey, (string?)null)
                        .SetProperty(static row => row.NextVectorsBlob, (string?)null)
                        .SetProperty(static row => row.NextVectorsKey, (string?)null),
                    cancellationToken);
                var blobs = page.SelectMany(static row => new[] { row.VectorsBlob, row.NextVectorsBlob });
                foreach (var blob in blobs.OfType<string>())
                    await content.RemoveAsync(place.TenantId, blob, cancellationToken);
                return null;
            },
            cancellationToken);
        return Output(new EmbedOutput(passages));
    }

    /// <summary>
    /// Has some documents wait to be read that were read while the base got the model. Few at a time, for those that wait are not
    /// found until they have been read.
    /// </summary>
    private async Task<EmbedPlan> LateAsync(
        KnowledgeDb db, BaseRow place, EmbedderKey model, CancellationToken cancellationToken)
    {
        var word = model.Word;
        // Those that wait already may do so because of this very step, which a crash cut short.
        var late = await db.Documents
            .Where(row => row.BaseId == place.BaseId && row.PassagesCount > 0 && row.VectorsKey != word
                && (row.State == DocumentState.Indexed || row.State == DocumentState.Pending))
            .OrderBy(static row => row.DocumentId).Take(options.Value.BatchDocumentsMax).Select(static row => row.DocumentId)
            .ToListAsync(cancellationToken);
        await db.Documents
            .Where(row => late.Contains(row.DocumentId) && row.State == DocumentState.Indexed && row.VectorsKey != word)
            .ExecuteUpdateAsync(set => set.SetProperty(static row => row.State, DocumentState.Pending), cancellationToken);
        return new EmbedPlan(Batches(late));
    }

    /// <summary>Goes through rows page by page, in the order of their ids; ends with the first fault.</summary>
    private static async Task<Fault?> EachPageAsync(
        IQueryable<DocumentRow> rows, Func<List<DocumentRow>, Task<Fault?>> use, CancellationToken cancellationToken)
    {
        DocumentId? last = null;
        while (true)
        {
            var after = last;
            var rest = after is { } seen ? rows.Where(row => row.DocumentId.CompareTo(seen) > 0) : rows;
            var page = await rest.OrderBy(static row => row.DocumentId).Take(RowsAtOnce).ToListAsync(cancellationToken);
            if (page.Count == 0) return null;
            if (await use(page) is { } fault) return fault;
            last = page[^1].DocumentId;
        }
    }

    private static EffectOutput Output<T>(T output) => new(JsonSerializer.SerializeToElement(output, Json.Options));
}
