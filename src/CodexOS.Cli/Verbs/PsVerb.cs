using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos ps</c>: lists runs, newest first.</summary>
internal static class PsVerb
{
    private const int LimitDefault = 25;
    private const int LimitMax = 10_000;
    private const int PageSize = 100;

    public static Command Create(Terminal terminal, Connections connections)
    {
        var status = new Option<RunStatus?>("--status")
        {
            Description = "Only runs that are queued, running, paused, waiting, inDoubt, completed, failed or cancelled",
            HelpName = "STATUS",
            CustomParser = result =>
            {
                if (Enum.TryParse<RunStatus>(result.Tokens[0].Value, ignoreCase: true, out var known)
                    && known != RunStatus.Unknown
                    && !char.IsAsciiDigit(result.Tokens[0].Value[0]))
                {
                    return known;
                }

                result.AddError(
                    $"'{result.Tokens[0].Value}' is not a status. There are queued, running, paused, waiting, "
                    + "inDoubt, completed, failed and cancelled.");
                return null;
            },
        };
        status.CompletionSources.Add(
            "queued", "running", "paused", "waiting", "inDoubt", "completed", "failed", "cancelled");
        var agent = new Option<string?>("--agent") { Description = "Only runs of this agent", HelpName = "NAME" };
        var limit = CommonOptions.Limit(LimitDefault, LimitMax);
        var all = new Option<bool>("--all", "-a") { Description = $"As many as there are, {LimitMax} at most" };
        var tree = new Option<bool>("--tree") { Description = "Put runs below the runs that started them" };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("ps", "List runs, newest first") { status, agent, limit, all, tree, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var filter = new RunFilter(parsed.GetValue(status), Subject: parsed.GetValue(agent));
            var runs = await ReadAsync(
                client, filter, parsed.GetValue(all) ? LimitMax : parsed.GetValue(limit), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, runs, CliJson.Documents.RunPage);
            else Show(terminal, runs, parsed.GetValue(tree));
            return 0;
        });
        return command;
    }

    private static async Task<Page<Run>> ReadAsync(
        CodexOSClient client, RunFilter filter, int limit, CancellationToken cancellationToken)
    {
        var runs = new List<Run>();
        string? cursor = null;
        do
        {
            var page = await client.ListRunsAsync(
                filter, Math.Min(PageSize, limit - runs.Count), cursor, cancellationToken);
            runs.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null && runs.Count < limit);
        return new Page<Run>(runs, cursor);
    }

    private static void Show(Terminal terminal, Page<Run> runs, bool asTree)
    {
        if (runs.Items.Count == 0)
        {
            terminal.ErrorScreen.Line("There are no such runs. Start one with \"codexos run AGENT TASK\".");
            return;
        }

        var table = new ListTable(
            new ListColumn("RUN"),
            new ListColumn("AGENT", Rank: 1),
            new ListColumn("STATUS"),
            new ListColumn("STEPS", Rank: 4, IsNumber: true),
            new ListColumn("COST", Rank: 5, IsNumber: true),
            new ListColumn("AGE", Rank: 3, IsNumber: true),
            new ListColumn("TASK", Rank: 2, IsFlexible: true));
        var digits = Format.ShortIdDigitsFor([.. runs.Items.Select(run => run.Id)]);
        var now = terminal.Clock.GetUtcNow();
        var rows = asTree ? RunTree.Of(runs.Items) : runs.Items.Select(run => new RunTreeRow("", run));
        foreach (var (branch, run) in rows)
        {
            table.Add(
                branch + Format.ShortId(run.Id, digits),
                new ListCell(run.Subject, Tone.Bold),
                StatusOf(run),
                $"{run.StepsCount}",
                Format.Money(run.CostMicroUsd),
                Format.Age(now - run.CreatedAt),
                run.Title ?? "");
        }

        table.Show(terminal.OutScreen);
        if (runs.NextCursor is not null) terminal.ErrorScreen.Line("There are more: --limit N or --all", Tone.Dim);
    }

    private static ListCell StatusOf(Run run) => run.Status switch
    {
        RunStatus.Completed => new ListCell("✓ completed", Tone.Good),
        RunStatus.Failed => new ListCell("✗ failed", Tone.Bad),
        RunStatus.Cancelled => new ListCell("■ cancelled", Tone.Dim),
        RunStatus.Waiting when run.PendingApprovals.Count > 0 => new ListCell("? approval", Tone.Warn),
        RunStatus.Waiting => new ListCell("… waiting", Tone.Info),
        RunStatus.InDoubt => new ListCell("? in doubt", Tone.Warn),
        RunStatus.Paused => new ListCell("‖ paused", Tone.Warn),
        RunStatus.Running when run.Progress is { } share => new ListCell($"… running {Math.Floor(share * 100)} %", Tone.Info),
        RunStatus.Running => new ListCell("… running", Tone.Info),
        RunStatus.Queued => new ListCell("… queued", Tone.Dim),
        _ => new ListCell("unknown", Tone.Dim),
    };
}
