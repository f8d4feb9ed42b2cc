using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// <c>codexos diff RUN</c>: what a run changed in its files. To a terminal it is shown in colours and made safe; to a
/// file or pipe it goes byte by byte, so that <c>git apply</c> can read it.
/// </summary>
internal static class DiffVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = CommonOptions.Run();
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("diff", "Show what a run changed in its files") { name, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var run = await RunLookup.FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var diff = await client.GetDiffAsync(WorkspaceOf(run), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, diff, CliJson.Documents.WorkspaceDiff);
            else if (!terminal.OutIsTerminal) await terminal.Out.WriteAsync(diff.Diff);
            else if (diff.Diff.Length > 0) DiffText.Show(terminal.OutScreen, diff.Diff, "", int.MaxValue);
            if (!parsed.GetValue(json)) Summarise(terminal.ErrorScreen, diff);
            return 0;
        });
        return command;
    }

    public static string WorkspaceOf(Run run) => run.WorkspaceId ?? throw new CodexOSException(
        "cli.no_workspace", FaultKind.NotFound, $"{run.Id} works on no files; it was started without a workspace.");

    private static void Summarise(Screen screen, WorkspaceDiff diff) => screen.Line(
        $"{Format.Plural(diff.FilesChanged, "file")} changed, {diff.Insertions} added, {diff.Deletions} removed",
        Tone.Dim);
}
