using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos fork RUN SEQ</c>: starts a run that begins where another was after one of its events.</summary>
internal static class ForkVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = CommonOptions.Run();
        var seq = CommonOptions.Seq("The last event that both share; 0 begins anew with the same input");
        var message = new Option<string?>("--message", "-m") { Description = "What it is told first", HelpName = "TEXT" };
        var output = JsonInput.Option("--output", "Another output of the step that is complete at this event");
        var input = JsonInput.Option("--input", "Another input");
        var title = new Option<string?>("--title") { Description = "Another title", HelpName = "TEXT" };
        var key = new Option<string?>("--key")
        {
            Description = "Names this fork, so that repeating the command finds it",
            HelpName = "KEY",
        };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("fork", "Start a run that begins where another was")
        {
            name, seq, message, output, input, title, key, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new ForkRequest(
                parsed.GetValue(seq),
                parsed.GetValue(title),
                await JsonInput.ReadAsync(terminal, "--input", parsed.GetValue(input), cancellationToken),
                await JsonInput.ReadAsync(terminal, "--output", parsed.GetValue(output), cancellationToken),
                parsed.GetValue(message));
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var found = await RunLookup.FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var run = await client.ForkRunAsync(found.Id, request, parsed.GetValue(key), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, run, CliJson.Documents.Run);
            else terminal.OutScreen.Line(run.Id);
            return 0;
        });
        return command;
    }
}
