using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace CodexOS.Knowledge.Index.Analysis;

/// <summary>Two ways to say one thing.</summary>
/// <param name="Term">What is written in a query.</param>
/// <param name="Other">What is looked for as well.</param>
/// <param name="Weight">How much it counts against what was written, above 0 and up to 1.</param>
internal sealed record Synonym(string Term, string Other, float Weight = Synonym.WeightDefault)
{
    /// <summary>The weight of a synonym that does not say its own.</summary>
    public const float WeightDefault = 0.5f;
}

/// <summary>
/// The synonyms of a base. They are found by the stems of their words, so that one form of a word stands for the others, in each
/// language that a query may be in.
/// </summary>
internal sealed class Synonyms
{
    private readonly ImmutableArray<(Synonym Synonym, ImmutableArray<Token> Tokens)> _all;
    private readonly ConcurrentDictionary<Language, Table> _tables = new();
    private readonly int _tokensMax;

    public Synonyms(IEnumerable<Synonym> synonyms)
    {
        _all =
        [
            .. synonyms.Select(static one => (Synonym: one, Tokens: TokensOf(one.Term)))
                .Where(static one => !one.Tokens.IsEmpty),
        ];
        _tokensMax = _all.IsEmpty ? 0 : _all.Max(static one => one.Tokens.Length);
    }

    public static Synonyms None { get; } = new([]);

    /// <summary>How many words the search sees in a text; none of them counts where a text has none.</summary>
    public static int CountOf(string text) => TokensOf(text).Length;

    /// <summary>What else to look for with a text, each synonym once.</summary>
    public IReadOnlyList<Synonym> Of(string text, ImmutableArray<Language> among, PassageAnalyzer analyzer)
    {
        if (_all.IsEmpty) return [];
        var tokens = TokensOf(text);
        var found = new List<Synonym>();
        var seen = new HashSet<Synonym>(ReferenceEqualityComparer.Instance);
        foreach (var language in among)
        {
            var table = _tables.GetOrAdd(language, static (wanted, self) => self.TableOf(wanted), this);
            var stems = StemsOf(tokens, language, analyzer);
            for (var start = 0; start < stems.Length; start++)
            {
                if (!table.Beginnings.Contains(stems[start])) continue;
                for (var count = 1; count <= _tokensMax && start + count <= stems.Length; count++)
                {
                    if (table.ByStems.TryGetValue(KeyOf(stems.AsSpan(start, count)), out var some))
                        found.AddRange(some.Where(seen.Add));
                }
            }
        }

        return found;
    }

    private Table TableOf(Language language)
    {
        var analyzer = new PassageAnalyzer();
        var stems = _all.Select(one => (one.Synonym, Stems: StemsOf(one.Tokens, language, analyzer))).ToList();
        return new Table(
            stems.Select(static one => one.Stems[0]).ToFrozenSet(StringComparer.Ordinal),
            stems.GroupBy(static one => KeyOf(one.Stems), static one => one.Synonym, StringComparer.Ordinal)
                .ToFrozenDictionary(static group => group.Key, static group => group.ToImmutableArray(), StringComparer.Ordinal));
    }

    private static string KeyOf(ReadOnlySpan<string> stems) => string.Join(' ', stems);

    private static string[] StemsOf(ImmutableArray<Token> tokens, Language language, PassageAnalyzer analyzer) =>
        [.. tokens.Select(token => token.IsWord ? analyzer.StemOf(token.Text, language).ToString() : token.Text)];

    private static ImmutableArray<Token> TokensOf(string text)
    {
        var tokens = new Tokens();
        Tokenizer.Scan(text, 0, ref tokens);
        return [.. tokens.All];
    }

    private sealed record Table(FrozenSet<string> Beginnings, FrozenDictionary<string, ImmutableArray<Synonym>> ByStems);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Token(string Text, bool IsWord);

    private struct Tokens : ITokenSink
    {
        public Tokens()
        {
        }

        public List<Token> All { get; } = [];

        public readonly void Take(scoped ReadOnlySpan<char> token, int position, TokenKind kind)
        {
            if (kind is TokenKind.Word or TokenKind.Number or TokenKind.Single)
                All.Add(new Token(token.ToString(), kind == TokenKind.Word));
            else if (kind == TokenKind.Identifier && token[^1] is '+' or '#')
            {
                // C++ is not C: the signs belong to the letter before them.
                All[^1] = new Token(token.ToString(), IsWord: false);
            }
        }
    }
}
