using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos signal RUN NAME</c>: sends a run what it waits for, or will.</summary>
internal static class SignalVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = CommonOptions.Run();
        var signal = new Argument<string>("NAME") { Description = "The signal's name" };
        var data = JsonInput.Option("--data", "What it carries");
        var key = new Option<string?>("--key")
        {
            Description = "Names this signal, so that repeating the command sends it once",
            HelpName = "KEY",
        };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("signal", "Send a signal to a run") { name, signal, data, key, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var payload = await JsonInput.ReadAsync(terminal, "--data", parsed.GetValue(data), cancellationToken);
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var found = await RunLookup.FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var run = await client.SignalRunAsync(
                found.Id, parsed.GetRequiredValue(signal), payload, parsed.GetValue(key), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, run, CliJson.Documents.Run);
            else terminal.OutScreen.Line($"✓ sent to {run.Id}", Tone.Good);
            return 0;
        });
        return command;
    }
}
