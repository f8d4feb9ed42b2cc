using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Queries;

namespace CodexOS.Knowledge.Index.Fusion;

/// <summary>Tells of each hit of a search why it was found and what it owes its place to.</summary>
internal sealed class Explanation(PreparedSearch prepared, SearchBoosts boosts, DenseQuery? dense, Boosting? boosting)
{
    private readonly FieldScores? _fields =
        boosts.Fields == FieldWeights.Usual ? null : new FieldScores(prepared.Lexical, boosts.Fields);

    private readonly FieldScores? _expandedFields =
        boosts.Fields == FieldWeights.Usual || prepared.Expanded is null
            ? null
            : new FieldScores(prepared.Expanded, boosts.Fields);

    public SearchHit Of(RankedPassage one)
    {
        var (lexical, expanded) = (prepared.Lexical, prepared.Expanded);
        var matched = ImmutableArray.CreateBuilder<string>();
        var usual = 0;
        for (var term = 0; term < lexical.Terms.Count; term++)
        {
            var part = lexical.ScoreOf(one.View, term, one.Passage);
            usual += part;
            if (part > 0) matched.Add(lexical.Terms[term].Text);
        }

        var score = _fields?.ScoreOf(one.View, one.Passage) ?? usual;
        var feedback = _expandedFields?.ScoreOf(one.View, one.Passage) ?? expanded?.ScoreOf(one.View, one.Passage) ?? 0;
        var has = matched.ToHashSet(StringComparer.Ordinal);
        return new SearchHit(
            lexical.Snapshot.Views[one.View].Segment.KeyOf(one.Passage),
            one.Score,
            score / LexicalQuery.Scale,
            feedback / LexicalQuery.Scale,
            dense?.CosineOf(one.View, one.Passage) ?? 0,
            matched.ToImmutable())
        {
            Synonyms =
            [
                .. prepared.Parsed.Synonyms.Where(static used => !used.IsAsked).Select(used => Matched(used, has))
                    .OfType<MatchedSynonym>().Distinct(),
            ],
            Boosts =
            [
                .. prepared.Parsed.Boosted.Where(words => HasAny(words.Words, has))
                    .Select(static words => new AppliedBoost(BoostKind.Term, words.Text, words.Factor)),
                .. score != usual && usual > 0
                    ? [new AppliedBoost(BoostKind.Fields, "", (double)score / usual)]
                    : (IEnumerable<AppliedBoost>)[],
                .. boosting?.Of(one.View, one.Passage) ?? [],
            ],
        };
    }

    /// <summary>What stands in a passage in place of what was written; null if nothing of it does.</summary>
    private static MatchedSynonym? Matched(UsedSynonym used, HashSet<string> has)
    {
        if (!HasAny(used.Words, has)) return null;
        if (used.Words.All(word => word.Terms.Any(has.Contains)))
            return new MatchedSynonym(used.Synonym.Term, used.Synonym.Other);
        // Of a synonym of several words a passage may have some; then it is these that are told, as they are compared.
        var some = used.Words.Select(word => word.Terms.FirstOrDefault(has.Contains)).OfType<string>();
        return new MatchedSynonym(used.Synonym.Term, string.Join(' ', some));
    }

    private static bool HasAny(ImmutableArray<QueryWord> words, HashSet<string> has) =>
        words.Any(word => word.Terms.Any(has.Contains));
}
