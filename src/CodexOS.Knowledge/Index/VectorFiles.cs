using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index;

/// <summary>
/// Vectors of segments in files that no manifest names yet, one segment after another, while the index goes on. What is not
/// taken in the end is removed.
/// </summary>
internal sealed class VectorFiles(IndexFolder folder, IndexWriter writer) : IDisposable
{
    private readonly Dictionary<string, ViewVectors> _written = new(StringComparer.Ordinal);
    private EmbedderKey? _embedder;
    private long _passages;

    /// <summary>How many passages of a generation have no vectors in files yet.</summary>
    public int MissingPassages(Snapshot snapshot) =>
        snapshot.Views.Where(view => IsMissing(snapshot, view)).Sum(static view => view.Segment.Count);

    /// <summary>Writes the vectors of a generation that are missing.</summary>
    public Fault? Write(Snapshot snapshot, Action<long, long> onWritten, CancellationToken cancellationToken)
    {
        if (snapshot.Manifest.Embedder != _embedder) Dispose();
        _embedder = snapshot.Manifest.Embedder;
        if (snapshot.Basis is not { Value: var basis }) return null;
        foreach (var view in snapshot.Views.Where(view => IsMissing(snapshot, view)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!writer.WriteVectors(view.Name, view.Segment, basis, null).TryGet(out var vectors, out var fault)) return fault;
            _written[view.Name] = vectors;
            onWritten(Math.Min(_passages += view.Segment.Count, snapshot.PassageCount), snapshot.PassageCount);
        }

        return null;
    }

    /// <summary>The views of a generation with the vectors that were written for it, which are its own from now on.</summary>
    public ImmutableArray<SegmentView> Take(Snapshot snapshot) =>
        [.. snapshot.Views.Select(view => _written.Remove(view.Name, out var vectors) ? view.With(vectors) : view)];

    /// <summary>Removes what was not taken.</summary>
    public void Dispose()
    {
        foreach (var (name, vectors) in _written)
        {
            vectors.Set!.Value.Dispose();
            File.Delete(folder.VectorFile(name, _embedder!));
        }

        _written.Clear();
        _passages = 0;
    }

    private bool IsMissing(Snapshot snapshot, SegmentView view) =>
        view is { SharedVectors: not null, Vectors: null }
        && !(snapshot.Manifest.Embedder == _embedder && _written.ContainsKey(view.Name));
}
