using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// <c>codexos bulk pause|resume|cancel|retry|upgrade</c>: does the same to many runs. It says how many there are and asks before
/// it begins.
/// </summary>
internal static class BulkVerb
{
    private const int ShownMax = 10;

    public static Command Create(Terminal terminal, Connections connections) =>
        new("bulk", "Pause, resume, cancel, retry or upgrade many runs")
        {
            Create("pause", "Begin no further step of many runs", BulkOperation.Pause, terminal, connections),
            Create("resume", "Let many paused runs go on", BulkOperation.Resume, terminal, connections),
            Create("cancel", "End many runs", BulkOperation.Cancel, terminal, connections),
            Create("retry", "Try many runs that failed again", BulkOperation.Retry, terminal, connections),
            Create("upgrade", "Let many open runs go on with another version", BulkOperation.Upgrade, terminal, connections),
        };

    private static Command Create(
        string verb, string description, BulkOperation operation, Terminal terminal, Connections connections)
    {
        var filter = new BulkFilterOptions();
        var reason = new Option<string?>("--reason") { Description = "Why; the journals keep it", HelpName = "TEXT" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say how many runs there are, and which" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask before it begins" };
        var toVersion = new Option<int?>("--to-version") { Description = "The version to go to; the newest by default", HelpName = "N" };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command(verb, description) { reason, dryRun, yes, json, url };
        if (operation is BulkOperation.Upgrade) command.Options.Add(toVersion);
        filter.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var wanted = filter.Read(parsed);
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var preview = await client.PreviewBulkAsync(operation, wanted, cancellationToken);
            if (parsed.GetValue(dryRun))
            {
                if (parsed.GetValue(json)) CliJson.Print(terminal, preview, CliJson.Documents.BulkPreview);
                else Show(terminal, preview, verb);
                return 0;
            }

            if (preview.Count == 0)
            {
                terminal.ErrorScreen.Line("No runs match.");
                return 0;
            }

            if (!parsed.GetValue(yes) && !await AgreesAsync(terminal, preview, verb, cancellationToken))
            {
                terminal.ErrorScreen.Line("Nothing was changed.");
                return FaultKind.Cancelled.ExitCode();
            }

            var version = operation is BulkOperation.Upgrade ? parsed.GetValue(toVersion) : null;
            var started = await client.StartBulkAsync(operation, wanted, parsed.GetValue(reason), version, cancellationToken);
            var ended = await FollowAsync(terminal, client, started, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, ended, CliJson.Documents.Run);
            else ShowEnd(terminal, ended);
            return RunEnd.ExitCodeOf(ended);
        });
        return command;
    }

    private static async Task<bool> AgreesAsync(
        Terminal terminal, BulkPreview preview, string verb, CancellationToken cancellationToken)
    {
        if (!terminal.CanAsk)
        {
            throw new CodexOSException(
                "cli.needs_yes",
                FaultKind.Invalid,
                $"This would {verb} {Format.Plural(preview.Count, "run")}. Say --yes to do it, or --dry-run to look.");
        }

        var question = $"{verb} {Format.Plural(preview.Count, "run")}? [y/N] ";
        var answer = await terminal.AskAsync(question, isSecret: false, cancellationToken);
        return answer.Trim() is "y" or "Y" or "yes";
    }

    private static async Task<Run> FollowAsync(
        Terminal terminal, CodexOSClient client, Run started, CancellationToken cancellationToken)
    {
        var follower = new RunFollower(client, terminal, view: null, WhenAsked.Tell)
        {
            OnEvent = happened =>
            {
                if (happened.Kind != RunEventKinds.StepProgressed) return;
                var progress = happened.Data.Member("progress");
                terminal.ErrorScreen.Status($"{progress.Number("done")} of {progress.Number("total")} runs");
            },
        };
        try
        {
            return await follower.FollowAsync(started.Id, -1, cancellationToken);
        }
        finally
        {
            terminal.ErrorScreen.ClearStatus();
        }
    }

    private static void Show(Terminal terminal, BulkPreview preview, string verb)
    {
        terminal.OutScreen.Line($"Would {verb} {Format.Plural(preview.Count, "run")}", Tone.Info);
        foreach (var id in preview.Ids.Take(ShownMax)) terminal.OutScreen.Line($"  {id}", Tone.Dim);
        if (preview.Count > ShownMax) terminal.OutScreen.Line("  …", Tone.Dim);
    }

    private static void ShowEnd(Terminal terminal, Run ended)
    {
        var tone = ended.Status is RunStatus.Completed ? Tone.Good : Tone.Bad;
        terminal.OutScreen.Line(PlainText.LineOf(ended.Output ?? ended.Fault?.Message ?? $"{ended.Id} was cancelled"), tone);
        terminal.OutScreen.Line($"  codexos logs {ended.Id}   for what came of each batch", Tone.Dim);
    }
}

/// <summary>The options that say which runs are meant.</summary>
internal sealed class BulkFilterOptions
{
    private readonly Option<RunStatus?> _status = new("--status")
    {
        Description = "Only runs in this status, for instance failed",
        HelpName = "STATUS",
    };

    private readonly Option<string?> _kind = new("--kind") { Description = "Only runs of this program", HelpName = "KIND" };

    private readonly Option<string?> _subject = new("--subject", "--agent")
    {
        Description = "Only runs of this agent",
        HelpName = "NAME",
    };

    private readonly Option<int?> _version = new("--subject-version")
    {
        Description = "Only runs of this version of it",
        HelpName = "N",
    };

    private readonly Option<string?> _title = new("--title")
    {
        Description = "Only runs whose title contains this",
        HelpName = "TEXT",
    };

    private readonly Option<DateTimeOffset?> _after = new("--created-after")
    {
        Description = "Only runs created then or later",
        HelpName = "TIME",
    };

    private readonly Option<DateTimeOffset?> _before = new("--created-before")
    {
        Description = "Only runs created before",
        HelpName = "TIME",
    };

    private readonly Option<string[]> _ids = new("--id")
    {
        Description = "Only these runs; may be given again",
        HelpName = "RUN",
        AllowMultipleArgumentsPerToken = true,
    };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_status, _kind, _subject, _version, _title, _after, _before, _ids])
            command.Options.Add(option);
    }

    public BulkFilter Read(ParseResult parsed) => new(
        parsed.GetValue(_status),
        parsed.GetValue(_kind),
        parsed.GetValue(_subject),
        parsed.GetValue(_version),
        parsed.GetValue(_title),
        parsed.GetValue(_after),
        parsed.GetValue(_before),
        parsed.GetValue(_ids) is { Length: > 0 } ids ? ids : null);
}
