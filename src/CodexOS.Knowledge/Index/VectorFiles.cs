using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index;

/// <summary>
/// Vectors of segments in files that no manifest names yet, one segment after another, while the index goes on. What is not
/// taken in the end is removed.
/// </summary>
/// <param name="folder">Where.</param>
/// <param name="writer">Writes them.</param>
/// <param name="next">What makes them, in place of all that there are; null has the index make those that are missing.</param>
internal sealed class VectorFiles(IndexFolder folder, IndexWriter writer, IPassageEmbedder? next = null) : IDisposable
{
    /// <summary>So many vectors are made while publishes wait: a few hundredths of a second.</summary>
    private const int BlockingPassagesMax = 2_000;

    /// <summary>After so many rounds, publishes wait however much they have added meanwhile.</summary>
    private const int RoundsMax = 10;


    private readonly Dictionary<string, ViewVectors> _written = new(StringComparer.Ordinal);
    private EmbedderKey? _embedder;
    private long _passages;

    /// <summary>Writes the vectors of one generation after another, until only a few of the newest are missing.</summary>
    public Fault? WriteMost(Generations generations, Action<long, long> onWritten, CancellationToken cancellationToken)
    {
        for (var round = 1; round <= RoundsMax; round++)
        {
            if (generations.Hold() is not { } snapshot) return IndexFaults.Closed;
            try
            {
                var missing = snapshot.Views.Where(view => IsMissing(snapshot, view)).Sum(static view => view.Segment.Count);
                if (missing <= BlockingPassagesMax) return null;
                if (Write(snapshot, onWritten, cancellationToken) is { } fault) return fault;
            }
            finally
            {
                snapshot.Release();
            }
        }

        return null;
    }

    /// <summary>Writes the vectors of a generation that are missing.</summary>
    public Fault? Write(Snapshot snapshot, Action<long, long> onWritten, CancellationToken cancellationToken)
    {
        if (KeyFor(snapshot) != _embedder) Dispose();
        _embedder = KeyFor(snapshot);
        if ((next ?? snapshot.Basis?.Value) is not { } embedder) return null;
        foreach (var view in snapshot.Views.Where(view => IsMissing(snapshot, view)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var made = writer.WriteVectors(view.Name, view.Segment, embedder, null);
            if (!made.TryGet(out var vectors, out var fault)) return fault;
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

    private EmbedderKey? KeyFor(Snapshot snapshot) => next?.Key ?? snapshot.Manifest.Embedder;

    private bool IsMissing(Snapshot snapshot, SegmentView view) =>
        (next is not null || view is { SharedVectors: not null, Vectors: null })
        && !(KeyFor(snapshot) == _embedder && _written.ContainsKey(view.Name));
}
