using System.Globalization;
using System.Text.Json;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// Questions whose answers are known, from a folder in the layout of BEIR: <c>queries.jsonl</c> with a question a line,
/// <c>qrels/test.tsv</c> or <c>qrels.tsv</c> with a grade a line, and perhaps <c>corpus.jsonl</c> with a document a line.
/// </summary>
internal sealed class JudgedCollection
{
    private const int QuestionsMax = 1_000_000;
    private readonly string _folder;

    private JudgedCollection(string folder, IReadOnlyList<JudgedQuestion> questions, int unjudged)
    {
        (_folder, Questions, Unjudged) = (folder, questions, unjudged);
    }

    /// <summary>The questions that have an answer.</summary>
    public IReadOnlyList<JudgedQuestion> Questions { get; }

    /// <summary>How many questions have none, and are left out.</summary>
    public int Unjudged { get; }

    /// <summary>Reads a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="judgements">The file of grades, if it is another.</param>
    /// <exception cref="CodexOSException">A file is missing, or a line of it is not as it should be.</exception>
    public static JudgedCollection Read(string folder, string? judgements)
    {
        var grades = Grades(judgements ?? FirstOf(folder, Path.Combine("qrels", "test.tsv"), "qrels.tsv"), HasCorpus(folder));
        var questions = new List<JudgedQuestion>();
        var unjudged = 0;
        foreach (var (id, text) in Lines(FirstOf(folder, "queries.jsonl"), static line => (Text(line, "_id"), Text(line, "text"))))
        {
            if (grades.TryGetValue(id, out var relevant) && relevant.Values.Any(static grade => grade > 0))
                questions.Add(new JudgedQuestion(id, text, relevant));
            else unjudged++;
            if (questions.Count > QuestionsMax) throw Bad($"{folder} has more than {QuestionsMax} questions.");
        }

        if (questions.Count == 0) throw Bad($"No question of {folder} has a document that answers it.");
        return new JudgedCollection(folder, questions, unjudged);
    }

    /// <summary>The documents of <c>corpus.jsonl</c>, each with the name that it gets.</summary>
    /// <exception cref="CodexOSException">There is no such file, or a line of it is not as it should be.</exception>
    public IEnumerable<(string Document, string Text)> Documents() =>
        Lines(FirstOf(_folder, "corpus.jsonl"), static line =>
        {
            var title = line.TryGetProperty("title", out var named) && named.ValueKind is JsonValueKind.String ? named.GetString() : "";
            var text = Text(line, "text");
            return (DocumentOf(Text(line, "_id")), string.IsNullOrEmpty(title) ? text : $"{title}\n\n{text}");
        });

    // The ids of a corpus are no names of files, and a name's ending tells how it is read.
    private static string DocumentOf(string id) => $"{id}.txt";

    private static bool HasCorpus(string folder) => File.Exists(Path.Combine(folder, "corpus.jsonl"));

    private static Dictionary<string, Dictionary<string, int>> Grades(string path, bool ofCorpus)
    {
        var grades = new Dictionary<string, Dictionary<string, int>>(StringComparer.Ordinal);
        foreach (var (at, line) in File.ReadLines(path).Index())
        {
            var parts = line.Split('\t');
            if (parts.Length == 3 && int.TryParse(parts[2], CultureInfo.InvariantCulture, out var grade))
            {
                if (!grades.TryGetValue(parts[0], out var relevant)) grades[parts[0]] = relevant = new(StringComparer.Ordinal);
                // Grades below zero are used for what is not to be found; it answers as little as what has zero.
                relevant[ofCorpus ? DocumentOf(parts[1]) : parts[1]] = Math.Max(0, grade);
            }
            else if (at > 0 && line.Length > 0)
            {
                throw Bad($"{path}, line {at + 1}: write the question's id, the document's name and a grade, with tabs between.");
            }
        }

        return grades;
    }

    private static IEnumerable<T> Lines<T>(string path, Func<JsonElement, T> read)
    {
        foreach (var (at, line) in File.ReadLines(path).Index())
        {
            if (line.Length == 0) continue;
            T one;
            try
            {
                one = read(JsonElement.Parse(line));
            }
            catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
            {
                throw Bad($"{path}, line {at + 1}: it must be a JSON object with _id and text, both strings.");
            }

            yield return one;
        }
    }

    private static string Text(JsonElement line, string member) =>
        line.GetProperty(member).GetString() ?? throw new InvalidOperationException();

    private static string FirstOf(string folder, params string[] names) =>
        names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new CodexOSException(
            "cli.no_file", FaultKind.NotFound, $"There is no {string.Join(" or ", names)} in {folder}.");

    private static CodexOSException Bad(string message) => new("cli.bad_collection", FaultKind.Invalid, message);
}
