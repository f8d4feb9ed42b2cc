using System.CommandLine;
using System.Text.Json;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos kb ask</c>: answers from a knowledge base, in its own words or by a model.</summary>
internal static class KnowledgeAskVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("BASE") { Description = "The knowledge base's name" };
        var question = new Argument<string[]>("QUESTION") { Description = "What is asked, in plain words", Arity = ArgumentArity.OneOrMore };
        var model = new Option<string?>("--model", "-m")
        {
            Description = "Have this model write the answer, and check what it cites; without it, the documents' own sentences answer",
            HelpName = "PROVIDER:MODEL",
        };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("ask", "Answer a question from a knowledge base, with citations") { name, question, model, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var (wanted, asked) = (parsed.GetRequiredValue(name), string.Join(' ', parsed.GetRequiredValue(question)));
            if (parsed.GetValue(model) is not { } writer)
            {
                var answer = await client.AskKnowledgeAsync(wanted, asked, DocumentFiles.Pairs([]), cancellationToken);
                if (parsed.GetValue(json)) CliJson.Print(terminal, answer, CliJson.Documents.KnowledgeAnswer);
                else Show(terminal, answer);
                return 0;
            }

            var started = await client.WriteAnswerAsync(wanted, asked, writer, cancellationToken);
            await RunFollower.FollowToSuccessAsync(terminal, client, started, cancellationToken);
            var state = await client.GetRunStateAsync(started.Id, seq: null, cancellationToken);
            var written = state.Program!.Value.Deserialize(CliJson.Documents.WrittenAnswer)!;
            if (parsed.GetValue(json)) CliJson.Print(terminal, written, CliJson.Documents.WrittenAnswer);
            else Show(terminal, written);
            return 0;
        });
        return command;
    }

    private static void Show(Terminal terminal, KnowledgeAnswer answer)
    {
        if (!answer.IsAnswered)
        {
            terminal.OutScreen.Line("The documents do not tell.", Tone.Warn);
            if (answer.UnknownWords.Count > 0)
                terminal.ErrorScreen.Line(PlainText.LineOf($"No passage has: {string.Join(", ", answer.UnknownWords)}"), Tone.Dim);
            if (answer.Passages.Count > 0)
                terminal.ErrorScreen.Line(PlainText.LineOf($"Nearest: {string.Join("; ", answer.Passages.Take(3).Select(Heading).Distinct())}"), Tone.Dim);
            return;
        }

        terminal.OutScreen.Line(PlainText.Of(answer.Text!));
        terminal.OutScreen.Line("");
        foreach (var citation in answer.Citations)
            Cite(terminal, citation.Number, citation.Document, citation.Place.From);
    }

    private static void Show(Terminal terminal, WrittenAnswer answer)
    {
        terminal.OutScreen.Line(PlainText.Of(answer.Text), answer.IsAnswered ? Tone.Plain : Tone.Warn);
        if (answer.Citations.Count > 0) terminal.OutScreen.Line("");
        foreach (var citation in answer.Citations) Cite(terminal, citation.Number, citation.Document, citation.Place);
        if (answer.IsGrounded) return;
        terminal.ErrorScreen.Line(
            answer.Unresolved.Count > 0
                ? PlainText.LineOf($"Not in the passages: {string.Join(", ", answer.Unresolved)}")
                : "The answer cites nothing. Take it for what it is.",
            Tone.Warn);
    }

    private static void Cite(Terminal terminal, int number, string document, string? place) =>
        terminal.OutScreen.Line(PlainText.LineOf(place is null ? $"[{number}] {document}" : $"[{number}] {document}, {place}"), Tone.Dim);

    private static string Heading(FoundPassage passage) => passage.Document;
}
