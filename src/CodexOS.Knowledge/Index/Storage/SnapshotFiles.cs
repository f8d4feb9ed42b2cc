using System.Collections.Immutable;
using System.Runtime.InteropServices;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Vectors;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>Opens what a manifest names, and writes manifests of what is open.</summary>
internal static class SnapshotFiles
{
    /// <summary>Opens a generation; all of it, or nothing stays open.</summary>
    public static Result<Snapshot> Open(IndexFolder folder, Manifest manifest)
    {
        var opened = new List<IDisposable>();
        var result = Open(folder, manifest, opened);
        if (!result.IsOk) opened.ForEach(static one => one.Dispose());
        return result;
    }

    /// <summary>Opens the vectors of a segment, for several generations to share.</summary>
    public static Result<Shared<VectorSet>> OpenVectors(IndexFolder folder, string name, EmbedderKey embedder) =>
        VectorSet.Open(folder.VectorFile(name, embedder), embedder).TryGet(out var vectors, out var fault)
            ? new Shared<VectorSet>(vectors)
            : fault;

    /// <summary>What a manifest says of a view.</summary>
    public static ManifestSegment Entry(SegmentView view) => new(
        view.Name,
        view.Vectors is not null,
        view.Alive is null ? null : MemoryMarshal.AsBytes<ulong>(view.Alive).ToArray(),
        view.SharedVectors?.UnknownShare ?? 0,
        view.SharedVectors is { Set: null });

    private static Result<Snapshot> Open(IndexFolder folder, Manifest manifest, List<IDisposable> opened)
    {
        Shared<LsaBasis>? basis = null;
        if (manifest.Embedder is { IsGiven: false } key)
        {
            if (!LsaBasis.Open(folder.BasisFile(key), key.Revision).TryGet(out var found, out var fault)) return fault;
            opened.Add(found);
            basis = new Shared<LsaBasis>(found);
        }

        var views = ImmutableArray.CreateBuilder<SegmentView>();
        foreach (var entry in manifest.Segments)
        {
            if (!Segment.Open(folder.SegmentFile(entry.Name)).TryGet(out var segment, out var fault)) return fault;
            opened.Add(segment);
            var vectors = entry.IsElsewhere ? new ViewVectors(null, entry.UnknownShare) : null;
            if (entry.HasVectors)
            {
                if (!OpenVectors(folder, entry.Name, manifest.Embedder!).TryGet(out var set, out fault)) return fault;
                opened.Add(set.Value);
                vectors = new ViewVectors(set, entry.UnknownShare);
            }

            var view = new SegmentView(entry.Name, new Shared<Segment>(segment), vectors);
            views.Add(entry.Alive is null ? view : view.Without(Removed(entry.Alive, segment.Count)));
        }

        return new Snapshot(manifest, views.ToImmutable(), basis);
    }

    private static IEnumerable<int> Removed(byte[] alive, int count)
    {
        var bits = MemoryMarshal.Cast<byte, ulong>(alive).ToArray();
        for (var passage = 0; passage < count; passage++)
        {
            if (!Bits.Has(bits, passage)) yield return passage;
        }
    }
}
