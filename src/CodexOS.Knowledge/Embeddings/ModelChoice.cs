using System.Globalization;
using System.Runtime.InteropServices;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Embeddings;

/// <summary>Checks the model that somebody wants for a base, and notes that it is being given.</summary>
internal sealed class ModelChoice(ModelVectors models, IDbContextFactory<KnowledgeDb> contexts)
{
    /// <summary>The model of a new base.</summary>
    public async Task<Result<ChosenModel>> FirstAsync(string model, CancellationToken cancellationToken)
    {
        if (model == BaseRow.BuiltIn) return new ChosenModel(null);
        return (await models.DimensionOfAsync(model, cancellationToken)).TryGet(out var dimension, out var fault)
            ? new ChosenModel(new EmbedderKey(model, dimension, "1"))
            : fault;
    }

    /// <summary>The next model of a base. What was made for it by a change that did not come to its end counts.</summary>
    public async Task<Result<ChosenModel>> NextAsync(BaseRow place, string model, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        EmbedderKey? next = null;
        if (model == place.EmbeddingModel)
        {
            next = place.Embedder;
            if (!await IsMissingAsync(db, place, cancellationToken)) return EmbeddingFaults.SameModel(model);
        }
        else if (model != BaseRow.BuiltIn)
        {
            if (!(await models.DimensionOfAsync(model, cancellationToken)).TryGet(out var dimension, out var fault)) return fault;
            var begun = RevisionOf(place.EmbeddingNext);
            next = new EmbedderKey(model, dimension, Text(begun));
            if (begun <= place.EmbeddingRevision || place.EmbeddingNext != next.Word)
                next = next with { Revision = Text(Math.Max(begun, place.EmbeddingRevision) + 1) };
        }

        var word = next?.Word ?? BaseRow.BuiltIn;
        await db.Bases.Where(row => row.BaseId == place.BaseId)
            .ExecuteUpdateAsync(set => set.SetProperty(static row => row.EmbeddingNext, word), cancellationToken);
        return new ChosenModel(next);
    }

    private static Task<bool> IsMissingAsync(KnowledgeDb db, BaseRow place, CancellationToken cancellationToken)
    {
        var word = place.Embedder?.Word;
        return db.Documents.AnyAsync(
            row => row.BaseId == place.BaseId && row.State == DocumentState.Indexed && row.PassagesCount > 0
                && row.VectorsKey != word,
            cancellationToken);
    }

    private static int RevisionOf(string? word) =>
        word is not null && int.TryParse(
            word.AsSpan(word.LastIndexOf('|') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? revision
            : 0;

    private static string Text(int revision) => revision.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A model that was checked.</summary>
/// <param name="Model">The model; null is the index itself.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ChosenModel(EmbedderKey? Model);
