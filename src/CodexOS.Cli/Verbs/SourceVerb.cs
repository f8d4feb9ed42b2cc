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
        Update(terminal, connections),
        Sync(terminal, connections),
        Pause(terminal, connections, isPaused: true),
        Pause(terminal, connections, isPaused: false),
        Remove(terminal, connections),
    };

    private static Command Add(Terminal terminal, Connections connections)
    {
        var (name, source, where) = (BaseArgument(), SourceArgument(), new SourceOptions());
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("add", "Make a source; \"codexos kb source sync\" fetches what it has") { name, source };
        foreach (var option in where.All.Concat([json, url])) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var made = await client.CreateSourceAsync(
                parsed.GetRequiredValue(name), parsed.GetRequiredValue(source), where.PlaceOf(parsed), where.ScheduleOf(parsed),
                cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, made, CliJson.Documents.KnowledgeSource);
            else terminal.OutScreen.Line($"✓ {made.Name} is made. Fetch what it has with \"codexos kb source sync {parsed.GetRequiredValue(name)} {made.Name}\".", Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command Update(Terminal terminal, Connections connections)
    {
        var (name, source, where) = (BaseArgument(), SourceArgument(), new SourceOptions());
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var none = new Option<bool>("--no-schedule") { Description = "Synchronise by hand only" };
        var command = new Command(
            "update", "Change where a source is, or when it is synchronised; what is not named stays, an empty text takes away")
        {
            name, source,
        };
        foreach (var option in where.All.Concat([none, json, url])) command.Add(option);
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(none) && where.IsScheduled(parsed))
                parsed.AddError("Give either a schedule or --no-schedule.");
            else if (!parsed.GetValue(none) && !where.IsScheduled(parsed) && !where.IsPlaced(parsed))
                parsed.AddError("Say what shall change, for instance --folder, --include, --every or --no-schedule.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (place, wanted) = (parsed.GetRequiredValue(name), parsed.GetRequiredValue(source));
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            SourcePlace? changed = null;
            if (where.IsPlaced(parsed.CommandResult))
            {
                var now = await client.GetSourceAsync(place, wanted, cancellationToken);
                changed = where.Changed(parsed, now.Kind, now.Place);
            }

            var schedule = parsed.GetValue(none) ? new SourceSchedule() : where.ScheduleOf(parsed);
            var made = await client.ChangeSourceAsync(place, wanted, changed, schedule, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, made, CliJson.Documents.KnowledgeSource);
            else terminal.OutScreen.Line($"✓ {made.Name} is changed.", Tone.Good);
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

    private static Argument<string> BaseArgument() => new("BASE") { Description = "The knowledge base's name" };

    private static Argument<string> SourceArgument() => new("SOURCE") { Description = "The source's name" };
}
