using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Queries;

/// <summary>One word of a question, and how much it tells in this base.</summary>
/// <param name="Terms">The terms that it may be indexed as.</param>
/// <param name="Rarity">The inverse document frequency of the commonest of them.</param>
/// <param name="IsKnown">Whether any passage has it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AskedWord(ImmutableArray<string> Terms, double Rarity, bool IsKnown);

/// <summary>
/// The words of a question as the base knows them. Tells of any text how much of what was asked it speaks of: words that few
/// passages have count for more than those that stand everywhere.
/// </summary>
internal sealed class AskedWords
{
    private const int WordsMax = 64;

    private readonly ImmutableArray<Substitute> _substitutes;
    private readonly ImmutableArray<Language> _languages;
    private readonly double _sum;

    private AskedWords(
        ImmutableArray<AskedWord> words, ImmutableArray<Substitute> substitutes, ImmutableArray<Language> languages)
    {
        (Words, _substitutes, _languages) = (words, substitutes, languages.IsEmpty ? [Language.None] : languages);
        _sum = words.Sum(static word => word.Rarity);
    }

    /// <summary>The words, in order, each once.</summary>
    public ImmutableArray<AskedWord> Words { get; }

    /// <summary>The words of a query over one generation of an index.</summary>
    public static AskedWords Of(Snapshot snapshot, ParsedQuery query)
    {
        var words = ImmutableArray.CreateBuilder<AskedWord>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var word in query.Words)
        {
            if (!seen.Add(word.Terms[0]) || words.Count == WordsMax) continue;
            var count = word.Terms.Max(term => CountOf(snapshot, term));
            words.Add(new AskedWord(word.Terms, Bm25.Rarity(snapshot.PassageCount, count), count > 0));
        }

        var substitutes = SubstitutesOf(query, words);
        foreach (var one in substitutes)
        {
            var count = one.Words.Min(word => word.Max(term => CountOf(snapshot, term)));
            for (var i = 0; i < words.Count && count > 0; i++)
            {
                if ((one.For >> i & 1) != 0 && !words[i].IsKnown)
                    words[i] = words[i] with { IsKnown = true, Rarity = Bm25.Rarity(snapshot.PassageCount, count) };
            }
        }

        return new AskedWords(words.ToImmutable(), substitutes, snapshot.Languages);
    }

    /// <summary>What says the same as some of the words: a synonym, all of whose words must be there.</summary>
    private static ImmutableArray<Substitute> SubstitutesOf(ParsedQuery query, ImmutableArray<AskedWord>.Builder words)
    {
        var substitutes = ImmutableArray.CreateBuilder<Substitute>();
        var places = 0;
        foreach (var synonym in query.Synonyms)
        {
            if (places + synonym.Words.Length > WordsMax) break;
            var terms = synonym.Written.SelectMany(static word => word.Terms).ToHashSet(StringComparer.Ordinal);
            var stands = 0UL;
            for (var i = 0; i < words.Count; i++)
            {
                if (words[i].Terms.Any(terms.Contains)) stands |= 1UL << i;
            }

            if (stands == 0) continue;
            substitutes.Add(new Substitute(stands, places, [.. synonym.Words.Select(static word => word.Terms)]));
            places += synonym.Words.Length;
        }

        return substitutes.ToImmutable();
    }

    /// <summary>Makes what looks for the words in texts; not for several threads at once.</summary>
    public Reader Open() => new(this);

    /// <summary>Which share of what was asked a set of its words is, from 0 to 1.</summary>
    public double ShareOf(ulong found)
    {
        if (_sum <= 0) return 0;
        var sum = 0d;
        for (var i = 0; i < Words.Length; i++)
        {
            if ((found >> i & 1) != 0) sum += Words[i].Rarity;
        }

        return sum / _sum;
    }

    private static long CountOf(Snapshot snapshot, string term)
    {
        var name = Encoding.UTF8.GetBytes(term);
        var count = 0L;
        foreach (var view in snapshot.Views)
        {
            var number = view.Segment.FindTerm(name);
            if (number >= 0) count += view.CountWith(number);
        }

        return count;
    }

    /// <summary>Looks for the words of a question in texts.</summary>
    internal sealed class Reader : ITermSink
    {
        private readonly PassageAnalyzer _analyzer = new();
        private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
        private readonly Dictionary<string, ulong> _otherPlaces = new(StringComparer.Ordinal);
        private readonly ImmutableArray<Substitute> _substitutes;
        private readonly ImmutableArray<Language> _languages;
        private ulong _found, _others;

        public Reader(AskedWords asked)
        {
            (_languages, _substitutes) = (asked._languages, asked._substitutes);
            foreach (var one in _substitutes)
            {
                foreach (var (at, word) in one.Words.Index())
                {
                    foreach (var term in word)
                        _otherPlaces[term] = _otherPlaces.GetValueOrDefault(term) | (1UL << (one.Place + at));
                }
            }

            for (var i = 0; i < asked.Words.Length; i++)
            {
                foreach (var term in asked.Words[i].Terms) _places.TryAdd(term, i);
            }
        }

        /// <summary>Which of the words a text has, as bits.</summary>
        public ulong FindIn(ReadOnlySpan<char> text)
        {
            (_found, _others) = (0, 0);
            // A sentence rarely shows its language, so it is read in each of those that the base has.
            foreach (var language in _languages) _analyzer.Analyze(text, language, 0, this);
            foreach (var one in _substitutes)
            {
                if ((_others & one.Places) == one.Places) _found |= one.For;
            }

            return _found;
        }

        public void Take(scoped ReadOnlySpan<char> term, int position)
        {
            if (_places.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(term, out var place)) _found |= 1UL << place;
            if (_otherPlaces.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(term, out var others)) _others |= others;
        }
    }

    /// <summary>What says the same as some of the words.</summary>
    /// <param name="For">Those words, as bits.</param>
    /// <param name="Place">The first of its own words among those of all substitutes.</param>
    /// <param name="Words">Its words: of each the terms that it may be indexed as.</param>
    private sealed record Substitute(ulong For, int Place, ImmutableArray<ImmutableArray<string>> Words)
    {
        /// <summary>Its words, as bits among those of all substitutes.</summary>
        public ulong Places { get; } = (Words.Length == WordsMax ? ulong.MaxValue : (1UL << Words.Length) - 1) << Place;
    }
}
