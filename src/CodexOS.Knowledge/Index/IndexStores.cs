using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index;

/// <summary>
/// Where the vectors of an index lie: in files of its own, or in a store outside of it. The index only notes that, and what the
/// store has been told; who talks with stores uses this.
/// </summary>
internal sealed class IndexStores(Generations generations, IndexFolder folder, IndexWriter writer, IndexOptions options)
{
    /// <summary>Whether the vectors lie in a store outside of the index; asked before every search, so without a lock.</summary>
    public bool IsElsewhere => generations.Newest?.Manifest.Store is not null;

    /// <summary>What the newest generation says; null if the index is closed.</summary>
    public Manifest? Manifest => generations.Newest?.Manifest;

    /// <summary>Holds the newest generation, to be released; null if the index is closed.</summary>
    public Snapshot? Hold() => generations.Hold();

    /// <summary>Whether vectors should be made, or made anew.</summary>
    public bool IsRefitWanted(Snapshot snapshot) => IndexStatistics.Of(snapshot, options, null).IsRefitWanted;

    /// <summary>Notes something about stores.</summary>
    public Result<Manifest> Note(Func<Manifest, Manifest> change)
    {
        lock (generations.Changing)
        {
            if (generations.Current is not { } current) return IndexFaults.Closed;
            var changed = change(current.Manifest);
            if (changed == current.Manifest) return changed;
            generations.Replace(changed, current.Views, current.Basis);
            return generations.Current!.Manifest;
        }
    }

    /// <summary>Fits an embedder to a generation, which is not used before <see cref="Use"/>; null if there is too little.</summary>
    public Result<LsaBasis?> Fit(Snapshot snapshot, CancellationToken cancellationToken) =>
        snapshot.PassageCount < options.FitPassagesMin ? (LsaBasis?)null : FitAny(snapshot, cancellationToken);

    /// <summary>The same however few passages there are; null if they do not differ enough for an embedder.</summary>
    public Result<LsaBasis?> FitAny(Snapshot snapshot, CancellationToken cancellationToken)
    {
        var key = new EmbedderKey(LsaBasis.Model, 0, generations.NextName());
        var isKept = false;
        try
        {
            if (!LsaFit.TryWrite(snapshot, options.FittedDimension, folder.BasisFile(key), cancellationToken))
                return (LsaBasis?)null;
            var opened = LsaBasis.Open(folder.BasisFile(key), key.Revision);
            isKept = opened.IsOk;
            return opened.TryGet(out var basis, out var fault) ? basis : fault;
        }
        finally
        {
            if (!isKept) File.Delete(folder.BasisFile(key));
        }
    }

    /// <summary>Lets go of an embedder that is not used after all.</summary>
    public void Forget(LsaBasis basis)
    {
        basis.Dispose();
        File.Delete(folder.BasisFile(basis.Key));
    }

    /// <summary>Makes a fitted embedder the valid one, whose vectors of a generation have been put into the store.</summary>
    public Result<IndexGeneration> Use(LsaBasis basis, long filledGeneration, CancellationToken cancellationToken)
    {
        lock (generations.Changing)
        {
            if (generations.Current is not { } current) return IndexFaults.Closed;
            var views = ImmutableArray.CreateBuilder<SegmentView>();
            foreach (var view in current.Views)
            {
                cancellationToken.ThrowIfCancellationRequested();
                views.Add(view.With(IndexWriter.Elsewhere(view.Segment, basis, null)));
            }

            var unknown = views.Sum(static view => view.SharedVectors!.UnknownShare * view.AliveCount);
            var manifest = current.Manifest.LeavingStore() with
            {
                Embedder = basis.Key,
                // How much a model counts says nothing of how much this one does.
                DenseWeight = current.Manifest.Embedder is { IsGiven: true } ? null : current.Manifest.DenseWeight,
                FittedPassages = current.PassageCount,
                FittedUnknownShare = unknown / Math.Max(1, current.PassageCount),
                Store = current.Manifest.Store?.Filled(filledGeneration),
                Moving = current.Manifest.Moving?.Emptied(),
            };
            return generations.Replace(manifest, views.ToImmutable(), new Shared<LsaBasis>(basis));
        }
    }

    /// <summary>Makes the store that the vectors were copied to the one that they lie in.</summary>
    public Result<IndexGeneration> UseMoved()
    {
        lock (generations.Changing)
        {
            if (generations.Current is not { } current) return IndexFaults.Closed;
            if (current.Manifest.Moving is not { } moving) return IndexGeneration.Of(current);
            // Fitted anew while it was copied, the new store has what was copied before.
            var manifest = current.Manifest.LeavingStore().Leaving(moving.Store) with { Store = moving, Moving = null };
            var views = current.Views.Select(view => view.SharedVectors is { } vectors && manifest.IsWithoutFiles
                ? view.With(new ViewVectors(null, vectors.UnknownShare))
                : view);
            return generations.Replace(manifest, [.. views], current.Basis);
        }
    }

    /// <summary>
    /// Makes the vectors anew in files of the index, where they lie from then on; those of a model are there already. Publishes
    /// and merges go on meanwhile; they wait only for the step at the end, and for the vectors of what was added shortly before.
    /// </summary>
    /// <param name="onWritten">Told how many vectors are written, and of how many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Result<IndexGeneration> UseFiles(Action<long, long> onWritten, CancellationToken cancellationToken)
    {
        using var files = new VectorFiles(folder, writer);
        if (files.WriteMost(generations, onWritten, cancellationToken) is { } refused) return refused;
        lock (generations.Changing)
        {
            if (generations.Current is not { } current) return IndexFaults.Closed;
            if (current.Manifest.Store is null) return IndexGeneration.Of(current);
            if (files.Write(current, static (_, _) => { }, cancellationToken) is { } fault) return fault;
            return generations.Replace(
                current.Manifest.LeavingStore() with { Store = null, Moving = null }, files.Take(current), current.Basis);
        }
    }
}
