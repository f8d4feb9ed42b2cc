using System.Globalization;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Screens;

/// <summary>Shows what a search found, for people.</summary>
internal static class FoundPassages
{
    private const int TextLengthMax = 600;

    public static void Show(Terminal terminal, SearchAnswer answer, bool withReasons)
    {
        if (answer.Passages.Count == 0)
        {
            terminal.ErrorScreen.Line("Nothing was found. Try other words, or fewer.");
            return;
        }

        foreach (var (number, passage) in answer.Passages.Index())
        {
            if (number > 0) terminal.OutScreen.Line("");
            terminal.OutScreen.Line($"[{number + 1}] {PlainText.LineOf(Heading(passage))}", Tone.Bold);
            if (withReasons) terminal.OutScreen.Line(PlainText.LineOf(Reasons(passage)), Tone.Dim);
            var text = passage.Text.Length > TextLengthMax ? passage.Text[..TextLengthMax] + "…" : passage.Text;
            terminal.OutScreen.Line(PlainText.Of(text));
        }

        var note = NoteOf(answer) + RerankNoteOf(answer);
        terminal.ErrorScreen.Line(
            string.Create(CultureInfo.InvariantCulture, $"{answer.Passages.Count} passages in {answer.Microseconds / 1_000.0:0.0} ms.{note}"), Tone.Dim);
    }

    private static string NoteOf(SearchAnswer answer) => answer switch
    {
        { IsPartial: false } => "",
        { PartialReason: null or "knowledge.time_limit" } => " Time ran out before everything was seen.",
        _ => $" Not all vectors counted ({answer.PartialReason}).",
    };

    private static string RerankNoteOf(SearchAnswer answer) =>
        answer.RerankReason is { } reason ? $" The reranker did not rank them ({reason})." : "";

    private static string Heading(FoundPassage passage)
    {
        var place = (passage.Place.From, passage.Place.To) switch
        {
            (null, _) => "",
            ({ } from, { } to) when from != to => $", {from} to {to}",
            var (from, _) => $", {from}",
        };
        var under = passage.Place.Headings.Count > 0 ? $" › {string.Join(" › ", passage.Place.Headings)}" : "";
        return $"{passage.Document}{place}{under}";
    }

    private static string Reasons(FoundPassage passage) => string.Create(
        CultureInfo.InvariantCulture,
        $"{passage.DocumentId} passage {passage.Place.Ordinal}, score {passage.Score:0.000}: words {passage.Scores.Lexical:0.00}, "
        + $"words of the best {passage.Scores.Feedback:0.00}, vectors {passage.Scores.Dense:0.00}"
        + $"{(passage.Scores.Rerank is { } rerank ? $", reranker {rerank:0.000}" : "")}; {string.Join(", ", passage.MatchedTerms)}"
        + $"{SynonymsOf(passage)}{BoostsOf(passage)}");

    private static string SynonymsOf(FoundPassage passage) =>
        string.Concat(passage.Synonyms.Select(static one => $"; {one.Written} → {one.Found}"));

    private static string BoostsOf(FoundPassage passage) => string.Concat(passage.Boosts.Select(
        static one => string.Create(CultureInfo.InvariantCulture, $"; {NameOf(one)} ×{one.Factor:0.##}")));

    private static string NameOf(AppliedBoost boost) => boost.Kind switch
    {
        BoostKind.Fields => "where the words stand",
        BoostKind.Newer => $"age of {boost.What}",
        _ => boost.What,
    };
}
