using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Knowledge.Index.Vectors;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index;

/// <summary>Writes the files of new segments. What it opens is not part of the index until a manifest names it.</summary>
internal sealed class IndexWriter(IndexFolder folder, IndexOptions options)
{
    /// <summary>
    /// Writes passages as segments; several if they are more than one is built of. Vectors without files are not written.
    /// </summary>
    public Result<ImmutableArray<SegmentView>> Write(
        IReadOnlyList<IndexPassage> passages,
        IPassageEmbedder? embedder,
        bool isWithoutFiles,
        Func<string> nextName,
        CancellationToken cancellationToken)
    {
        var views = ImmutableArray.CreateBuilder<SegmentView>();
        var languages = PassageLanguages.Of(passages, options.DefaultLanguage);
        // Passages of one document follow one another, in the order of their positions.
        int[] order =
        [
            .. Enumerable.Range(0, passages.Count)
                .OrderBy(i => passages[i].Document).ThenBy(i => passages[i].Passage.Ordinal),
        ];
        for (var start = 0; start < order.Length;)
        {
            if (cancellationToken.IsCancellationRequested) Close(views);
            cancellationToken.ThrowIfCancellationRequested();
            var builder = new SegmentBuilder();
            var end = start;
            for (; end < order.Length && !IsFull(builder); end++) builder.Add(passages[order[end]], languages[order[end]]);
            var name = nextName();
            builder.Write(folder.SegmentFile(name));
            IndexPassage[] own = [.. order[start..end].Select(i => passages[i])];
            if (!Open(name, embedder, isWithoutFiles, own).TryGet(out var view, out var fault))
            {
                Close(views);
                return fault;
            }

            views.Add(view);
            start = end;
        }

        return views.ToImmutable();
    }

    /// <summary>Writes the vectors of a segment.</summary>
    public Result<ViewVectors> WriteVectors(
        string name, Segment segment, IPassageEmbedder embedder, IReadOnlyList<IndexPassage>? passages)
    {
        var unknown = 0d;
        var written = new VectorWriter(embedder.Key).Write(
            folder.VectorFile(name, embedder.Key), sink => unknown = embedder.EmbedPassages(segment, passages, sink));
        if (!written.IsOk) return written.Fault;
        return SnapshotFiles.OpenVectors(folder, name, embedder.Key).TryGet(out var set, out var fault)
            ? new ViewVectors(set, unknown)
            : fault;
    }

    /// <summary>What is known of a segment's vectors that lie elsewhere.</summary>
    public static ViewVectors Elsewhere(Segment segment, IPassageEmbedder embedder, IReadOnlyList<IndexPassage>? passages) =>
        new(null, embedder.EmbedPassages(segment, passages, static _ => { }));

    /// <summary>Writes several segments as one, with their vectors if all have some.</summary>
    public Result<SegmentView> Write(
        SegmentMerge merge,
        ImmutableArray<SegmentView> merged,
        EmbedderKey? embedder,
        string name,
        CancellationToken cancellationToken)
    {
        merge.Write(folder.SegmentFile(name), cancellationToken);
        if (!Segment.Open(folder.SegmentFile(name)).TryGet(out var segment, out var fault)) return fault;
        if (embedder is null || merged.Any(static view => view.SharedVectors is null))
            return new SegmentView(name, new Shared<Segment>(segment), null);
        var passages = Math.Max(1, merged.Sum(static view => (double)view.AliveCount));
        var unknown = merged.Sum(static view => view.SharedVectors!.UnknownShare * view.AliveCount) / passages;
        if (merged.Any(static view => view.Vectors is null))
            return new SegmentView(name, new Shared<Segment>(segment), new ViewVectors(null, unknown));
        var written = merge.WriteVectors(folder.VectorFile(name, embedder), embedder);
        if (written.IsOk && SnapshotFiles.OpenVectors(folder, name, embedder).TryGet(out var set, out fault))
            return new SegmentView(name, new Shared<Segment>(segment), new ViewVectors(set, unknown));

        segment.Dispose();
        return written.IsOk ? fault! : written.Fault;
    }

    /// <summary>Lets go of views that no generation holds.</summary>
    public static void Close(IEnumerable<SegmentView> views)
    {
        foreach (var view in views)
        {
            view.Segment.Dispose();
            view.Vectors?.Dispose();
        }
    }

    private bool IsFull(SegmentBuilder builder) =>
        builder.Columns.Count >= options.SegmentPassagesMax || builder.OccurrenceCount >= options.SegmentWordsMax;

    private Result<SegmentView> Open(
        string name, IPassageEmbedder? embedder, bool isWithoutFiles, IReadOnlyList<IndexPassage> passages)
    {
        if (!Segment.Open(folder.SegmentFile(name)).TryGet(out var segment, out var fault)) return fault;
        if (embedder is null) return new SegmentView(name, new Shared<Segment>(segment), null);
        if (isWithoutFiles) return new SegmentView(name, new Shared<Segment>(segment), Elsewhere(segment, embedder, passages));
        if (WriteVectors(name, segment, embedder, passages).TryGet(out var vectors, out fault))
            return new SegmentView(name, new Shared<Segment>(segment), vectors);
        segment.Dispose();
        return fault;
    }
}
