using System.Runtime.InteropServices;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Queries;

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
        _file.Flush();
        var (vector, zeros, unknown) = (new float[key.Dimension], new float[key.Dimension], 0);
        for (var passage = 0; passage < segment.Count; passage++)
        {
            var (document, ordinal) = segment.KeyOf(passage);
            if (_documents.TryGetValue(document, out var place) && ordinal < place.Count)
            {
                RandomAccess.Read(
                    _file.SafeFileHandle, MemoryMarshal.AsBytes(vector.AsSpan()), place.Offset + ((long)ordinal * RowBytes));
                sink(vector);
            }
            else
            {
                unknown++;
                sink(zeros);
            }
        }

        return segment.Count == 0 ? 0 : unknown / (double)segment.Count;
    }

    /// <inheritdoc />
    public double EmbedQuery(ParsedQuery query, Span<float> vector) => new GivenEmbedder(key).EmbedQuery(query, vector);

    public void Dispose() => _file.Dispose();
}
