using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Embedding;

/// <summary>What made a vector. Vectors are comparable if all three are the same, and never else.</summary>
/// <param name="ModelId">The model's name.</param>
/// <param name="Dimension">How many numbers a vector has.</param>
/// <param name="Revision">Which state of the model.</param>
internal sealed record EmbedderKey(string ModelId, int Dimension, string Revision)
{
    /// <summary>Whether a model outside of the index makes the vectors, and not the index itself.</summary>
    public bool IsGiven => ModelId != LsaBasis.Model;

    /// <summary>In one word, by which rows know it.</summary>
    public string Word => $"{ModelId}|{Dimension}|{Revision}";

    public override string ToString() => $"{ModelId} ({Dimension} dimensions, revision {Revision})";
}

/// <summary>Takes the vectors of passages, one after another.</summary>
internal delegate void VectorSink(ReadOnlySpan<float> vector);

/// <summary>Turns passages and queries into vectors of length one, or of zeros where nothing is known of a text.</summary>
internal interface IPassageEmbedder
{
    /// <summary>What the vectors are kept under.</summary>
    EmbedderKey Key { get; }

    /// <summary>How much the vectors count against words in ranking unless a base was calibrated, from 0 to 1.</summary>
    double DefaultWeight { get; }

    /// <summary>Gives the vectors of all passages of a segment, in their order.</summary>
    /// <param name="segment">The terms of the passages.</param>
    /// <param name="passages">Their texts; null where only their terms are known, as after a refit.</param>
    /// <param name="sink">Takes the vectors.</param>
    /// <returns>Which share of the passages' words the embedder knows nothing of, from 0 to 1.</returns>
    double EmbedPassages(Segment segment, IReadOnlyList<IndexPassage>? passages, VectorSink sink);

    /// <summary>Writes the vector of one passage, the same as <see cref="EmbedPassages"/> gave.</summary>
    void EmbedPassage(SegmentView view, int passage, Span<float> vector);

    /// <summary>Writes the vector of a query; gives which share of its words the embedder knows nothing of.</summary>
    double EmbedQuery(ParsedQuery query, Span<float> vector);
}
