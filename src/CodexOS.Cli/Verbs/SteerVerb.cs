using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos steer RUN MESSAGE</c>: tells a run something before its next step.</summary>
internal static class SteerVerb
{
    private const int MessageLengthMax = 20_000;

    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = CommonOptions.Run();
        var message = new Argument<string>("MESSAGE") { Description = "What to tell it; - reads the standard input" };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("steer", "Tell a run something before its next step") { name, message, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var text = parsed.GetRequiredValue(message);
            if (text == "-") text = await LimitedText.ReadAsync(terminal.In, MessageLengthMax, cancellationToken);
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var found = await RunLookup.FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var run = await client.SteerRunAsync(found.Id, text, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, run, CliJson.Documents.Run);
            else terminal.OutScreen.Line($"✓ {run.Id} is told before its next step", Tone.Good);
            return 0;
        });
        return command;
    }
}
