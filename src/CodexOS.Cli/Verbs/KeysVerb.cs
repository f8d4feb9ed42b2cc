using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos keys</c>: the encryption keys of the tenant. No key is ever shown.</summary>
internal static class KeysVerb
{
    /// <summary>The exit code when a value could not be opened; everything else was rotated.</summary>
    public const int Unreadable = 1;

    public static Command Create(Terminal terminal, Connections connections) => new(
        "keys", "List and rotate the keys that everything confidential is sealed under")
    {
        List(terminal, connections),
        Rotate(terminal, connections),
    };

    private static Command List(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List the versions of the keys, newest first") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllKeysAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, new Page<KeyVersion>(all), CliJson.Documents.KeyPage);
            else if (all.Count == 0) terminal.ErrorScreen.Line("There are no keys yet: nothing confidential was stored.");
            else Show(terminal, all);
            return 0;
        });
        return command;
    }

    private static Command Rotate(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json("Print what it came to as one JSON document at the end"));
        var command = new Command("rotate", "Replace the keys and seal everything anew, while they are in use, and follow it")
        {
            json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var started = await client.RotateKeysAsync(cancellationToken);
            var ended = await RunFollower.FollowToSuccessAsync(terminal, client, started, cancellationToken);
            var report = (await client.GetKeyRotationAsync(ended.Id, cancellationToken)).Report
                ?? throw new CodexOSException("cli.no_report", FaultKind.NotFound, $"The server kept no report of {ended.Id}.");
            if (parsed.GetValue(json)) CliJson.Print(terminal, report, CliJson.Documents.KeyRotationReport);
            else Show(terminal, report);
            return report.ValuesUnreadable == 0 ? 0 : Unreadable;
        });
        return command;
    }

    private static void Show(Terminal terminal, KeyRotationReport report)
    {
        terminal.OutScreen.Line(
            $"✓ {Format.Plural(report.KeysWrapped, "key")} wrapped and {Format.Plural(report.ValuesSealed, "value")} sealed anew",
            Tone.Good);
        terminal.OutScreen.Line(
            $"The tenant key is at version {report.After.Tenant} now, the data key at version {report.After.Data}.", Tone.Dim);
        terminal.OutScreen.Line(
            report.KeysRetired > 0
                ? $"{Format.Plural(report.KeysRetired, "old version")} retired"
                : "Old versions are retired when no server may still hold them in memory, in a minute or so.",
            Tone.Dim);
        if (report.ValuesUnreadable > 0)
        {
            terminal.ErrorScreen.Line(
                $"✗ {Format.Plural(report.ValuesUnreadable, "value")} could not be opened and stay under the old key; the log says where.",
                Tone.Bad);
        }
    }

    private static void Show(Terminal terminal, List<KeyVersion> all)
    {
        var table = new ListTable(
            new ListColumn("PURPOSE"),
            new ListColumn("VERSION", IsNumber: true),
            new ListColumn("STATUS"),
            new ListColumn("USES", IsNumber: true),
            new ListColumn("CREATED", Rank: 1),
            new ListColumn("SUBJECT", IsFlexible: true),
            new ListColumn("ID", Rank: 2));
        var now = terminal.Clock.GetUtcNow();
        foreach (var key in all)
        {
            table.Add(
                new ListCell(key.Purpose, Tone.Bold),
                $"{key.Version}",
                new ListCell(key.Status, key.Status == "active" ? Tone.Good : Tone.Dim),
                $"{key.Uses}",
                $"{Format.Age(now - key.CreatedAt)} ago",
                key.Subject ?? "",
                key.Id);
        }

        table.Show(terminal.OutScreen);
    }
}
