using System.Collections.Immutable;
using System.Runtime.InteropServices;
using CodexOS.Knowledge.Chunking;
using CodexOS.Knowledge.Index.Embedding;

namespace CodexOS.Knowledge.Index;

/// <summary>A passage as it is put into the index. Its text is analysed and not kept.</summary>
/// <param name="Document">The document it belongs to.</param>
/// <param name="Passage">The text, with the headings it stands under.</param>
/// <param name="Title">The document's title, which counts for more than the text.</param>
/// <param name="Readers">Who may find it: anyone with one of these tags; everybody if there is none.</param>
/// <param name="Metadata">What can be filtered by.</param>
/// <param name="Time">When it was written or applies, to filter by; not found by time without one.</param>
/// <param name="Language">The tag of its language, as <c>de</c>; guessed from the text without one.</param>
internal sealed record IndexPassage(
    Guid Document,
    Passage Passage,
    string Title,
    ImmutableArray<string> Readers,
    ImmutableSortedDictionary<string, string> Metadata,
    DateTimeOffset? Time = null,
    string? Language = null)
{
    /// <summary>Its vector, where a model outside of the index makes them.</summary>
    public GivenVector? Vector { get; init; }
}

/// <summary>What names a passage: its document and its position in it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PassageKey(Guid Document, int Ordinal) : IComparable<PassageKey>
{
    public int CompareTo(PassageKey other)
    {
        var byDocument = Document.CompareTo(other.Document);
        return byDocument != 0 ? byDocument : Ordinal.CompareTo(other.Ordinal);
    }
}
