using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// <c>codexos pause RUN</c> and <c>codexos resume RUN</c>: no further step is begun until somebody lets the run go on.
/// </summary>
internal static class PauseVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = CommonOptions.Run();
        var reason = new Option<string?>("--reason") { Description = "Why; the journal keeps it", HelpName = "TEXT" };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("pause", "Begin no further step of a run") { name, reason, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var found = await RunLookup.FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var run = await client.PauseRunAsync(found.Id, parsed.GetValue(reason), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, run, CliJson.Documents.Run);
            else terminal.OutScreen.Line($"‖ {run.Id} {Pausing(run)}", Tone.Warn);
            return 0;
        });
        return command;
    }

    public static Command CreateResume(Terminal terminal, Connections connections)
    {
        var name = CommonOptions.Run();
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("resume", "Let a paused run go on") { name, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var found = await RunLookup.FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var run = await client.ResumeRunAsync(found.Id, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, run, CliJson.Documents.Run);
            else terminal.OutScreen.Line($"✓ {run.Id} goes on", Tone.Good);
            return 0;
        });
        return command;
    }

    private static string Pausing(Run run) => run.Status is RunStatus.Paused
        ? "is paused"
        : "pauses when the step that is being performed has ended";
}
