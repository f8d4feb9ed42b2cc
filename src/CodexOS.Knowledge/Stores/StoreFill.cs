using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Stores;

/// <summary>Puts the vectors of a generation's passages into a collection, batch by batch.</summary>
internal sealed class StoreFill(VectorStore store, VectorCollection collection, Snapshot snapshot, IPassageEmbedder embedder)
{
    /// <summary>Puts all vectors into the collection, which is made anew, and looks whether so many are there.</summary>
    /// <param name="sample">Sees each vector that is put; null if nothing is to be tried out with them.</param>
    /// <param name="onPut">Told of how many are there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<Done>> AllAsync(NeighbourSample? sample, Action<long> onPut, CancellationToken cancellationToken)
    {
        var ready = await store.EnsureCollectionDeletedAsync(collection, cancellationToken);
        if (ready.IsOk) ready = await store.EnsureCollectionExistsAsync(collection, cancellationToken);
        if (!ready.IsOk) return ready;
        var put = await PutAsync(
            snapshot.Views.SelectMany(view => Alive(view, 0, view.Segment.Count)), sample, onPut, cancellationToken);
        if (!put.IsOk) return put;
        if (!(await store.CountAsync(collection, cancellationToken)).TryGet(out var count, out var fault)) return fault;
        return count == snapshot.PassageCount
            ? Done.Value
            : StoreFaults.Unverified(store.Name, $"there are {count} vectors instead of {snapshot.PassageCount}");
    }

    /// <summary>Puts the vectors of documents in place of what is there of them.</summary>
    public async Task<Result<Done>> SomeAsync(IReadOnlyCollection<Guid> documents, CancellationToken cancellationToken)
    {
        foreach (var some in documents.Chunk(store.Options.BatchVectorsMax))
        {
            var removed = await store.DeleteAsync(collection, some, cancellationToken);
            if (!removed.IsOk) return removed;
            var passages = some.SelectMany(document => snapshot.Views.SelectMany(view =>
            {
                var (start, count) = view.Segment.PassagesOf(document);
                return Alive(view, start, count);
            }));
            var put = await PutAsync(passages, null, static _ => { }, cancellationToken);
            if (!put.IsOk) return put;
        }

        return Done.Value;
    }

    private async Task<Result<Done>> PutAsync(
        IEnumerable<(SegmentView View, int Passage)> passages, NeighbourSample? sample, Action<long> onPut,
        CancellationToken cancellationToken)
    {
        var done = 0L;
        foreach (var batch in passages.Chunk(store.Options.BatchVectorsMax))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var records = Array.ConvertAll(batch, one => RecordOf(one.View, one.Passage));
            foreach (var record in records) sample?.See(record);
            var put = await store.UpsertAsync(collection, records, cancellationToken);
            if (!put.IsOk) return put;
            onPut(done += records.Length);
        }

        return Done.Value;
    }

    private VectorRecord RecordOf(SegmentView view, int passage)
    {
        var segment = view.Segment;
        var vector = new float[embedder.Key.Dimension];
        embedder.EmbedPassage(view, passage, vector);
        return new VectorRecord(
            segment.KeyOf(passage), LabelText.ReadersOf(segment.LabelsOf(segment.ReaderSetOf(passage))), vector);
    }

    private static IEnumerable<(SegmentView View, int Passage)> Alive(SegmentView view, int start, int count) =>
        Enumerable.Range(start, count).Where(view.IsAlive).Select(passage => (view, passage));
}

/// <summary>Some vectors with their truly nearest neighbours, to find out whether a store finds them too.</summary>
internal sealed class NeighbourSample
{
    private const int VectorsMax = 16;
    private const int Top = 10;
    private const double ShareMin = 0.8;
    private const float Tolerance = 1e-3f;

    private readonly ImmutableArray<(float[] Vector, PriorityQueue<float, float> Best)> _sample;

    /// <summary>Takes vectors from all over a generation.</summary>
    public NeighbourSample(Snapshot snapshot, IPassageEmbedder embedder)
    {
        var sample = ImmutableArray.CreateBuilder<(float[], PriorityQueue<float, float>)>();
        var step = Math.Max(1, snapshot.PassageCount / VectorsMax);
        var seen = 0;
        foreach (var view in snapshot.Views)
        {
            for (var passage = 0; passage < view.Segment.Count && sample.Count < VectorsMax; passage++)
            {
                if (!view.IsAlive(passage) || seen++ % step != 0) continue;
                var vector = new float[embedder.Key.Dimension];
                embedder.EmbedPassage(view, passage, vector);
                // Of zeros, all others are equally far.
                if (HasDirection(vector)) sample.Add((vector, new PriorityQueue<float, float>()));
            }
        }

        _sample = sample.ToImmutable();
    }

    /// <summary>Compares one of all vectors with those of the sample; one of zeros is nobody's neighbour.</summary>
    public void See(VectorRecord record)
    {
        if (!HasDirection(record.Vector)) return;
        foreach (var (vector, best) in _sample)
        {
            var score = Index.Vectors.Kernels.Dot(vector, record.Vector);
            if (best.Count < Top) best.Enqueue(score, score);
            else best.EnqueueDequeue(score, score);
        }
    }

    /// <summary>Whether the store finds the neighbours.</summary>
    public async Task<Result<Done>> VerifyAsync(
        VectorStore store, VectorCollection collection, CancellationToken cancellationToken)
    {
        var (wanted, found) = (0, 0);
        foreach (var (vector, best) in _sample)
        {
            var asked = await store.SearchAsync(collection, new VectorSearch(vector, Top, null, null), cancellationToken);
            if (!asked.TryGet(out var matches, out var fault)) return fault;
            // Among equally near ones it does not matter which are given.
            wanted += best.Count;
            found += Math.Min(best.Count, matches.Count(match => match.Score >= best.Peek() - Tolerance));
        }

        return found >= ShareMin * wanted
            ? Done.Value
            : StoreFaults.Unverified(store.Name, $"of {wanted} nearest neighbours it finds {found}");
    }

    private static bool HasDirection(float[] vector) => vector.AsSpan().IndexOfAnyExcept(0f) >= 0;
}
