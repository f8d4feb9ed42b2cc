using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos kill RUN</c>: asks a run to end; what it is doing is stopped.</summary>
internal static class KillVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = CommonOptions.Run();
        var reason = new Option<string?>("--reason") { Description = "Why; the journal keeps it", HelpName = "TEXT" };
        var hard = new Option<bool>("--hard")
        {
            Description = "Give its steps no time to stop by themselves; one that has not stopped is in doubt",
        };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("kill", "End a run") { name, reason, hard, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var found = await RunLookup.FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var run = await client.CancelRunAsync(
                found.Id, parsed.GetValue(reason), parsed.GetValue(hard), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, run, CliJson.Documents.Run);
            else terminal.OutScreen.Line($"■ {run.Id} {(run.IsOver ? "has ended" : "is ending")}", Tone.Warn);
            return 0;
        });
        return command;
    }
}
