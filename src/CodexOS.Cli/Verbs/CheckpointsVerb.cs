using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos checkpoints RUN</c>: the places that a run can be rolled back to or forked at.</summary>
internal static class CheckpointsVerb
{
    private const int LimitDefault = 25;
    private const int LimitMax = 10_000;
    private const int PageSize = 100;

    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = CommonOptions.Run();
        var limit = CommonOptions.Limit(LimitDefault, LimitMax);
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("checkpoints", "List the places that a run can go back to or be forked at")
        {
            name, limit, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var run = await RunLookup.FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var checkpoints = await ReadAsync(client, run.Id, parsed.GetValue(limit), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, checkpoints, CliJson.Documents.CheckpointPage);
            else Show(terminal, checkpoints);
            return 0;
        });
        return command;
    }

    private static async Task<Page<Checkpoint>> ReadAsync(
        CodexOSClient client, string run, int limit, CancellationToken cancellationToken)
    {
        var checkpoints = new List<Checkpoint>();
        string? cursor = null;
        do
        {
            var page = await client.ListCheckpointsAsync(
                run, Math.Min(PageSize, limit - checkpoints.Count), cursor, cancellationToken);
            checkpoints.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null && checkpoints.Count < limit);
        return new Page<Checkpoint>(checkpoints, cursor);
    }

    private static void Show(Terminal terminal, Page<Checkpoint> checkpoints)
    {
        if (checkpoints.Items.Count == 0)
        {
            terminal.ErrorScreen.Line("It has no place to go back to yet.");
            return;
        }

        var table = new ListTable(
            new ListColumn("SEQ", IsNumber: true),
            new ListColumn("AGE", Rank: 3, IsNumber: true),
            new ListColumn("STEPS", Rank: 4, IsNumber: true),
            new ListColumn("EVENT", Rank: 2),
            new ListColumn("UNDO"),
            new ListColumn("STEP", Rank: 1, IsFlexible: true));
        var now = terminal.Clock.GetUtcNow();
        foreach (var checkpoint in checkpoints.Items)
        {
            table.Add(
                new ListCell($"{checkpoint.Seq}", Tone.Bold),
                Format.Age(now - checkpoint.At),
                $"{checkpoint.StepsCount}",
                checkpoint.Kind,
                checkpoint.Undoable ? new ListCell("✓ all", Tone.Good) : new ListCell("! not all", Tone.Warn),
                checkpoint.Step ?? "");
        }

        table.Show(terminal.OutScreen);
        if (checkpoints.NextCursor is not null) terminal.ErrorScreen.Line("There are more: --limit N", Tone.Dim);
    }
}
