using System.Runtime.InteropServices;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Embedding;

/// <summary>
/// Given vectors of whole documents, put aside in a file until the index takes them all at once. The file goes when it is
/// disposed of, or when the index is opened the next time.
/// </summary>
internal sealed class StagedVectors(EmbedderKey key, string path) : IPassageEmbedder, IDisposable
{
    private readonly FileStream _file = new(
        path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16, FileOptions.DeleteOnClose);

    private readonly Dictionary<Guid, (long Offset, int Count)> _documents = [];

    public EmbedderKey Key => key;

    public double DefaultWeight => new GivenEmbedder(key).DefaultWeight;

    private int RowBytes => key.Dimension * sizeof(float);

    /// <summary>Puts aside the vectors of a document, one after the other in the order of its passages.</summary>
    public void Add(Guid document, ReadOnlySpan<float> numbers)
    {
        _documents[document] = (_file.Position, numbers.Length / key.Dimension);
        _file.Write(MemoryMarshal.AsBytes(numbers));
    }

    /// <inheritdoc />
    public double EmbedPassages(Segment segment, IReadOnlyList<IndexPassage>? passages, VectorSink sink)
    {
        var (vector, unknown) = (new float[key.Dimension], 0);
        for (var passage = 0; passage < segment.Count; passage++)
        {
            if (!TryRead(segment, passage, vector)) unknown++;
            sink(vector);
        }

        return segment.Count == 0 ? 0 : unknown / (double)segment.Count;
    }

    /// <inheritdoc />
    public void EmbedPassage(SegmentView view, int passage, Span<float> vector) => TryRead(view.Segment, passage, vector);

    /// <inheritdoc />
    public double EmbedQuery(ParsedQuery query, Span<float> vector) => new GivenEmbedder(key).EmbedQuery(query, vector);

    public void Dispose() => _file.Dispose();

    /// <summary>Reads the vector of a passage; of one that was not put aside it is of zeros.</summary>
    private bool TryRead(Segment segment, int passage, Span<float> vector)
    {
        var (document, ordinal) = segment.KeyOf(passage);
        vector.Clear();
        if (!_documents.TryGetValue(document, out var place) || ordinal >= place.Count) return false;
        _file.Flush();
        RandomAccess.Read(_file.SafeFileHandle, MemoryMarshal.AsBytes(vector), place.Offset + ((long)ordinal * RowBytes));
        return true;
    }
}
