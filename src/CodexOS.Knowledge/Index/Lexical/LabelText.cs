using System.Collections.Immutable;

namespace CodexOS.Knowledge.Index.Lexical;

/// <summary>How the readers and the metadata of a passage are written in one line each, and read again.</summary>
internal static class LabelText
{
    private const char Between = '\u001F';
    private const char After = '\u001E';

    /// <summary>Whether a text can be a tag, a key or a value.</summary>
    public static bool IsUsable(string text) => text.AsSpan().IndexOfAny(Between, After) < 0;

    public static string OfReaders(ImmutableArray<string> readers) =>
        readers.IsDefaultOrEmpty
            ? ""
            : string.Concat(readers.Distinct().Order(StringComparer.Ordinal).Select(tag => tag + After));

    /// <summary>The readers again.</summary>
    public static ImmutableArray<string> ReadersOf(string readers) =>
        [.. readers.Split(After, StringSplitOptions.RemoveEmptyEntries)];

    public static string OfMetadata(ImmutableSortedDictionary<string, string>? metadata) =>
        metadata is null ? "" : string.Concat(metadata.Select(static pair => OfPair(pair.Key, pair.Value)));

    /// <summary>How one pair of metadata is written.</summary>
    public static string OfPair(string key, string value) => key + Between + value + After;

    /// <summary>Whether metadata have a pair, given as it is written.</summary>
    public static bool HasPair(string metadata, string pair)
    {
        for (var at = 0; (at = metadata.IndexOf(pair, at, StringComparison.Ordinal)) >= 0; at++)
        {
            // Elsewhere it is the end of a longer key.
            if (at == 0 || metadata[at - 1] == After) return true;
        }

        return false;
    }

    /// <summary>Whether a caller with these tags may read what has these readers.</summary>
    public static bool MayRead(string readers, ImmutableHashSet<string> tags)
    {
        if (readers.Length == 0) return true;
        foreach (var tag in readers.Split(After, StringSplitOptions.RemoveEmptyEntries))
        {
            if (tags.Contains(tag)) return true;
        }

        return false;
    }

    /// <summary>Whether metadata have one of the values under the key.</summary>
    public static bool Has(string metadata, string key, ImmutableArray<string> values)
    {
        foreach (var pair in metadata.Split(After, StringSplitOptions.RemoveEmptyEntries))
        {
            var between = pair.IndexOf(Between, StringComparison.Ordinal);
            if (pair.AsSpan(0, between).SequenceEqual(key) && values.Contains(pair[(between + 1)..])) return true;
        }

        return false;
    }
}
