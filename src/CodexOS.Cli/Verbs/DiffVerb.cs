using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// <c>codexos diff RUN</c>: what a run changed in its files. To a terminal it is shown in colours and made safe; to a
/// file or pipe it goes byte by byte, so that <c>git apply</c> can read it. With two places, <c>RUN@SEQ RUN@SEQ</c>, it
/// compares the states there.
/// </summary>
internal static class DiffVerb
{
    private const string WorkspacePrefix = "wsp_";

    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("RUN[@SEQ]")
        {
            Description = "The run, or the workspace, whose changes to show; or the first of two states",
        };
        var other = new Argument<string?>("OTHER[@SEQ]")
        {
            Description = "The other state; without an event, the newest",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("diff", "Show what a run changed in its files, or how two states differ")
        {
            name, other, json, url,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(name) is { } first && first.Contains('@') && result.GetValue(other) is null)
                result.AddError("Two states are compared: codexos diff RUN@SEQ RUN@SEQ.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var first = parsed.GetRequiredValue(name);
            var isJson = parsed.GetValue(json);
            if (parsed.GetValue(other) is { } second)
            {
                var (before, after) = (RunPlace.Parse(first), RunPlace.Parse(second));
                var states = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
                return await StateDiff.ShowAsync(terminal, states, before, after, isJson, cancellationToken);
            }

            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var workspace = await WorkspaceOfAsync(client, first, cancellationToken);
            var diff = await client.GetDiffAsync(workspace, cancellationToken);
            if (isJson) CliJson.Print(terminal, diff, CliJson.Documents.WorkspaceDiff);
            else if (!terminal.OutIsTerminal) await terminal.Out.WriteAsync(diff.Diff);
            else if (diff.Diff.Length > 0) DiffText.Show(terminal.OutScreen, diff.Diff, "", int.MaxValue);
            if (!isJson) Summarise(terminal.ErrorScreen, diff);
            return 0;
        });
        return command;
    }

    /// <summary>A workspace by its id, or that of a run.</summary>
    public static async Task<string> WorkspaceOfAsync(
        CodexOSClient client, string text, CancellationToken cancellationToken)
    {
        if (text.StartsWith(WorkspacePrefix, StringComparison.Ordinal)) return text;
        var run = await RunLookup.FindAsync(client, text, cancellationToken);
        return run.WorkspaceId ?? throw new CodexOSException(
            "cli.no_workspace", FaultKind.NotFound, $"{run.Id} works on no files; it was started without a workspace.");
    }

    public static void Summarise(Screen screen, WorkspaceDiff diff) => screen.Line(
        $"{Format.Plural(diff.FilesChanged, "file")} changed, {diff.Insertions} added, {diff.Deletions} removed",
        Tone.Dim);
}
