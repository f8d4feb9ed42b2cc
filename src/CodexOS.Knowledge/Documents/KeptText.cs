using System.Collections.Immutable;
using System.Text;

namespace CodexOS.Knowledge.Documents;

/// <summary>
/// A document's text as it is kept in memory: a byte for each character where that is enough, which ISO 8859-1 is for most of
/// what is written in European languages, and UTF-16 otherwise.
/// </summary>
internal sealed class KeptText
{
    private readonly byte[]? _narrow;
    private readonly string? _wide;

    private KeptText(byte[]? narrow, string? wide, ImmutableArray<StoredPassage> passages) =>
        (_narrow, _wide, Passages) = (narrow, wide, passages);

    /// <summary>The passages, in order.</summary>
    public ImmutableArray<StoredPassage> Passages { get; }

    /// <summary>How long the text is, in UTF-16 code units.</summary>
    public int Length => _wide?.Length ?? _narrow!.Length;

    /// <summary>About how much memory it takes.</summary>
    public long SizeBytes => (_wide is null ? 1L : 2L) * Length + (100L * Passages.Length);

    /// <summary>Keeps a text.</summary>
    public static KeptText Of(StoredText text) => text.Text.AsSpan().ContainsAnyExceptInRange('\0', 'ÿ')
        ? new KeptText(null, text.Text, text.Passages)
        : new KeptText(Encoding.Latin1.GetBytes(text.Text), null, text.Passages);

    /// <summary>A stretch of the text.</summary>
    public string Part(int start, int length) =>
        _wide?.Substring(start, length) ?? Encoding.Latin1.GetString(_narrow!, start, length);

    /// <summary>A passage's own words.</summary>
    public string TextOf(StoredPassage passage) => Part((int)passage.Start, passage.Length);
}
