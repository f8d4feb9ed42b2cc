using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index;

/// <summary>
/// What makes the vectors of an index: an embedder of its own that is fitted to the passages, or a model outside of it, whose
/// vectors are given. Changing from one to another, everything goes on meanwhile; publishes wait only for the step at the end.
/// </summary>
internal sealed class IndexModels(Generations generations, IndexFolder folder, IndexWriter writer, IndexStores stores)
{
    /// <summary>What makes the vectors; null if there are none yet.</summary>
    public EmbedderKey? Current => generations.Newest?.Manifest.Embedder;

    /// <summary>A place for vectors that the index shall use, to be filled and handed over.</summary>
    public StagedVectors Stage(EmbedderKey key) => new(key, folder.In($"{generations.NextName()}.staged"));

    /// <summary>Uses the vectors of a model from now on.</summary>
    /// <param name="vectors">Those of the passages that there are; one that it does not know is found by its words alone.</param>
    /// <param name="onWritten">Told how many vectors are written, and of how many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Result<IndexGeneration> Use(
        IPassageEmbedder vectors, Action<long, long> onWritten, CancellationToken cancellationToken) =>
        Use(vectors, null, null, onWritten, cancellationToken);

    /// <summary>The same where the vectors of a generation have been put into the store that they lie in.</summary>
    /// <param name="vectors">Those of the passages that there are.</param>
    /// <param name="filledGeneration">The generation; what changed after it is noted for the store.</param>
    /// <param name="onWritten">Told how many vectors are written into files, and of how many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Result<IndexGeneration> UseFilled(
        IPassageEmbedder vectors, long filledGeneration, Action<long, long> onWritten, CancellationToken cancellationToken) =>
        Use(vectors, null, filledGeneration, onWritten, cancellationToken);

    /// <summary>
    /// Uses an embedder of the index's own from now on, with files of the index; none as long as there are too few passages
    /// for one.
    /// </summary>
    public Result<IndexGeneration> UseOwn(Action<long, long> onWritten, CancellationToken cancellationToken)
    {
        if (generations.Hold() is not { } snapshot) return IndexFaults.Closed;
        LsaBasis? basis = null;
        try
        {
            if (snapshot.Manifest.Embedder is not { IsGiven: true }) return IndexGeneration.Of(snapshot);
            if (!stores.Fit(snapshot, cancellationToken).TryGet(out basis, out var fault)) return fault;
        }
        finally
        {
            snapshot.Release();
        }

        if (basis is null) return UseNone();
        var isUsed = false;
        try
        {
            var used = Use(basis, basis, null, onWritten, cancellationToken);
            isUsed = used.IsOk;
            return used;
        }
        finally
        {
            if (!isUsed) stores.Forget(basis);
        }
    }

    /// <summary>Has no vectors from now on, as an index with too few passages for an embedder of its own.</summary>
    public Result<IndexGeneration> UseNone()
    {
        lock (generations.Changing)
        {
            if (generations.Current is not { } current) return IndexFaults.Closed;
            var manifest = current.Manifest.LeavingStore() with
            {
                Store = current.Manifest.Store?.Emptied(),
                Embedder = null,
                DenseWeight = null,
                FittedPassages = 0,
                FittedUnknownShare = 0,
            };
            return generations.Replace(manifest, [.. current.Views.Select(static view => view.With(null))], null);
        }
    }

    private Result<IndexGeneration> Use(
        IPassageEmbedder next, LsaBasis? basis, long? filledGeneration, Action<long, long> onWritten,
        CancellationToken cancellationToken)
    {
        if (generations.Newest is not { } now) return IndexFaults.Closed;
        if (now.Manifest.Embedder == next.Key) return IndexGeneration.Of(now);
        using var files = new VectorFiles(folder, writer, next);
        if (files.WriteMost(generations, onWritten, cancellationToken) is { } refused) return refused;
        lock (generations.Changing)
        {
            if (generations.Current is not { } current) return IndexFaults.Closed;
            if (files.Write(current, static (_, _) => { }, cancellationToken) is { } fault) return fault;
            var views = files.Take(current);
            var unknown = views.Sum(static view => view.SharedVectors!.UnknownShare * view.AliveCount);
            var store = current.Manifest.Store;
            var manifest = current.Manifest.LeavingStore() with
            {
                Embedder = next.Key,
                DenseWeight = null,
                FittedPassages = current.PassageCount,
                FittedUnknownShare = unknown / Math.Max(1, current.PassageCount),
                Store = filledGeneration is { } filled ? store?.Filled(filled) : store?.Emptied(),
                Moving = current.Manifest.Moving?.Emptied(),
            };
            return generations.Replace(manifest, views, basis is null ? null : new Shared<LsaBasis>(basis));
        }
    }
}
