using System.Globalization;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Embeddings;

/// <summary>What the row of a base says of the model that makes its vectors.</summary>
internal static class ModelOfBase
{
    /// <summary>Notes the model that is in use; null is the index itself. A change that was going on is over by that.</summary>
    public static Task<int> NoteAsync(KnowledgeDb db, BaseRow place, EmbedderKey? model, CancellationToken cancellationToken)
    {
        var (name, dimension) = (model?.ModelId ?? BaseRow.BuiltIn, model?.Dimension ?? 0);
        var revision = model is null ? place.EmbeddingRevision : int.Parse(model.Revision, CultureInfo.InvariantCulture);
        return db.Bases.Where(row => row.BaseId == place.BaseId).ExecuteUpdateAsync(
            set => set
                .SetProperty(static row => row.EmbeddingModel, name)
                .SetProperty(static row => row.EmbeddingDimension, dimension)
                .SetProperty(static row => row.EmbeddingRevision, revision)
                .SetProperty(static row => row.EmbeddingNext, (string?)null),
            cancellationToken);
    }
}
