using System.CommandLine;
using CodexOS.Cli.Evidence;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos evidence</c>: signed bundles that show auditors how a tenant was run in a period.</summary>
internal static class EvidenceVerb
{
    /// <summary>The exit code when a bundle is not what the server made.</summary>
    public const int Damaged = 1;

    public static Command Create(Terminal terminal, Connections connections) => new(
        "evidence", "Make, download and verify signed bundles of evidence for audits")
    {
        Make(terminal, connections),
        List(terminal, connections),
        Download(terminal, connections),
        Remove(terminal, connections),
        Key(terminal, connections),
        Verify(terminal, connections),
    };

    private static Command Make(Terminal terminal, Connections connections)
    {
        var from = TimeOption("--from", "The beginning of the period");
        var to = TimeOption("--to", "Its end, that instant excluded; not in the future");
        var output = new Option<string?>("--out", "-o")
        {
            Description = "Where to write the archive at the end; what is there is replaced",
            HelpName = "FILE",
        };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json("Print the run as one JSON document at the end");
        var command = new Command("create", "Make a bundle of a period, and follow it") { from, to, output, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var started = await client.CreateEvidenceAsync(
                parsed.GetRequiredValue(from), parsed.GetRequiredValue(to), cancellationToken);
            var ended = await RunFollower.FollowToSuccessAsync(terminal, client, started, cancellationToken);
            if (parsed.GetValue(output) is { } name) await SaveAsync(terminal, client, ended.Id, name, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, ended, CliJson.Documents.Run);
            else terminal.OutScreen.Line(PlainText.LineOf($"✓ {ended.Id}: {ended.Output}"), Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command List(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List the bundles that can be downloaded, newest first") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllEvidenceAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<EvidenceBundle>(all), CliJson.Documents.EvidencePage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("RUN"), new ListColumn("FROM"), new ListColumn("TO"), new ListColumn("SIZE", IsNumber: true),
                new ListColumn("FILES", IsNumber: true, Rank: 1), new ListColumn("EXPIRES", Rank: 1),
                new ListColumn("ASKED FOR BY", Rank: 2));
            foreach (var each in all)
            {
                table.Add(
                    each.RunId, Day(each.From), Day(each.To), Format.Size(each.SizeBytes), $"{each.Files}", Day(each.ExpiresAt),
                    each.RequestedBy);
            }

            if (table.Count == 0) terminal.ErrorScreen.Line("There are no bundles.");
            else table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Download(Terminal terminal, Connections connections)
    {
        var run = RunArgument();
        var output = new Option<string>("--output", "-o")
        {
            Description = "Where to write the archive; what is there is replaced",
            HelpName = "FILE",
            Required = true,
        };
        var url = Connections.UrlOption();
        var command = new Command("download", "Download a bundle; that is recorded in the audit log") { run, output, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await SaveAsync(
                terminal, client, parsed.GetRequiredValue(run), parsed.GetRequiredValue(output), cancellationToken);
            return 0;
        });
        return command;
    }

    private static Command Remove(Terminal terminal, Connections connections)
    {
        var (run, url) = (RunArgument(), Connections.UrlOption());
        var command = new Command("rm", "Delete a bundle before it expires") { run, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.DeleteEvidenceAsync(parsed.GetRequiredValue(run), cancellationToken);
            terminal.ErrorScreen.Line(PlainText.LineOf($"✓ The bundle of {parsed.GetRequiredValue(run)} is gone."), Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command Key(Terminal terminal, Connections connections)
    {
        var url = Connections.UrlOption();
        var command = new Command("key", "Print the key that bundles are verified with; keep it where the server cannot change it") { url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            terminal.OutScreen.Line(PlainText.LineOf((await client.GetAuditLogAsync(cancellationToken)).VerifierKey));
            return 0;
        });
        return command;
    }

    private static Command Verify(Terminal terminal, Connections connections)
    {
        var file = new Argument<string>("FILE") { Description = "The archive" };
        var key = new Option<string?>("--key")
        {
            Description = "The key that codexos evidence key printed once; without it the server is asked for it, and nothing else",
            HelpName = "KEY",
        };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("verify", "Find out whether a bundle is what the server made") { file, key, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = Path.Combine(terminal.Directory, parsed.GetRequiredValue(file));
            if (!File.Exists(path))
                throw new CodexOSException("cli.no_such_file", FaultKind.Invalid, $"There is no file {path}.");
            var text = parsed.GetValue(key) ?? await AskAsync(connections, parsed.GetValue(url), cancellationToken);
            if (!VerifierKey.TryParse(text, out var known))
                throw new CodexOSException("cli.bad_verifier_key", FaultKind.Invalid, "This is no key: name+id+key, as codexos evidence key prints it.");
            var report = await CheckAsync(path, known, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, report, CliJson.Documents.EvidenceReport);
            else Show(terminal, report);
            return report.Intact ? 0 : Damaged;
        });
        return command;
    }

    private static async Task<string> AskAsync(Connections connections, Uri? url, CancellationToken cancellationToken) =>
        (await (await connections.OpenAsync(url, cancellationToken)).GetAuditLogAsync(cancellationToken)).VerifierKey;

    private static async Task<EvidenceReport> CheckAsync(string path, VerifierKey key, CancellationToken cancellationToken)
    {
        await using var archive = File.OpenRead(path);
        try
        {
            return await new BundleCheck(key).RunAsync(archive, cancellationToken);
        }
        catch (InvalidDataException error)
        {
            return new EvidenceReport(
                false, null, null, null, null, null, 0, 0, 0, [],
                [new EvidenceFinding("archive_damaged", Path.GetFileName(path), $"The file is no whole zip archive: {error.Message}")]);
        }
    }

    private static void Show(Terminal terminal, EvidenceReport report)
    {
        var what = report.Tenant is null
            ? ""
            : $": {report.Tenant}, {Day(report.From!.Value)} to {Day(report.To!.Value)}, {Format.Plural(report.Files, "file")}, "
                + $"{Format.Count(report.Entries)} entries and {Format.Plural(report.Checkpoints, "checkpoint")} proved";
        if (report.NotRecorded.Count > 0)
            terminal.ErrorScreen.Line(PlainText.LineOf($"Not recorded by the server: {string.Join(", ", report.NotRecorded)}"), Tone.Dim);
        if (report.Intact)
        {
            terminal.OutScreen.Line(PlainText.LineOf($"✓ The bundle is what the server made{what}."), Tone.Good);
            return;
        }

        terminal.ErrorScreen.Line(PlainText.LineOf($"✗ The bundle is not what the server made{what}."), Tone.Bad);
        foreach (var finding in report.Findings)
        {
            terminal.ErrorScreen.Line(
                ($"  {PlainText.LineOf(finding.Code)}  ", Tone.Bold), ($"{PlainText.LineOf(finding.Message)} ", Tone.Plain),
                ($"({PlainText.LineOf(finding.File)})", Tone.Dim));
        }
    }

    private static async Task SaveAsync(
        Terminal terminal, CodexOSClient client, string run, string name, CancellationToken cancellationToken)
    {
        var path = Path.Combine(terminal.Directory, name);
        var size = await ExportVerb.SaveAsync(
            path, (file, token) => client.DownloadEvidenceAsync(run, file, token), cancellationToken);
        terminal.ErrorScreen.Line(PlainText.LineOf($"✓ {path}, {Format.Size(size)}"), Tone.Good);
    }

    private static Option<DateTimeOffset> TimeOption(string name, string description) =>
        new(name) { Description = description, HelpName = "TIME", Required = true };

    private static Argument<string> RunArgument() =>
        new("RUN") { Description = "The run that made it; codexos evidence list shows it" };

    private static string Day(DateTimeOffset at) => $"{at.ToUniversalTime():yyyy-MM-dd}";
}
