using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index;

/// <summary>Writes anew what is in the index already: several segments as one, and vectors of a newly fitted embedder.</summary>
internal sealed class IndexRebuild(Generations generations, IndexFolder folder, IndexWriter writer, IndexOptions options)
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

    /// <summary>Fits the embedder to the passages as they are now, and makes all vectors anew. Publishes wait for it.</summary>
    public Result<IndexGeneration> Refit(CancellationToken cancellationToken)
    {
        lock (generations.Changing)
        {
            if (generations.Current is not { } current) return IndexFaults.Closed;
            // Vectors that are given, or lie elsewhere, are made anew by whoever gives them or puts them there.
            if (current.Embedder is { Key.IsGiven: true } || current.Manifest.Store is not null)
                return IndexGeneration.Of(current);
            var key = new EmbedderKey(LsaBasis.Model, 0, generations.NextName());
            if (!LsaFit.TryWrite(current, options.FittedDimension, folder.BasisFile(key), cancellationToken))
                return IndexGeneration.Of(current);
            return LsaBasis.Open(folder.BasisFile(key), key.Revision).TryGet(out var basis, out var fault)
                ? Refit(current, basis, cancellationToken)
                : fault;
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

    private Result<IndexGeneration> Refit(Snapshot current, LsaBasis basis, CancellationToken cancellationToken)
    {
        var views = ImmutableArray.CreateBuilder<SegmentView>();
        var isWritten = false;
        try
        {
            foreach (var view in current.Views)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!writer.WriteVectors(view.Name, view.Segment, basis, null).TryGet(out var vectors, out var fault))
                    return fault;
                views.Add(view.With(vectors));
            }

            isWritten = true;
        }
        finally
        {
            if (!isWritten)
            {
                // The file of the basis and of vectors so far are named by no manifest; the next opening removes them.
                basis.Dispose();
                foreach (var view in views) view.Vectors?.Dispose();
            }
        }

        var unknown = views.Sum(static view => view.SharedVectors!.UnknownShare * view.AliveCount);
        var manifest = current.Manifest with
        {
            Embedder = basis.Key,
            FittedPassages = current.PassageCount,
            FittedUnknownShare = unknown / Math.Max(1, current.PassageCount),
            Moving = current.Manifest.Moving?.Emptied(),
        };
        return generations.Replace(manifest, views.ToImmutable(), new Shared<LsaBasis>(basis));
    }
}
