using System.Collections.Immutable;
using CodexOS.Knowledge.Extraction;

namespace CodexOS.Knowledge.Chunking;

/// <summary>
/// The unit that is searched and cited: a stretch of a document's text, small enough to be read whole and cut where the
/// document itself pauses.
/// </summary>
/// <param name="Ordinal">Its position among the passages of its document, from zero.</param>
/// <param name="Start">Where it begins in the document's text, in UTF-16 code units.</param>
/// <param name="Text">Exactly the document's text from <paramref name="Start"/> on.</param>
/// <param name="Headings">The headings it stands under, outermost first; not part of <paramref name="Text"/>.</param>
/// <param name="From">Where its first block stands in the file.</param>
/// <param name="To">Where its last block stands in the file.</param>
internal sealed record Passage(
    int Ordinal, long Start, string Text, ImmutableArray<string> Headings, Place? From, Place? To);
