using System.CommandLine;
using System.Globalization;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos privacy</c>: export and erase persons' data, legal holds, and how long data is kept.</summary>
internal static class PrivacyVerb
{
    private const string Default = "default";

    public static Command Create(Terminal terminal, Connections connections) => new(
        "privacy", "Export and erase persons' data, place legal holds, set how long data is kept")
    {
        Export(terminal, connections),
        Erase(terminal, connections),
        Erasures(terminal, connections),
        Receipt(terminal, connections),
        HoldsVerb.Create(terminal, connections),
        Retention(terminal, connections),
    };

    private static Command Export(Terminal terminal, Connections connections)
    {
        var person = PersonArgument();
        var output = new Option<string>("--output", "-o")
        {
            Description = "Where to write the archive; what is there is replaced",
            HelpName = "FILE",
            Required = true,
        };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json("Print the run as one JSON document when the archive is there");
        var command = new Command("export", "Download all data of a person as a zip archive") { person, output, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var started = await client.StartSubjectExportAsync(parsed.GetRequiredValue(person), cancellationToken);
            var ended = await RunFollower.FollowToSuccessAsync(terminal, client, started, cancellationToken);
            var path = Path.Combine(terminal.Directory, parsed.GetRequiredValue(output));
            var size = await ExportVerb.SaveAsync(
                path, (file, token) => client.DownloadSubjectExportAsync(ended.Id, file, token), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, ended, CliJson.Documents.Run);
            else terminal.OutScreen.Line($"✓ {path}, {Format.Size(size)}", Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command Erase(Terminal terminal, Connections connections)
    {
        var person = PersonArgument();
        var confirm = new Option<string>("--confirm")
        {
            Description = "The person's address once more, because this cannot be undone; of somebody who has left, the id",
            HelpName = "ADDRESS",
            Required = true,
        };
        var runs = new Option<bool>("--delete-runs") { Description = "Delete the runs that they started too, with all events" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("erase", "Erase a person for good, and print the signed receipt") { person, confirm, runs, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var started = await client.StartErasureAsync(
                parsed.GetRequiredValue(person), parsed.GetRequiredValue(confirm), parsed.GetValue(runs), cancellationToken);
            var ended = await RunFollower.FollowToSuccessAsync(terminal, client, started, cancellationToken);
            var erasure = await client.GetErasureAsync(ended.Id, cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, erasure, CliJson.Documents.Erasure);
                return 0;
            }

            terminal.ErrorScreen.Line($"✓ {erasure.Subject} is erased. The receipt:", Tone.Good);
            terminal.Out.Write(PlainText.Of(erasure.Receipt));
            return 0;
        });
        return command;
    }

    private static Command Erasures(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("erasures", "List who was erased, newest first") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllErasuresAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<Erasure>(all), CliJson.Documents.ErasurePage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("RUN"), new ListColumn("PERSON"), new ListColumn("ASKED FOR BY", Rank: 1), new ListColumn("DONE"));
            var now = terminal.Clock.GetUtcNow();
            foreach (var each in all) table.Add(each.RunId, each.Subject, each.RequestedBy, $"{Format.Age(now - each.At)} ago");
            if (table.Count == 0) terminal.ErrorScreen.Line("Nobody was erased.");
            else table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Receipt(Terminal terminal, Connections connections)
    {
        var run = new Argument<string>("RUN") { Description = "The erasure's run" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json("Print one JSON document, with the key to check it with"));
        var command = new Command("receipt", "Print the signed receipt of an erasure") { run, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var erasure = await client.GetErasureAsync(parsed.GetRequiredValue(run), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, erasure, CliJson.Documents.Erasure);
            else terminal.Out.Write(PlainText.Of(erasure.Receipt));
            return 0;
        });
        return command;
    }

    private static Command Retention(Terminal terminal, Connections connections)
    {
        var kind = new Argument<string?>("KIND") { Description = "What to set", Arity = ArgumentArity.ZeroOrOne };
        var days = new Argument<string?>("DAYS")
        {
            Description = "For how many days it is kept; default leaves it to the server",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("retention", "Show how long each kind of data is kept, or set it for one") { kind, days, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            IReadOnlyList<RetentionState> states = parsed.GetValue(kind) is { } wanted
                ? [await client.SetRetentionAsync(wanted, DaysOf(parsed.GetValue(days)), cancellationToken)]
                : await client.ListRetentionAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<RetentionState>(states), CliJson.Documents.RetentionPage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("KIND"), new ListColumn("KEPT"), new ListColumn("SET BY", Rank: 1),
                new ListColumn("WHAT", IsFlexible: true));
            foreach (var each in states)
            {
                table.Add(
                    new ListCell(each.Kind, Tone.Bold), each.Days is { } kept ? $"{kept} days" : "for good",
                    each.IsSet ? "tenant" : "server", each.Summary);
            }

            table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Argument<string> PersonArgument() => new("PERSON") { Description = "Their id, usr_…; codexos members list shows it" };

    private static int? DaysOf(string? text) => text switch
    {
        Default => null,
        { } given when int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var days) => days,
        _ => throw new CodexOSException("cli.bad_days", FaultKind.Invalid, $"Say for how many days, or {Default}."),
    };
}
