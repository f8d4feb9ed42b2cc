using CodexOS.Knowledge.Index.Analysis.Stemming;

namespace CodexOS.Knowledge.Index.Analysis;

/// <summary>Takes the terms that a text is found by.</summary>
internal interface ITermSink
{
    /// <summary>Takes one term; its characters are gone after the call.</summary>
    void Take(scoped ReadOnlySpan<char> term, int position);
}

/// <summary>
/// Turns the text of passages into terms: tokens without the stop words of the language, stemmed. Remembers the stems of
/// words it has seen, since texts repeat their words; not for several threads at once.
/// </summary>
internal sealed class PassageAnalyzer
{
    private const int RememberedMax = 200_000;

    private readonly Dictionary<string, string>?[] _stems = new Dictionary<string, string>?[Languages.Count];

    /// <summary>Gives the terms of a text to a sink; returns the position after the last.</summary>
    public int Analyze<TSink>(ReadOnlySpan<char> text, Language language, int position, TSink sink)
        where TSink : class, ITermSink
    {
        var adapter = new Adapter<TSink>(this, language, sink);
        return Tokenizer.Scan(text, position, ref adapter);
    }

    /// <summary>The stem of a folded word.</summary>
    public ReadOnlySpan<char> StemOf(ReadOnlySpan<char> word, Language language)
    {
        if (language == Language.None) return word;
        var stems = _stems[(int)language] ??= new Dictionary<string, string>(StringComparer.Ordinal);
        var lookup = stems.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(word, out var known)) return known;
        Span<char> buffer = stackalloc char[Tokenizer.WordLengthMax + Stemmer.SpareLength];
        word.CopyTo(buffer);
        var stem = buffer[..Stemmer.Apply(language, buffer, word.Length)].ToString();
        if (stems.Count >= RememberedMax) stems.Clear();
        lookup[word] = stem;
        return stem;
    }

    private readonly struct Adapter<TSink>(PassageAnalyzer analyzer, Language language, TSink sink) : ITokenSink
        where TSink : class, ITermSink
    {
        public void Take(scoped ReadOnlySpan<char> token, int position, TokenKind kind)
        {
            if (kind != TokenKind.Word) sink.Take(token, position);
            else if ((StopWords.LanguagesOf(token) & Languages.Bit(language)) == 0)
                sink.Take(analyzer.StemOf(token, language), position);
        }
    }
}
