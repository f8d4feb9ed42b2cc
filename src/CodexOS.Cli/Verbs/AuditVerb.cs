using System.CommandLine;
using System.Globalization;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos audit</c>: look at the audit log, verify it, and take it along with its proofs.</summary>
internal static class AuditVerb
{
    /// <summary>The exit code when the log is damaged; the server was asked and did answer.</summary>
    public const int Damaged = 1;

    private const int CheckpointsMax = 10_000;
    private const int CheckpointBytesMax = 64 * 1024;
    private const int EntriesUsual = 50;
    private const int EntriesMax = 10_000;

    public static Command Create(Terminal terminal, Connections connections) => new(
        "audit", "List, verify and export what was done and by whom")
    {
        List(terminal, connections),
        Verify(terminal, connections),
        Export(terminal, connections),
    };

    private static Command List(Terminal terminal, Connections connections)
    {
        var filter = new FilterOptions();
        var limit = CommonOptions.Limit(EntriesUsual, EntriesMax);
        var cursor = new Option<string?>("--cursor") { Description = "The nextCursor of an earlier page", HelpName = "CURSOR" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List entries, newest first") { limit, cursor, json, url };
        filter.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var (wanted, next) = (parsed.GetValue(limit), parsed.GetValue(cursor));
            var records = new List<AuditRecord>();
            do
            {
                var page = await client.ListAuditAsync(
                    filter.Of(parsed), Math.Min(100, wanted - records.Count), next, cancellationToken);
                records.AddRange(page.Items);
                next = page.NextCursor;
            }
            while (next is not null && records.Count < wanted);

            if (parsed.GetValue(json))
                CliJson.Print(terminal, new Page<AuditRecord>(records, next), CliJson.Documents.AuditPage);
            else if (records.Count == 0) terminal.ErrorScreen.Line("There are no such entries.");
            else Show(terminal, records);
            return 0;
        });
        return command;
    }

    private static Command Verify(Terminal terminal, Connections connections)
    {
        var folder = new Option<string?>("--checkpoints")
        {
            Description = "A folder with copies of checkpoints that you kept; folders in it are read too",
            HelpName = "DIR",
        };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("verify", "Find out whether an entry was edited, moved, removed or written anew")
        {
            folder, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var kept = parsed.GetValue(folder) is { } path
                ? await ReadAsync(
                    Path.Combine(terminal.Directory, path),
                    (await client.GetAuditLogAsync(cancellationToken)).Origin,
                    cancellationToken)
                : [];
            var report = await client.VerifyAuditAsync(kept, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, report, CliJson.Documents.AuditReport);
            else Show(terminal, report);
            return report.Intact ? 0 : Damaged;
        });
        return command;
    }

    private static Command Export(Terminal terminal, Connections connections)
    {
        var filter = new FilterOptions();
        var output = new Option<string?>("--output", "-o")
        {
            Description = "Where to write the lines, if not to the standard output; what is there is replaced",
            HelpName = "FILE",
        };
        var url = Connections.UrlOption();
        var command = new Command("export", "Write entries with their proofs as lines of JSON") { output, url };
        filter.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            if (parsed.GetValue(output) is not { } name)
            {
                await using var raw = terminal.OpenRawOut();
                await client.ExportAuditAsync(filter.Of(parsed), raw, cancellationToken);
                return 0;
            }

            var path = Path.Combine(terminal.Directory, name);
            var size = await ExportVerb.SaveAsync(
                path, (file, token) => client.ExportAuditAsync(filter.Of(parsed), file, token), cancellationToken);
            terminal.OutScreen.Line($"✓ {path}, {Format.Size(size)}", Tone.Good);
            return 0;
        });
        return command;
    }

    /// <summary>The copies of one log's checkpoints in a folder; of too many, the newest.</summary>
    private static async Task<List<string>> ReadAsync(string folder, string origin, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder))
            throw new CodexOSException("cli.no_such_folder", FaultKind.Invalid, $"There is no folder {folder}.");
        var kept = new List<(long Size, string Note)>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.checkpoint", SearchOption.AllDirectories))
        {
            if (new FileInfo(path).Length > CheckpointBytesMax) continue;
            var note = await File.ReadAllTextAsync(path, cancellationToken);
            // A folder may hold copies of several logs. What names none is sent as well: a damaged copy has to be told.
            var lines = note.Split('\n', 3);
            if (lines[0] != origin && lines[0].Contains('/', StringComparison.Ordinal)) continue;
            _ = long.TryParse(lines.ElementAtOrDefault(1), NumberStyles.None, CultureInfo.InvariantCulture, out var size);
            kept.Add((size, note));
        }

        if (kept.Count == 0)
        {
            throw new CodexOSException(
                "cli.no_checkpoints", FaultKind.NotFound, $"There is no copy of a checkpoint of {origin} in {folder}.");
        }

        return [.. kept.OrderByDescending(static one => one.Size).Take(CheckpointsMax).Select(static one => one.Note)];
    }

    private static void Show(Terminal terminal, AuditReport report)
    {
        var what = $"{Format.Count(report.Entries)} entries, held against "
            + $"{Format.Plural(report.Checkpoints, "checkpoint")}, {report.Copies} of them from outside of the database";
        if (report.Intact)
        {
            terminal.OutScreen.Line($"✓ The log is intact: {what}.", Tone.Good);
            return;
        }

        terminal.ErrorScreen.Line($"✗ The log is damaged: {what}.", Tone.Bad);
        foreach (var finding in report.Findings)
        {
            terminal.ErrorScreen.Line(
                ($"  {PlainText.LineOf(finding.Kind)}  ", Tone.Bold),
                ($"{PlainText.LineOf(finding.Message)} ", Tone.Plain),
                ($"({PlainText.LineOf(finding.Source)})", Tone.Dim));
        }
    }

    private static void Show(Terminal terminal, List<AuditRecord> records)
    {
        var table = new ListTable(
            new ListColumn("AT"),
            new ListColumn("ACTION"),
            new ListColumn("OUTCOME"),
            new ListColumn("ACTOR", Rank: 1),
            new ListColumn("RESOURCE", IsFlexible: true),
            new ListColumn("ID", Rank: 2));
        foreach (var record in records)
        {
            table.Add(
                $"{record.At.ToUniversalTime():yyyy-MM-dd HH:mm:ss}Z",
                new ListCell(record.Action, Tone.Bold),
                new ListCell(record.Outcome, record.Outcome == "done" ? Tone.Good : Tone.Bad),
                record.Personal.GetValueOrDefault("actor_name") ?? (record.Actor.Id.Length > 0 ? record.Actor.Id : record.Actor.Kind),
                record.Resource is { } resource ? $"{resource.Type}:{resource.Id}" : "",
                record.Id);
        }

        table.Show(terminal.OutScreen);
    }

    /// <summary>Which entries, as options.</summary>
    private sealed class FilterOptions
    {
        private readonly Option<string?> _action = new("--action")
        {
            Description = "An action, or the beginning of several, as in agents.*",
            HelpName = "ACTION",
        };

        private readonly Option<string?> _actor = new("--actor") { Description = "Who did it, by id", HelpName = "ID" };

        private readonly Option<string?> _resource = new("--resource")
        {
            Description = "What it was done to: a type, or a type and an id, as in agent:helper",
            HelpName = "TYPE[:ID]",
        };

        private readonly Option<string?> _outcome = new("--outcome") { Description = "How it ended", HelpName = "OUTCOME" };

        private readonly Option<DateTimeOffset?> _from = new("--from") { Description = "From when", HelpName = "TIME" };

        private readonly Option<DateTimeOffset?> _to = new("--to") { Description = "Until when", HelpName = "TIME" };

        public FilterOptions() => _outcome.AcceptOnlyFromAmong("done", "denied", "failed");

        public void AddTo(Command command)
        {
            foreach (var option in (Option[])[_action, _actor, _resource, _outcome, _from, _to]) command.Add(option);
        }

        public AuditFilter Of(ParseResult parsed) => new(
            parsed.GetValue(_action), parsed.GetValue(_actor), parsed.GetValue(_resource), parsed.GetValue(_outcome),
            parsed.GetValue(_from), parsed.GetValue(_to));
    }
}
