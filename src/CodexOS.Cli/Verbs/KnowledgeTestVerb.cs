using System.CommandLine;
using System.Globalization;
using CodexOS.Cli.Screens;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos kb test</c>: asks a knowledge base for what it is known to hold.</summary>
internal static class KnowledgeTestVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("BASE") { Description = "The knowledge base's name" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("test", "Ask a knowledge base for sentences of its own documents, and tell how well it finds them")
        {
            name, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var health = await client.TestKnowledgeAsync(parsed.GetRequiredValue(name), cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, health, CliJson.Documents.KnowledgeHealth);
                return 0;
            }

            if (health.Score is { } score)
            {
                terminal.OutScreen.Line($"Health {score} of 100", health.Findings.Count == 0 ? Tone.Good : Tone.Warn);
                terminal.OutScreen.Line(
                    $"{health.FoundFirst} of {health.Questions} questions found their passage first, {health.FoundInTen} among ten");
                terminal.OutScreen.Line(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"mean reciprocal rank {health.ReciprocalRank:0.000}, by words alone {health.ReciprocalRankByWords:0.000}; "
                        + $"{health.MedianMicroseconds / 1_000.0:0.0} ms a search"),
                    Tone.Dim);
            }

            foreach (var finding in health.Findings) terminal.OutScreen.Line(PlainText.LineOf($"- {finding.Message}"), Tone.Warn);
            return 0;
        });
        return command;
    }
}
