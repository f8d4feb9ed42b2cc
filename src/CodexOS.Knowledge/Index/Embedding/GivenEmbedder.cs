using CodexOS.Inference.Contracts;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Embedding;

/// <summary>A vector that a model outside of the index has made.</summary>
/// <param name="Key">What made it.</param>
/// <param name="Numbers">The vector, of length one.</param>
internal sealed record GivenVector(EmbedderKey Key, ReadOnlyMemory<float> Numbers);

/// <summary>
/// Stands for a model outside of the index: passages and queries bring their vectors along. One that comes without is of zeros,
/// and is found by its words alone.
/// </summary>
internal sealed class GivenEmbedder(EmbedderKey key) : IPassageEmbedder
{
    public EmbedderKey Key => key;

    private static readonly string s_weak = BuiltinModels.UseLite.ToString();

    /// <summary>
    /// A model that was made for it knows more of a text than which words it has. The built-in one was made for sentences and
    /// knows less than words do.
    /// </summary>
    public double DefaultWeight => key.ModelId == s_weak ? 0.1 : 0.5;

    /// <inheritdoc />
    public double EmbedPassages(Segment segment, IReadOnlyList<IndexPassage>? passages, VectorSink sink)
    {
        ArgumentNullException.ThrowIfNull(passages);
        var zeros = new float[key.Dimension];
        foreach (var passage in passages) sink(passage.Vector is { } vector ? vector.Numbers.Span : zeros);
        return passages.Count == 0 ? 0 : passages.Count(static one => one.Vector is null) / (double)passages.Count;
    }

    /// <summary>The index keeps the vectors of a model in files wherever they lie, for words do not make them anew.</summary>
    public void EmbedPassage(SegmentView view, int passage, Span<float> vector) => view.Vectors!.Row(passage).CopyTo(vector);

    /// <inheritdoc />
    public double EmbedQuery(ParsedQuery query, Span<float> vector)
    {
        if (query.Vector is not { } given || given.Key != key) return 1;
        given.Numbers.Span.CopyTo(vector);
        return 0;
    }
}
