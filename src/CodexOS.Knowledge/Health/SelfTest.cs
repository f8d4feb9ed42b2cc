using System.Diagnostics;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Index.Fusion;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Search;
using CodexOS.Knowledge.Storage;
using CodexOS.Knowledge.Tuning;
using CodexOS.Platform.Faults;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Health;

/// <summary>Asks a base what it is known to hold, and tells how well it answers.</summary>
internal sealed class SelfTest(
    BaseStore bases, DocumentTexts texts, IndexKeeper indexes, IDbContextFactory<KnowledgeDb> contexts)
{
    private const int QuestionsMax = 100;
    private const int PlacesMax = 10;
    private const double FoundShareMin = 0.8;
    private const double LossMax = 0.05;
    private const int QuestionsMin = 10;

    /// <summary>Tests a base. It takes about two searches for each of up to a hundred documents.</summary>
    public async Task<Result<KnowledgeHealth>> RunAsync(string name, CancellationToken cancellationToken)
    {
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out var fault)) return fault;
        if (!(await bases.GetAsync(name, cancellationToken)).TryGet(out var counts, out fault)) return fault;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        // By fingerprint is by chance, and each time the same as long as the documents are.
        var rows = await db.Documents.AsNoTracking()
            .Where(row => row.BaseId == place.BaseId && row.State == DocumentState.Indexed && row.PassagesCount > 0)
            .OrderBy(static row => row.Fingerprint).Take(QuestionsMax).ToListAsync(cancellationToken);
        var tally = new Tally();
        foreach (var row in rows)
        {
            if (!(await texts.ReadAsync(place, row, cancellationToken)).TryGet(out var text, out _)) continue;
            var seed = (int)XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(row.Fingerprint));
            if (KnownItems.Of(row.DocumentId, text, seed) is not { } item) continue;
            var began = Stopwatch.GetTimestamp();
            var all = await PlaceAsync(place, item, Channels.All, tally, cancellationToken);
            var took = Stopwatch.GetElapsedTime(began);
            if (!all.TryGet(out var found, out fault)) return fault;
            var words = await PlaceAsync(place, item, Channels.Lexical, tally, cancellationToken);
            if (!words.TryGet(out var byWords, out fault)) return fault;
            tally.Take(found, byWords, took);
        }

        var model = place.Embedder?.Word;
        var withoutVectors = model is null ? 0 : await db.Documents.CountAsync(
            row => row.BaseId == place.BaseId && row.State == DocumentState.Indexed && row.PassagesCount > 0
                && row.VectorsKey != model,
            cancellationToken);
        return Tell(counts, tally, indexes.MaintenanceFaultOf(place.BaseId), withoutVectors);
    }

    /// <summary>The place of the passage among those that are found, from one; 0 if it is not there.</summary>
    private async Task<Result<int>> PlaceAsync(
        BaseRow place, KnownItem item, Channels channels, Tally tally, CancellationToken cancellationToken)
    {
        var query = new SearchQuery(item.Query, SearchFilter.Everything, PlacesMax) { Channels = channels };
        var searched = await indexes.SearchAsync(place, query, LeftOut.None, cancellationToken);
        if (!searched.TryGet(out var result, out var fault)) return fault;
        tally.VectorsFault ??= result.VectorsFault;
        for (var i = 0; i < result.Hits.Length; i++)
        {
            // Passages overlap, so the one before or after may hold the sentence as well.
            var key = result.Hits[i].Key;
            if (key.Document == item.Answer.Document && Math.Abs(key.Ordinal - item.Answer.Ordinal) <= 1) return i + 1;
        }

        return 0;
    }

    private static KnowledgeHealth Tell(KnowledgeBase counts, Tally tally, Fault? maintenance, int withoutVectors)
    {
        var findings = new List<HealthFinding>();
        void Find(bool isSo, string code, string message)
        {
            if (isSo) findings.Add(new HealthFinding(code, message));
        }

        var questions = tally.Questions;
        Find(counts.Failed > 0, "documents_failed",
            $"Documents that could not be read: {counts.Failed}. Each says why: codexos kb docs {counts.Name} --state failed");
        Find(counts.Pending > 0, "documents_waiting",
            $"Documents that have not been read yet: {counts.Pending}. Start an ingestion: codexos kb sync {counts.Name}");
        if (maintenance is { } fault) findings.Add(new HealthFinding(fault.Code, fault.Message));
        if (tally.VectorsFault is { } unasked) findings.Add(new HealthFinding(unasked.Code, unasked.Message));
        Find(withoutVectors > 0, "without_vectors",
            $"Documents that are found by their words alone: {withoutVectors}. Have their vectors made: "
            + $"codexos kb embed {counts.Name} {counts.Model}");
        Find(questions == 0, "nothing_to_ask", "No document has a sentence to ask for.");
        Find(questions >= QuestionsMin && tally.FoundInTen < FoundShareMin * questions, "not_found",
            $"{questions - tally.FoundInTen} of {questions} questions did not find the passage that they were made of. Documents that "
            + $"repeat each other, or that are mostly numbers, do that: delete what is there twice.");
        Find(questions >= QuestionsMin && tally.ByWords - tally.ByAll > LossMax, "words_find_more",
            string.Create(
                CultureInfo.InvariantCulture,
                $"Words alone find more here than words and vectors together ({tally.ByWords:0.00} against {tally.ByAll:0.00})."));
        var readable = counts.Documents == 0 ? 0 : (counts.Documents - counts.Failed - counts.Pending) / (double)counts.Documents;
        return new KnowledgeHealth(
            questions == 0 ? null : (int)Math.Round(100 * readable * tally.FoundInTen / questions),
            questions, tally.FoundFirst, tally.FoundInTen, Math.Round(tally.ByAll, 3), Math.Round(tally.ByWords, 3),
            tally.MedianMicroseconds, findings);
    }

    private sealed class Tally
    {
        private readonly List<double> _times = [];
        private double _all, _words;

        public int Questions => _times.Count;

        public int FoundFirst { get; private set; }

        public int FoundInTen { get; private set; }

        /// <summary>Why vectors did not count the first time that they did not; null if they always did.</summary>
        public Fault? VectorsFault { get; set; }

        public double ByAll => Questions == 0 ? 0 : _all / Questions;

        public double ByWords => Questions == 0 ? 0 : _words / Questions;

        public int MedianMicroseconds => Questions == 0 ? 0 : (int)_times.Order().ElementAt(Questions / 2);

        public void Take(int place, int placeByWords, TimeSpan took)
        {
            _times.Add(took.TotalMicroseconds);
            if (place == 1) FoundFirst++;
            if (place > 0) FoundInTen++;
            if (place > 0) _all += 1d / place;
            if (placeByWords > 0) _words += 1d / placeByWords;
        }
    }
}
