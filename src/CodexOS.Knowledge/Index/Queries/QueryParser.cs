using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Knowledge.Index.Lexical;

namespace CodexOS.Knowledge.Index.Queries;

/// <summary>
/// Understands a query against the languages of a base. A short query rarely shows its language, so a word is looked for as
/// each of those languages would have indexed it.
/// </summary>
internal sealed class QueryParser(ImmutableArray<Language> languages, Synonyms synonyms, int termsMax)
{
    private const float OccurrencesCounted = 3;

    private readonly PassageAnalyzer _analyzer = new();

    /// <summary>Understands a query; null if nothing in it can be searched for.</summary>
    public ParsedQuery? Parse(string text, string? languageTag)
    {
        var among = LanguagesOf(text, languageTag);
        var clauses = QueryClauses.Of(text).ConvertAll(clause => (Clause: clause, Words: WordsOf(clause.Text, among)));
        var wanted = clauses.Where(static one => one.Clause.Kind != ClauseKind.Excluded).ToList();
        var wordCount = wanted.Sum(static one => one.Words.Length);
        if (wordCount == 0) return null;

        // In a long text quotes mark a title or a turn of speech; where they are most of the query they are meant.
        var quotesCount = wanted.Where(static one => one.Clause.IsPhrase).Sum(static one => one.Words.Length);
        var areQuotesMeant = 2 * quotesCount >= wordCount;
        var exactCount = quotesCount
            + wanted.Where(static one => !one.Clause.IsPhrase).Sum(static one => ExactCountOf(one.Clause.Text));
        var must = wanted
            .Where(one => one.Clause.Kind == ClauseKind.Required || (one.Clause.IsPhrase && areQuotesMeant)).ToList();
        var mustNot = clauses.Where(static one => one.Clause.Kind == ClauseKind.Excluded).ToList();
        var (terms, used) = Weigh(wanted, among);
        return new ParsedQuery
        {
            Terms = terms,
            Words = [.. wanted.SelectMany(static one => one.Words)],
            Required = [.. must.Where(static one => !one.Clause.IsPhrase).SelectMany(static one => one.Words)],
            Excluded = [.. mustNot.Where(static one => !one.Clause.IsPhrase).SelectMany(static one => one.Words)],
            Phrases = PhrasesOf(must),
            ExcludedPhrases = PhrasesOf(mustNot),
            IsExact = 2 * exactCount >= wordCount,
            Synonyms = used,
            Boosted =
            [
                .. wanted.Where(static one => one.Clause.Boost != 1 && one.Words.Length > 0)
                    .Select(static one => new BoostedWords(one.Clause.Text.Trim(), one.Words, one.Clause.Boost)),
            ],
        };
    }

    private static ImmutableArray<ImmutableArray<QueryWord>> PhrasesOf(
        List<(QueryClause Clause, ImmutableArray<QueryWord> Words)> clauses) =>
        [.. clauses.Where(static one => one.Clause.IsPhrase && one.Words.Length > 0).Select(static one => one.Words)];

    /// <summary>What is written counts first; what is looked for in its place has the room that is left.</summary>
    private (ImmutableArray<WeightedTerm> Terms, ImmutableArray<UsedSynonym> Used) Weigh(
        List<(QueryClause Clause, ImmutableArray<QueryWord> Words)> clauses, ImmutableArray<Language> among)
    {
        var weights = new OrderedDictionary<string, float>(StringComparer.Ordinal);
        foreach (var (clause, words) in clauses)
        {
            foreach (var term in words.SelectMany(static word => word.Terms)) Add(weights, term, (float)clause.Boost);
        }

        var used = ImmutableArray.CreateBuilder<UsedSynonym>();
        var written = weights.Count;
        foreach (var (clause, _) in clauses.Where(static one => !one.Clause.IsPhrase))
        {
            foreach (var synonym in synonyms.Of(clause.Text, among, _analyzer))
            {
                if (weights.Count >= termsMax) break;
                var words = WordsOf(synonym.Other, among);
                if (words.IsEmpty) continue;
                // A word that was asked for counts as that, whatever else it is a synonym of.
                var added = words.SelectMany(static word => word.Terms)
                    .Where(term => weights.IndexOf(term) is var place && (place < 0 || place >= written)).ToList();
                foreach (var term in added)
                    weights[term] = Math.Max(weights.GetValueOrDefault(term), synonym.Weight * (float)clause.Boost);
                used.Add(new UsedSynonym(synonym, WordsOf(synonym.Term, among), words, added.Count == 0));
            }
        }

        return ([.. weights.Take(termsMax).Select(static pair => new WeightedTerm(pair.Key, pair.Value))], used.ToImmutable());
    }

    private ImmutableArray<Language> LanguagesOf(string text, string? tag)
    {
        if (Languages.Of(tag) is { } given) return [given];
        if (languages.Length <= 1) return languages.IsEmpty ? [Language.None] : languages;
        var mask = languages.Aggregate(0, static (bits, language) => bits | Languages.Bit(language));
        var guess = LanguageGuess.Of(text, mask, scoreMin: 1);
        return guess == Language.None ? languages : [guess];
    }

    private ImmutableArray<QueryWord> WordsOf(string text, ImmutableArray<Language> among)
    {
        var tokens = TokensOf(text);
        var words = ImmutableArray.CreateBuilder<QueryWord>();
        foreach (var (token, position, kind) in tokens)
        {
            if (kind == TokenKind.Word)
            {
                var mask = StopWords.LanguagesOf(token);
                string[] stems =
                [
                    .. among.Where(language => (mask & Languages.Bit(language)) == 0)
                        .Select(language => _analyzer.StemOf(token, language).ToString())
                        .Distinct(StringComparer.Ordinal),
                ];
                if (stems.Length > 0) words.Add(new QueryWord(position, [.. stems]));
            }
            else if (kind != TokenKind.Single || !IsInPair(tokens, position))
            {
                words.Add(new QueryWord(position, [token]));
            }
        }

        return words.ToImmutable();
    }

    /// <summary>Single characters are asked for only where they stand alone.</summary>
    private static bool IsInPair(List<(string Text, int Position, TokenKind Kind)> tokens, int position) => tokens.Exists(
        one => one.Kind == TokenKind.Pair && (one.Position == position || one.Position == position - 1));

    /// <summary>How many of the words are identifiers or parts of one.</summary>
    private static int ExactCountOf(string text)
    {
        var tokens = TokensOf(text);
        var wholes = tokens.FindAll(static one => one.Kind == TokenKind.Identifier);
        return wholes.Count + tokens.Count(one => one.Kind is TokenKind.Word or TokenKind.Number
            && wholes.Exists(whole => one.Position >= whole.Position && whole.Text.Contains(one.Text, StringComparison.Ordinal)));
    }

    private static List<(string Text, int Position, TokenKind Kind)> TokensOf(string text)
    {
        var collector = new Collector();
        Tokenizer.Scan(text, 0, ref collector);
        return collector.Tokens;
    }

    /// <summary>A word that is repeated counts for more, but not without end.</summary>
    private static void Add(OrderedDictionary<string, float> weights, string term, float weight) => weights[term] =
        Math.Min(OccurrencesCounted * Math.Max(1, weight), weights.GetValueOrDefault(term) + weight);

    private struct Collector : ITokenSink
    {
        public Collector()
        {
        }

        public List<(string Text, int Position, TokenKind Kind)> Tokens { get; } = [];

        public readonly void Take(scoped ReadOnlySpan<char> token, int position, TokenKind kind) =>
            Tokens.Add((token.ToString(), position, kind));
    }
}
