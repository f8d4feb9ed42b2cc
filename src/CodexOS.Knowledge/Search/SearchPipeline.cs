using System.Collections.Immutable;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Reranking;
using CodexOS.Knowledge.Storage;
using CodexOS.Knowledge.Tuning;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Search;

/// <summary>
/// A question to a knowledge base, from the caller's words to passages that can be cited:
/// 1. Authorize: what the caller may not read is not looked at.
/// 2. Search: words, with the synonyms of the base, words of the best passages, and vectors; fused on one scale, and raised or
///    lowered as the base says.
/// 3. Resolve: each hit becomes its words, its place in the file, and why it was found.
/// 4. Rank once more, where the base has a model for it; without its answer, passages stay as they were found.
/// </summary>
internal sealed class SearchPipeline(
    BaseStore bases, IndexKeeper indexes, DocumentTexts texts, PassageReranker reranker, IDbContextFactory<KnowledgeDb> contexts,
    IOptions<KnowledgeOptions> options, TimeProvider clock)
{
    /// <summary>Looks for passages.</summary>
    /// <param name="name">The base.</param>
    /// <param name="query">What is asked, checked.</param>
    /// <param name="reader">Who asks; null sees every document of the base.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<SearchAnswer>> SearchAsync(
        string name, KnowledgeQuery query, UserId? reader, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out var fault)) return fault;

        // 1. Authorize
        var filter = new SearchFilter
        {
            Tags = reader is { } member ? [member.ToString()] : null,
            Metadata = [.. query.Metadata.Select(static pair => new MetadataCondition(pair.Key, [.. pair.Value]))],
            From = query.From,
            Before = query.Before,
        };

        // 2. Search
        var byModel = query.Way == SearchWay.Hybrid ? place.Reranker : null;
        var asked = new SearchQuery(
            query.Text, filter, byModel is null ? query.Limit : Math.Max(query.Limit, reranker.PassagesMax))
        {
            Language = query.Language,
            Channels = query.Way.Channels(),
            TimeMax = options.Value.SearchTimeMax,
        };
        SearchResult result;
        List<FoundPassage> passages;
        for (var attempt = 1; ; attempt++)
        {
            if (!(await indexes.SearchAsync(place, asked, query.Without, cancellationToken)).TryGet(out result!, out fault))
                return fault;

            // 3. Resolve
            var resolving = await ResolveAsync(place, result.Hits, reader, cancellationToken);
            if (!resolving.TryGet(out var resolved, out fault)) return fault;
            passages = resolved.Passages;
            if (resolved.Gone.Count == 0 || attempt == 2) break;

            // Another server has deleted them; without them, others take their places.
            if (!(await indexes.PublishAsync(place, [], resolved.Gone, cancellationToken)).TryGet(out _, out fault)) return fault;
        }

        // 4. Rank once more
        var ranked = byModel is null
            ? new RerankedPassages(passages, Fault: null)
            : await reranker.RankAsync(byModel, query.Text, passages, cancellationToken);
        var reason = result.VectorsFault?.Code ?? (result.IsPartial ? "knowledge.time_limit" : null);
        return new SearchAnswer(
            [.. ranked.Passages.Take(query.Limit)], reason is not null, (int)clock.GetElapsedTime(began).TotalMicroseconds,
            reason)
        {
            RerankReason = ranked.Fault?.Code,
            Asked = result.Asked,
        };
    }

    private async Task<Result<ResolvedPassages>> ResolveAsync(
        BaseRow place, ImmutableArray<SearchHit> hits, UserId? reader, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var ids = hits.Select(static hit => new DocumentId(hit.Key.Document)).Distinct().ToList();
        var rows = await db.Documents.AsNoTracking()
            .Where(row => ids.Contains(row.DocumentId) && row.BaseId == place.BaseId)
            .ToDictionaryAsync(static row => row.DocumentId, cancellationToken);
        // Deleted, another content that has not been read yet, or other readers: what the index still says of it cannot be cited.
        var indexed = rows.Values.Where(row => row.State is DocumentState.Indexed
            && (reader is not { } member || DocumentAccess.MayRead(row, member))).ToList();
        if (!(await texts.ReadAsync(place, indexed, cancellationToken)).TryGet(out var read, out var fault)) return fault;
        var passages = new List<FoundPassage>(hits.Length);
        foreach (var hit in hits)
        {
            var id = new DocumentId(hit.Key.Document);
            if (!read.TryGetValue(id, out var text)) continue;
            var row = rows[id];
            if (hit.Key.Ordinal >= text.Passages.Length) continue;
            var passage = text.Passages[hit.Key.Ordinal];
            passages.Add(new FoundPassage(
                row.DocumentId, row.Name, row.Title, row.Version, PassagePlace.Of(passage, hit.Key.Ordinal), text.TextOf(passage),
                hit.Score, new PassageScores(hit.Lexical, hit.Feedback, hit.Dense), hit.MatchedTerms,
                DocumentAccess.MetadataOf(row))
            {
                Synonyms = hit.Synonyms,
                Boosts = hit.Boosts,
                Label = DocumentAccess.LabelOf(row),
            });
        }

        return new ResolvedPassages(
            passages, ids.FindAll(id => !rows.TryGetValue(id, out var row) || row.State is DocumentState.Failed));
    }

    /// <summary>Hits as passages.</summary>
    /// <param name="Passages">The passages.</param>
    /// <param name="Gone">The documents of hits that are not there any more, or could not be read in the end.</param>
    private sealed record ResolvedPassages(List<FoundPassage> Passages, List<DocumentId> Gone);
}

/// <summary>A question, checked.</summary>
/// <param name="Text">The words.</param>
/// <param name="Limit">How many passages at most.</param>
/// <param name="Metadata">Values of which a passage must have one, for each key.</param>
/// <param name="From">The earliest time of a document.</param>
/// <param name="Before">The time that a document must not reach.</param>
/// <param name="Language">The language of the words; guessed where it is not said.</param>
internal sealed record KnowledgeQuery(
    string Text, int Limit, IReadOnlyDictionary<string, string[]> Metadata, DateTimeOffset? From, DateTimeOffset? Before,
    string? Language)
{
    /// <summary>In which way passages are looked for.</summary>
    public SearchWay Way { get; init; } = SearchWay.Hybrid;

    /// <summary>What of the base's tuning does not count.</summary>
    public LeftOut Without { get; init; }
}
