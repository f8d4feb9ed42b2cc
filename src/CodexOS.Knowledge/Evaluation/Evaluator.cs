using System.Diagnostics;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Search;
using CodexOS.Knowledge.Storage;
using CodexOS.Knowledge.Tuning;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Evaluation;

/// <summary>
/// Asks a base questions whose answers are known, in one way or several, and measures the rankings. What is measured is a
/// ranking of documents: each stands where the best of its passages does.
/// </summary>
internal sealed class Evaluator(BaseStore bases, IndexKeeper indexes, IDbContextFactory<KnowledgeDb> contexts)
{
    private const int DocumentsMax = 100;
    private const int PassagesMax = 400;
    private const int UnknownShown = 10;
    private const int NamesAtOnce = 500;

    /// <summary>Asks and measures.</summary>
    /// <param name="name">The base.</param>
    /// <param name="request">The questions, checked.</param>
    /// <param name="reader">Who asks; null finds every document of the base.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<KnowledgeEvaluation>> RunAsync(
        string name, EvaluateKnowledgeRequest request, UserId? reader, CancellationToken cancellationToken)
    {
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out var fault)) return fault;
        var questions = request.Questions!;
        if (questions.Any(static one => one.Relevant!.Values.Any(static grade => grade is < 0 or > 10)))
            return EvaluationFaults.BadGrade;
        SearchWay[] ways = [.. (request.Ways ?? SearchWays.All).Distinct()];
        var known = await DocumentsAsync(place, questions, reader, cancellationToken);
        var filter = new SearchFilter { Tags = reader is { } member ? [member.ToString()] : null };
        var without = TuningUse.Without(request.Synonyms, request.Boosts);
        var tallies = Array.ConvertAll(ways, static way => new Tally(way));
        var results = new List<QuestionEvaluation>(questions.Count);
        foreach (var question in questions)
        {
            var scores = new QuestionScore[ways.Length];
            for (var way = 0; way < ways.Length; way++)
            {
                var began = Stopwatch.GetTimestamp();
                var found = await FoundAsync(place, question.Text!, filter, ways[way], without, cancellationToken);
                var took = Stopwatch.GetElapsedTime(began);
                if (!found.TryGet(out var documents, out fault)) return fault;
                var grades = documents.ConvertAll(
                    id => known.TryGetValue(id, out var named) ? question.Relevant!.GetValueOrDefault(named) : 0);
                scores[way] = tallies[way].Take(grades, question.Relevant!.Values, took);
            }

            results.Add(new QuestionEvaluation(question.Id!, scores));
        }

        var unknown = questions.SelectMany(static one => one.Relevant!.Keys).ToHashSet(StringComparer.Ordinal);
        unknown.ExceptWith(known.Values);
        return new KnowledgeEvaluation(
            questions.Count, Array.ConvertAll(tallies, static tally => tally.Mean()), results, unknown.Count,
            [.. unknown.Order(StringComparer.Ordinal).Take(UnknownShown)]);
    }

    /// <summary>The named documents that can be found at all, with the names under which they are judged.</summary>
    private async Task<Dictionary<Guid, string>> DocumentsAsync(
        BaseRow place, IEnumerable<JudgedQuestion> questions, UserId? reader, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var known = new Dictionary<Guid, string>();
        var judged = questions.SelectMany(static one => one.Relevant!.Keys).Distinct(StringComparer.Ordinal);
        foreach (var names in judged.Chunk(NamesAtOnce))
        {
            var rows = await db.Documents.AsNoTracking()
                .Where(row => row.BaseId == place.BaseId && names.Contains(row.Name) && row.State == DocumentState.Indexed)
                .ToListAsync(cancellationToken);
            foreach (var row in rows.Where(row => reader is not { } member || DocumentAccess.MayRead(row, member)))
                known[row.DocumentId.Value] = row.Name;
        }

        return known;
    }

    /// <summary>The documents that are found, the best first. A question without a word that counts finds none.</summary>
    private async Task<Result<List<Guid>>> FoundAsync(
        BaseRow place, string text, SearchFilter filter, SearchWay way, LeftOut without, CancellationToken cancellationToken)
    {
        var query = new SearchQuery(text, filter, PassagesMax) { Channels = way.Channels() };
        var searched = await indexes.SearchAsync(place, query, without, cancellationToken);
        if (!searched.TryGet(out var result, out var fault))
            return fault.Code == IndexFaults.EmptyQuery.Code ? new List<Guid>() : fault;
        // What is measured while the store of the vectors is away says nothing of the way.
        if (result.VectorsFault is { } away) return away;
        return result.Hits.Select(static hit => hit.Key.Document).Distinct().Take(DocumentsMax).ToList();
    }

    private sealed class Tally(SearchWay way)
    {
        private readonly List<double> _times = [];
        private double _ndcg, _recall, _reciprocalRank;

        public QuestionScore Take(List<int> found, IReadOnlyCollection<int> relevant, TimeSpan took)
        {
            var ndcg = RetrievalMeasures.Ndcg(found, relevant);
            _times.Add(took.TotalMicroseconds);
            _ndcg += ndcg;
            _recall += RetrievalMeasures.Recall(found, relevant);
            _reciprocalRank += RetrievalMeasures.ReciprocalRank(found);
            return new QuestionScore(Math.Round(ndcg, 4), RetrievalMeasures.FirstPlace(found));
        }

        public WayEvaluation Mean() => new(
            way, Math.Round(_ndcg / _times.Count, 4), Math.Round(_recall / _times.Count, 4),
            Math.Round(_reciprocalRank / _times.Count, 4), (int)_times.Order().ElementAt(_times.Count / 2));
    }
}
