using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index;

/// <summary>Writes anew what is in the index already: several segments as one, and vectors of a newly fitted embedder.</summary>
internal sealed class IndexRebuild(
    Generations generations, IndexFolder folder, IndexWriter writer, IndexStores stores, IndexOptions options)
{
    /// <summary>Merges some segments if there are many; false if all is well.</summary>
    public Result<bool> Merge(CancellationToken cancellationToken)
    {
        var snapshot = generations.Hold();
        if (snapshot is null) return IndexFaults.Closed;
        try
        {
            var views = MergePlan.Of(snapshot.Views, options);
            return views.IsEmpty ? false : Merge(snapshot, views, cancellationToken);
        }
        finally
        {
            snapshot.Release();
        }
    }

    /// <summary>
    /// Fits the embedder to the passages as they are now, and makes all vectors anew. Others publish meanwhile; they wait only
    /// for the step at the end, and for the vectors of what they added shortly before it.
    /// </summary>
    public Result<IndexGeneration> Refit(CancellationToken cancellationToken)
    {
        if (generations.Hold() is not { } snapshot) return IndexFaults.Closed;
        LsaBasis? basis;
        try
        {
            if (!HasOwnVectors(snapshot)) return IndexGeneration.Of(snapshot);
            if (!stores.FitAny(snapshot, cancellationToken).TryGet(out basis, out var fault)) return fault;
            if (basis is null) return IndexGeneration.Of(snapshot);
        }
        finally
        {
            snapshot.Release();
        }

        var isUsed = false;
        try
        {
            if (!Use(basis, cancellationToken).TryGet(out var refitted, out var fault)) return fault;
            isUsed = refitted.IsUsed;
            return refitted.Generation;
        }
        finally
        {
            if (!isUsed) stores.Forget(basis);
        }
    }

    private Result<bool> Merge(Snapshot snapshot, ImmutableArray<SegmentView> views, CancellationToken cancellationToken)
    {
        // 1. The long part, while others search and publish.
        var merge = new SegmentMerge(views);
        var name = generations.NextName();
        var embedder = snapshot.Manifest.Embedder;
        if (!Write(merge, views, embedder, name, cancellationToken).TryGet(out var merged, out var fault)) return fault;

        // 2. What was removed meanwhile is removed from the new segment too; then it takes the place of its parts.
        lock (generations.Changing)
        {
            if (generations.Current is not { } current || current.Manifest.Embedder != embedder
                || current.Manifest.IsWithoutFiles != snapshot.Manifest.IsWithoutFiles)
            {
                // Closed, fitted anew or moved: these vectors are of no use any more, and the next merge makes others.
                IndexWriter.Close([merged]);
                folder.Remove(name);
                return generations.Current is null ? IndexFaults.Closed : true;
            }

            var names = views.Select(static view => view.Name).ToHashSet(StringComparer.Ordinal);
            var now = current.Views.ToDictionary(static view => view.Name, StringComparer.Ordinal);
            var view = merged.Without(merge.RemovedSince(now.GetValueOrDefault));
            var others = current.Views.Where(one => !names.Contains(one.Name));
            generations.Replace(current.Manifest, view.AliveCount > 0 ? [view, .. others] : [.. others], current.Basis);
            return true;
        }
    }

    private Result<SegmentView> Write(
        SegmentMerge merge,
        ImmutableArray<SegmentView> views,
        EmbedderKey? embedder,
        string name,
        CancellationToken cancellationToken)
    {
        var isWritten = false;
        try
        {
            var merged = writer.Write(merge, views, embedder, name, cancellationToken);
            isWritten = merged.IsOk;
            return merged;
        }
        finally
        {
            if (!isWritten) folder.Remove(name);
        }
    }

    private Result<(IndexGeneration Generation, bool IsUsed)> Use(LsaBasis basis, CancellationToken cancellationToken)
    {
        using var files = new VectorFiles(folder, writer, basis);
        if (files.WriteMost(generations, static (_, _) => { }, cancellationToken) is { } refused) return refused;
        lock (generations.Changing)
        {
            if (generations.Current is not { } current) return IndexFaults.Closed;
            if (!HasOwnVectors(current)) return (IndexGeneration.Of(current), false);
            if (files.Write(current, static (_, _) => { }, cancellationToken) is { } fault) return fault;
            var views = files.Take(current);
            var unknown = views.Sum(static view => view.SharedVectors!.UnknownShare * view.AliveCount);
            var manifest = current.Manifest with
            {
                Embedder = basis.Key,
                FittedPassages = current.PassageCount,
                FittedUnknownShare = unknown / Math.Max(1, current.PassageCount),
                Moving = current.Manifest.Moving?.Emptied(),
            };
            return (generations.Replace(manifest, views, new Shared<LsaBasis>(basis)), true);
        }
    }

    /// <summary>Vectors that are given, or lie elsewhere, are made anew by whoever gives them or puts them there.</summary>
    private static bool HasOwnVectors(Snapshot snapshot) =>
        snapshot is { Embedder: not { Key.IsGiven: true }, Manifest.Store: null };
}
