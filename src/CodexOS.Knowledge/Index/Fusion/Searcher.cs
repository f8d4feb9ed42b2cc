using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index.Fusion;

/// <summary>
/// One search over one generation: understand the query → who and what may be found → by words → by the words of what was
/// found → by vectors → one ranking, with the boosts of the base → why.
/// </summary>
internal sealed class Searcher(Snapshot snapshot, IndexOptions options)
{
    /// <summary>So many of each channel are ranked together at least.</summary>
    private const int DepthMin = 100;

    /// <summary>Searches; with another weight of the vectors than the base's, if one is given.</summary>
    public Result<SearchResult> Search(SearchQuery query, SearchLimits limits, double? denseWeight = null)
    {
        if (!Prepare(query, limits, denseWeight).TryGet(out var prepared, out var fault)) return fault;

        // 4. By vectors.
        return Rank(prepared, prepared.Dense?.Search(prepared.Allowed, prepared.Depth, limits));
    }

    /// <summary>A search up to where vectors are looked at.</summary>
    public Result<PreparedSearch> Prepare(SearchQuery query, SearchLimits limits, double? denseWeight = null)
    {
        // 1. What is asked for.
        var parsed = new QueryParser(snapshot.Languages, query.Synonyms, options.QueryTermsMax)
            .Parse(query.Text, query.Language);
        if (parsed is null) return IndexFaults.EmptyQuery;
        parsed = parsed with { Vector = query.Vector };

        // 2. What may be found.
        var allowed = Allowed(query.Filter, parsed, limits);

        // 3. By the words of the query, and by those of the best passages.
        var isBoosted = !query.Boosts.IsNone;
        var depth = Math.Max(isBoosted ? Boosting.CandidatesMin : DepthMin, query.PassagesMax);
        var lexical = new LexicalQuery(snapshot, parsed.Terms);
        var needsMore = !parsed.IsExact && query.Channels != Channels.Lexical;
        var byWords = Scan(lexical, allowed, needsMore || isBoosted ? depth : query.PassagesMax, limits);
        var expanded = needsMore && query.Channels.HasFlag(Channels.Feedback) ? Feedback.Expand(lexical, byWords) : null;
        var byFeedback = expanded is null ? null : Scan(expanded, allowed, depth, limits);

        var weight = parsed.IsExact || !query.Channels.HasFlag(Channels.Dense) ? 0 : denseWeight ?? snapshot.DenseWeight;
        var dense = weight > 0 ? DenseQuery.Of(snapshot, parsed) : null;
        return new PreparedSearch(query, parsed, limits, allowed, depth, lexical, expanded, byWords, byFeedback, dense, weight);
    }

    /// <summary>The rest of a search, with the nearest passages; null if nothing is known of them.</summary>
    public SearchResult Rank(PreparedSearch prepared, List<NearInView>? byVectors)
    {
        var (query, lexical, expanded) = (prepared.Query, prepared.Lexical, prepared.Expanded);
        var (byWords, weight) = (prepared.ByFeedback ?? prepared.ByWords, prepared.Weight);
        // Who asks for vectors alone, to compare, is not given words in place of them.
        if (!query.Channels.HasFlag(Channels.Lexical)) (byWords, byVectors, weight) = ([], byVectors ?? [], 1);
        var dense = byVectors is null ? null : prepared.Dense;

        // 5. By where the words stand, where the base wants that.
        var fields = query.Boosts.Fields == FieldWeights.Usual ? null : new FieldScores(expanded ?? lexical, query.Boosts.Fields);
        if (fields is not null) byWords = ByFields(byWords, fields);

        // 6. One ranking, raised and lowered by what is known of the documents, and what each hit owes its place to.
        var boosting = query.Boosts.IsNone ? null : new Boosting(snapshot, query.Boosts);
        var ranked = new Ranking(expanded ?? lexical, fields, dense, weight, boosting).Of(byWords, byVectors, query.PassagesMax);
        var why = new Explanation(prepared, query.Boosts, dense, boosting);
        return new SearchResult(
            [.. ranked.Select(why.Of)], snapshot.Manifest.Generation, prepared.Limits.IsOver,
            AskedWords.Of(snapshot, prepared.Parsed));
    }

    private ulong[][] Allowed(SearchFilter filter, ParsedQuery parsed, SearchLimits limits)
    {
        var sets = new FilterSets(filter);
        var allowed = new ulong[snapshot.Views.Length][];
        for (var view = 0; view < allowed.Length; view++)
        {
            allowed[view] = sets.Of(snapshot.Views[view]);
            WordSets.Narrow(allowed[view], snapshot.Views[view].Segment, parsed, limits);
        }

        return allowed;
    }

    private List<ScoredPassage> Scan(LexicalQuery query, ulong[][] allowed, int countMax, SearchLimits limits)
    {
        var top = new TopPassages(snapshot, countMax);
        var scan = new SegmentScan();
        for (var view = 0; view < allowed.Length; view++) scan.Run(query, view, allowed[view], top, limits);
        return top.Sorted();
    }

    private List<ScoredPassage> ByFields(List<ScoredPassage> found, FieldScores fields)
    {
        var top = new TopPassages(snapshot, Math.Max(1, found.Count));
        foreach (var one in found) top.Add(one.View, one.Passage, fields.ScoreOf(one.View, one.Passage));
        return top.Sorted();
    }
}

/// <summary>A search up to where vectors are looked at.</summary>
/// <param name="Query">What is asked.</param>
/// <param name="Parsed">The same as it was understood.</param>
/// <param name="Limits">How long it may take.</param>
/// <param name="Allowed">What may be found, for each segment.</param>
/// <param name="Depth">How many of each channel are ranked together.</param>
/// <param name="Lexical">The words.</param>
/// <param name="Expanded">The words with those of the best passages; null where that was not done.</param>
/// <param name="ByWords">What the words found.</param>
/// <param name="ByFeedback">What the others found.</param>
/// <param name="Dense">The vector; null if none is needed, or none would mean something.</param>
/// <param name="Weight">How much vectors count.</param>
internal sealed record PreparedSearch(
    SearchQuery Query, ParsedQuery Parsed, SearchLimits Limits, ulong[][] Allowed, int Depth, LexicalQuery Lexical,
    LexicalQuery? Expanded, List<ScoredPassage> ByWords, List<ScoredPassage>? ByFeedback, DenseQuery? Dense, double Weight);

/// <summary>What somebody else found by a vector.</summary>
/// <param name="Found">The nearest first; null if nothing is known of them.</param>
/// <param name="Fault">Why they are not known, or not all.</param>
internal sealed record Nearest(List<NearInView>? Found, Fault? Fault);
