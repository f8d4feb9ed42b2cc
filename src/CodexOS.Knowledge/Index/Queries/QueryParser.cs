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
        var clauses = QueryClauses.Of(text);
        var isEmpty = clauses.TrueForAll(clause => clause.Kind == ClauseKind.Excluded || WordsOf(clause.Text, among).Words.Count == 0);
        if (isEmpty) return null;
        var weights = new OrderedDictionary<string, float>(StringComparer.Ordinal);
        var (required, excluded) = (new List<QueryWord>(), new List<QueryWord>());
        var (phrases, excludedPhrases) = (new List<ImmutableArray<QueryWord>>(), new List<ImmutableArray<QueryWord>>());
        var isExact = false;
        foreach (var clause in clauses)
        {
            var (words, hasIdentifier) = WordsOf(clause.Text, among);
            var isPhrase = clause.IsPhrase && words.Count > 1;
            if (clause.Kind == ClauseKind.Excluded)
            {
                if (isPhrase) excludedPhrases.Add([.. words]);
                else excluded.AddRange(words);
                continue;
            }

            if (isPhrase) phrases.Add([.. words]);
            else if (clause.Kind == ClauseKind.Required || clause.IsPhrase) required.AddRange(words);
            isExact |= hasIdentifier || clause.IsPhrase;
            foreach (var word in words)
            {
                foreach (var term in word.Terms) Add(weights, term, 1);
            }

            if (!clause.IsPhrase) AddSynonyms(weights, clause.Text, among);
        }

        return new ParsedQuery
        {
            Terms = [.. weights.Take(termsMax).Select(static pair => new WeightedTerm(pair.Key, pair.Value))],
            Required = [.. required],
            Excluded = [.. excluded],
            Phrases = [.. phrases],
            ExcludedPhrases = [.. excludedPhrases],
            IsExact = isExact,
            PlainText = string.Join(' ', clauses.Where(static one => one.Kind != ClauseKind.Excluded).Select(static one => one.Text)),
        };
    }

    private ImmutableArray<Language> LanguagesOf(string text, string? tag)
    {
        if (Languages.Of(tag) is { } given) return [given];
        if (languages.Length <= 1) return languages.IsEmpty ? [Language.None] : languages;
        var mask = languages.Aggregate(0, static (bits, language) => bits | Languages.Bit(language));
        var guess = LanguageGuess.Of(text, mask, scoreMin: 1);
        return guess == Language.None ? languages : [guess];
    }

    private (List<QueryWord> Words, bool HasIdentifier) WordsOf(string text, ImmutableArray<Language> among)
    {
        var collector = new Collector();
        Tokenizer.Scan(text, 0, ref collector);
        var words = new List<QueryWord>();
        foreach (var (token, position, kind) in collector.Tokens)
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
            else if (kind != TokenKind.Single || !collector.HasPairAround(position))
            {
                words.Add(new QueryWord(position, [token]));
            }
        }

        return (words, collector.Tokens.Exists(static one => one.Kind == TokenKind.Identifier));
    }

    private void AddSynonyms(OrderedDictionary<string, float> weights, string text, ImmutableArray<Language> among)
    {
        foreach (var (synonym, weight) in synonyms.Of(text))
        {
            foreach (var term in WordsOf(synonym, among).Words.SelectMany(static word => word.Terms))
            {
                if (!weights.ContainsKey(term)) Add(weights, term, weight);
            }
        }
    }

    private static void Add(OrderedDictionary<string, float> weights, string term, float weight) =>
        weights[term] = Math.Min(OccurrencesCounted, weights.GetValueOrDefault(term) + weight);

    private struct Collector : ITokenSink
    {
        public Collector()
        {
        }

        public List<(string Text, int Position, TokenKind Kind)> Tokens { get; } = [];

        public readonly void Take(scoped ReadOnlySpan<char> token, int position, TokenKind kind) =>
            Tokens.Add((token.ToString(), position, kind));

        /// <summary>Single characters are asked for only where they stand alone.</summary>
        public readonly bool HasPairAround(int position) => Tokens.Exists(
            one => one.Kind == TokenKind.Pair && (one.Position == position || one.Position == position - 1));
    }
}
