using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos logs RUN [-f]</c>: shows what happened in a run, and with -f what happens.</summary>
internal static class LogsVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = CommonOptions.Run();
        var follow = new Option<bool>("--follow", "-f") { Description = "Stay until the run ends" };
        var full = new Option<bool>("--full") { Description = "Show all output of commands" };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json("Print the events as JSON Lines");
        var command = new Command("logs", "Show what happened in a run") { name, follow, full, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var run = await RunLookup.FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var view = parsed.GetValue(json)
                ? null
                : new RunView(terminal.OutScreen, terminal.Clock, parsed.GetValue(full));
            view?.ShowHead(run);
            if (parsed.GetValue(follow))
            {
                var follower = new RunFollower(client, terminal, view, WhenAsked.Tell)
                {
                    OnEvent = view is null ? happened => Print(terminal, happened) : null,
                };
                run = await follower.FollowAsync(run.Id, -1, cancellationToken);
            }
            else
            {
                await foreach (var happened in client.ListAllRunEventsAsync(run.Id, null, cancellationToken))
                {
                    if (view is null) Print(terminal, happened);
                    else view.Show(new JournalUpdate(happened));
                }
            }

            terminal.OutScreen.ClearStatus();
            view?.ShowSummary(run);
            return 0;
        });
        return command;
    }

    private static void Print(Terminal terminal, RunEvent happened)
    {
        CliJson.Print(terminal, happened, CliJson.Lines.RunEvent);
        terminal.Out.Flush();
    }
}
