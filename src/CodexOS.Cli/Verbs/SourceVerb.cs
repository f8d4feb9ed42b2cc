using System.CommandLine;
using System.Globalization;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos kb source</c>: the places that a knowledge base is kept in step with.</summary>
internal static class SourceVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "source", "Keep a knowledge base in step with folders, pages, repositories and buckets")
    {
        Add(terminal, connections),
        List(terminal, connections),
        Show(terminal, connections),
        Sync(terminal, connections),
        Pause(terminal, connections, isPaused: true),
        Pause(terminal, connections, isPaused: false),
        Remove(terminal, connections),
    };

    private static Command Add(Terminal terminal, Connections connections)
    {
        var (name, source) = (BaseArgument(), SourceArgument());
        var folder = Text("--folder", "A folder of the server that its operator allowed", "PATH");
        var pages = Texts("--page", "A page; can be repeated", "URL");
        var sitemap = Text("--sitemap", "A sitemap, or an index of sitemaps", "URL");
        var git = Text("--git", "A git repository", "URL");
        var s3 = Text("--s3", "The address of an S3-compatible store", "URL");
        var branch = Text("--branch", "The branch or tag of the repository", "NAME");
        var below = Text("--below", "Only what is below this folder of the repository", "PATH");
        var bucket = Text("--bucket", "The bucket of the store", "NAME");
        var prefix = Text("--prefix", "Only objects whose keys begin so", "TEXT");
        var region = Text("--region", "The region that requests to the store are signed for", "NAME");
        var accessKey = Text("--access-key", "The id of the access key of the store", "ID");
        var secret = Text("--secret", "The secret that goes with requests, or that signs them, by name", "NAME");
        var hosts = Texts("--host", "A further host whose pages are taken; can be repeated", "HOST");
        var pagesMax = new Option<int?>("--pages-max") { Description = "How many pages of the sitemap are taken", HelpName = "N" };
        var pause = new Option<int?>("--pause-ms") { Description = "Milliseconds between two requests to a web server", HelpName = "N" };
        var include = Texts("--include", "A pattern of what alone is taken; can be repeated", "PATTERN");
        var exclude = Texts("--exclude", "A pattern of what is left out; can be repeated", "PATTERN");
        var every = new Option<int?>("--every") { Description = "Synchronise every so many minutes", HelpName = "MINUTES" };
        var cron = Text("--cron", "Synchronise by a cron expression of five fields", "EXPRESSION");
        var zone = Text("--zone", "The time zone of the cron expression, if not UTC", "ZONE");
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("add", "Make a source; \"codexos kb source sync\" fetches what it has")
        {
            name, source, folder, pages, sitemap, git, s3, branch, below, bucket, prefix, region, accessKey, secret, hosts,
            pagesMax, pause, include, exclude, every, cron, zone, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (own, others) = (parsed.GetValue(secret), Some(parsed.GetValue(hosts)));
            var place = new SourcePlace(
                parsed.GetValue(folder) is { } path ? new FolderPlace(path) : null,
                Some(parsed.GetValue(pages)) is { } wanted ? new WebPlace(wanted, others, own, parsed.GetValue(pause)) : null,
                parsed.GetValue(sitemap) is { } map
                    ? new SitemapPlace(map, parsed.GetValue(pagesMax), others, own, parsed.GetValue(pause))
                    : null,
                parsed.GetValue(git) is { } repository
                    ? new GitPlace(repository, parsed.GetValue(branch), parsed.GetValue(below), own)
                    : null,
                parsed.GetValue(s3) is { } store
                    ? new S3Place(
                        store, parsed.GetValue(bucket) ?? "", parsed.GetValue(prefix), parsed.GetValue(region),
                        parsed.GetValue(accessKey), own)
                    : null,
                Some(parsed.GetValue(include)), Some(parsed.GetValue(exclude)));
            var schedule = new SourceSchedule(parsed.GetValue(cron), parsed.GetValue(zone), parsed.GetValue(every));
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var made = await client.CreateSourceAsync(
                parsed.GetRequiredValue(name), parsed.GetRequiredValue(source), place,
                schedule is { Cron: null, EveryMinutes: null } ? null : schedule, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, made, CliJson.Documents.KnowledgeSource);
            else terminal.OutScreen.Line($"✓ {made.Name} is made. Fetch what it has with \"codexos kb source sync {parsed.GetRequiredValue(name)} {made.Name}\".", Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command List(Terminal terminal, Connections connections)
    {
        var name = BaseArgument();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("ls", "List the sources of a knowledge base") { name, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllSourcesAsync(parsed.GetRequiredValue(name), cancellationToken)
                .ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<KnowledgeSource>(all), CliJson.Documents.KnowledgeSourcePage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("NAME"), new ListColumn("KIND"), new ListColumn("STATE"), new ListColumn("DOCUMENTS", IsNumber: true),
                new ListColumn("LAST"), new ListColumn("NEXT", Rank: 1), new ListColumn("RESULT", IsFlexible: true));
            foreach (var each in all)
            {
                table.Add(
                    new ListCell(each.Name, Tone.Bold), each.Kind, Word(each.State), $"{each.Documents}",
                    each.LastResult is { } last ? new ListCell(Word(last.Outcome), ToneOf(last.Outcome)) : "", TimeOf(each.NextAt),
                    each.LastResult is { } result ? Counts(result) : "");
            }

            if (table.Count == 0) terminal.ErrorScreen.Line("There are no sources. Make one with \"codexos kb source add\".");
            else table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Show(Terminal terminal, Connections connections)
    {
        var (name, source) = (BaseArgument(), SourceArgument());
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("show", "Show a source and what came of its last sync") { name, source, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var found = await client.GetSourceAsync(
                parsed.GetRequiredValue(name), parsed.GetRequiredValue(source), cancellationToken);
            Tell(terminal, found, parsed.GetValue(json));
            return 0;
        });
        return command;
    }

    private static Command Sync(Terminal terminal, Connections connections)
    {
        var (name, source) = (BaseArgument(), SourceArgument());
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json("Print the source as one JSON document at the end"));
        var command = new Command("sync", "Bring the base in step with a source, and follow it") { name, source, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (place, wanted) = (parsed.GetRequiredValue(name), parsed.GetRequiredValue(source));
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var started = await client.SyncSourceAsync(place, wanted, cancellationToken);
            await RunFollower.FollowToSuccessAsync(terminal, client, started, cancellationToken);
            Tell(terminal, await client.GetSourceAsync(place, wanted, cancellationToken), parsed.GetValue(json));
            return 0;
        });
        return command;
    }

    private static Command Pause(Terminal terminal, Connections connections, bool isPaused)
    {
        var (name, source, url) = (BaseArgument(), SourceArgument(), Connections.UrlOption());
        var command = isPaused
            ? new Command("pause", "Let the schedule of a source rest") { name, source, url }
            : new Command("resume", "Let the schedule of a source work again") { name, source, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var now = await client.PauseSourceAsync(
                parsed.GetRequiredValue(name), parsed.GetRequiredValue(source), isPaused, cancellationToken);
            terminal.OutScreen.Line(
                isPaused ? $"✓ {PlainText.LineOf(now.Name)} rests"
                : now.NextAt is null ? $"✓ {PlainText.LineOf(now.Name)} has no schedule; sync it by hand"
                : $"✓ {PlainText.LineOf(now.Name)} is synchronised next at {TimeOf(now.NextAt)}",
                Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command Remove(Terminal terminal, Connections connections)
    {
        var (name, source, url) = (BaseArgument(), SourceArgument(), Connections.UrlOption());
        var with = new Option<bool>("--with-documents") { Description = "Delete its documents too; without it they stay in the base" };
        var command = new Command("rm", "Delete a source") { name, source, with, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.DeleteSourceAsync(
                parsed.GetRequiredValue(name), parsed.GetRequiredValue(source), parsed.GetValue(with), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(source))} is deleted", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static void Tell(Terminal terminal, KnowledgeSource source, bool isJson)
    {
        if (isJson)
        {
            CliJson.Print(terminal, source, CliJson.Documents.KnowledgeSource);
            return;
        }

        terminal.OutScreen.Line($"{source.Name}: {source.Kind}, {Word(source.State)}, {source.Documents} documents");
        if (source.NextAt is not null) terminal.OutScreen.Line($"next at {TimeOf(source.NextAt)}");
        if (source.LastResult is not { } last) return;
        terminal.OutScreen.Line($"{Word(last.Outcome)} at {TimeOf(last.EndedAt)}: {Counts(last)}", ToneOf(last.Outcome));
        if (last.FaultMessage is { } why) terminal.OutScreen.Line($"  {PlainText.LineOf(why)} ({last.FaultCode})", Tone.Bad);
        foreach (var failure in last.Failures)
        {
            var item = failure.Item.Length == 0 ? "" : $"{PlainText.LineOf(failure.Item)}: ";
            terminal.OutScreen.Line($"  {item}{PlainText.LineOf(failure.Message)} ({failure.Code})", Tone.Warn);
        }
    }

    private static string Counts(SyncResult result) =>
        $"{result.Added} added, {result.Changed} changed, {result.Unchanged} unchanged, {result.Removed} removed, {result.Failed} failed";

    private static string TimeOf(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture) ?? "";

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static Tone ToneOf(SyncOutcome outcome) => outcome switch
    {
        SyncOutcome.Completed => Tone.Good,
        SyncOutcome.Failed => Tone.Bad,
        _ => Tone.Warn,
    };

    private static string[]? Some(string[]? texts) => texts is { Length: > 0 } ? texts : null;

    private static Option<string?> Text(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help };

    private static Option<string[]> Texts(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help };

    private static Argument<string> BaseArgument() => new("BASE") { Description = "The knowledge base's name" };

    private static Argument<string> SourceArgument() => new("SOURCE") { Description = "The source's name" };
}
