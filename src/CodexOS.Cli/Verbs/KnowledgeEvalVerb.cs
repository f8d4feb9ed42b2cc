using System.CommandLine;
using System.Globalization;
using System.Text;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos kb eval</c>: asks a base questions whose answers are known, and measures what it finds.</summary>
internal static class KnowledgeEvalVerb
{
    private const int QuestionsAtOnce = 50;
    private const int SayEvery = 500;

    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("BASE") { Description = "The knowledge base's name" };
        var folder = new Argument<string>("DIR")
        {
            Description = "A folder in the layout of BEIR: queries.jsonl, qrels/test.tsv or qrels.tsv, perhaps corpus.jsonl",
        };
        var judgements = new Option<string?>("--qrels") { Description = "Another file of grades", HelpName = "FILE" };
        var fill = new Option<bool>("--import") { Description = "Put the documents of corpus.jsonl into the knowledge base first" };
        var missed = new Option<int>("--missed")
        {
            Description = "Show so many questions whose answers are not among the first ten documents",
            HelpName = "N",
        };
        var (synonyms, boosts) = TuningOptions.Without();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("eval", "Ask a knowledge base questions whose answers are known, in several ways, and measure what it finds")
        {
            name, folder, judgements, fill, missed, synonyms, boosts, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var wanted = parsed.GetRequiredValue(name);
            var path = Path.Combine(terminal.Directory, parsed.GetRequiredValue(folder));
            var collection = JudgedCollection.Read(
                path, parsed.GetValue(judgements) is { } file ? Path.Combine(terminal.Directory, file) : null);
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            if (parsed.GetValue(fill)) await ImportAsync(terminal, client, wanted, collection, cancellationToken);
            if (collection.Unjudged > 0) terminal.ErrorScreen.Line($"Questions that are left out because no document answers them: {collection.Unjudged}", Tone.Dim);
            var tuning = new TuningUse(!parsed.GetValue(synonyms), !parsed.GetValue(boosts));
            var whole = await EvaluateAsync(terminal, client, wanted, collection.Questions, tuning, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, whole, CliJson.Documents.KnowledgeEvaluation);
            else Show(terminal, whole, collection, parsed.GetValue(missed));
            return 0;
        });
        return command;
    }

    private static async Task ImportAsync(
        Terminal terminal, CodexOSClient client, string name, JudgedCollection collection, CancellationToken cancellationToken)
    {
        var (sent, changed) = (0, 0);
        foreach (var (document, text) in collection.Documents())
        {
            var added = await client.AddDocumentAsync(
                name, new NewDocument(document, Encoding.UTF8.GetBytes(text)), cancellationToken);
            if (added.Change is not DocumentChange.Unchanged) changed++;
            if (++sent % SayEvery == 0) terminal.ErrorScreen.Line($"  {sent} documents sent", Tone.Dim);
        }

        terminal.ErrorScreen.Line($"{changed} of {sent} documents are new or changed.");
        if (changed > 0) await KnowledgeVerb.ReadAsync(terminal, client, name, cancellationToken);
    }

    /// <summary>Asks in parts, so that each answer is there soon; the means are those over all.</summary>
    private static async Task<KnowledgeEvaluation> EvaluateAsync(
        Terminal terminal, CodexOSClient client, string name, IReadOnlyList<JudgedQuestion> questions, TuningUse tuning,
        CancellationToken cancellationToken)
    {
        var parts = new List<KnowledgeEvaluation>();
        var asked = 0;
        foreach (var some in questions.Chunk(QuestionsAtOnce))
        {
            parts.Add(await client.EvaluateKnowledgeAsync(name, some, tuning, cancellationToken));
            asked += some.Length;
            if (asked % SayEvery == 0) terminal.ErrorScreen.Line($"  {asked} of {questions.Count} questions", Tone.Dim);
        }

        return new KnowledgeEvaluation(
            asked,
            [
                .. parts[0].Ways.Select((one, at) => new WayEvaluation(
                    one.Way, Mean(part => part.Ways[at].Ndcg), Mean(part => part.Ways[at].Recall),
                    Mean(part => part.Ways[at].ReciprocalRank), (int)Mean(part => part.Ways[at].MedianMicroseconds))),
            ],
            [.. parts.SelectMany(static part => part.Results)],
            parts.Sum(static part => part.UnknownCount),
            [.. parts.SelectMany(static part => part.Unknown).Distinct().Take(10)]);

        double Mean(Func<KnowledgeEvaluation, double> of) => parts.Sum(part => of(part) * part.Questions) / asked;
    }

    private static void Show(Terminal terminal, KnowledgeEvaluation whole, JudgedCollection collection, int missed)
    {
        var table = new ListTable(
            new ListColumn("WAY"), new ListColumn("NDCG@10", IsNumber: true), new ListColumn("RECALL@100", IsNumber: true),
            new ListColumn("MRR@10", IsNumber: true), new ListColumn("MS", IsNumber: true, Rank: 1));
        foreach (var way in whole.Ways)
        {
            table.Add(
                new ListCell(way.Way.ToString().ToLowerInvariant(), Tone.Bold), Share(way.Ndcg), Share(way.Recall),
                Share(way.ReciprocalRank),
                (way.MedianMicroseconds / 1_000.0).ToString("0.00", CultureInfo.InvariantCulture));
        }

        table.Show(terminal.OutScreen);
        terminal.ErrorScreen.Line($"{whole.Questions} questions", Tone.Dim);
        if (whole.UnknownCount > 0)
        {
            terminal.ErrorScreen.Line(
                PlainText.LineOf(
                    $"Documents that answer and cannot be found, because they are not there or not read: {whole.UnknownCount} "
                    + $"({string.Join(", ", whole.Unknown)}{(whole.UnknownCount > whole.Unknown.Count ? ", …" : "")})"),
                Tone.Warn);
        }

        if (missed == 0) return;
        var texts = collection.Questions.ToDictionary(static one => one.Id, static one => one.Text, StringComparer.Ordinal);
        foreach (var one in whole.Results.Where(static one => one.Ways[0].FirstPlace is 0 or > 10).Take(missed))
        {
            var place = one.Ways[0].FirstPlace is 0 ? "not found" : $"place {one.Ways[0].FirstPlace}";
            terminal.OutScreen.Line(PlainText.LineOf($"{one.Id} ({place}): {texts[one.Id]}"), Tone.Warn);
        }
    }

    private static string Share(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
