using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos privacy holds</c>: what must not be erased or removed.</summary>
internal static class HoldsVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var all = new Option<bool>("--all", "-a") { Description = "Those that were lifted too" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("holds", "List, place and lift legal holds")
        {
            all, json, url, Place(terminal, connections), Lift(terminal, connections),
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var holds = await client.ListAllHoldsAsync(cancellationToken)
                .Where(hold => parsed.GetValue(all) || hold.LiftedAt is null).ToListAsync(cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, new Page<LegalHold>(holds), CliJson.Documents.LegalHoldPage);
            else if (holds.Count == 0) terminal.ErrorScreen.Line("Nothing is on hold.");
            else Show(terminal, holds);
            return 0;
        });
        return command;
    }

    private static Command Place(Terminal terminal, Connections connections)
    {
        var kind = new Argument<string>("KIND") { Description = "subject, run or tenant" };
        kind.AcceptOnlyFromAmong("subject", "run", "tenant");
        var target = new Argument<string?>("ID") { Description = "The person or run", Arity = ArgumentArity.ZeroOrOne };
        var reason = new Option<string>("--reason") { Description = "Why, for instance the number of a case", HelpName = "TEXT", Required = true };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("place", "Keep something from being erased or removed") { kind, target, reason, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var hold = await client.PlaceHoldAsync(
                Enum.Parse<HoldKind>(parsed.GetRequiredValue(kind), ignoreCase: true), parsed.GetValue(target),
                parsed.GetRequiredValue(reason), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, hold, CliJson.Documents.LegalHold);
            else terminal.OutScreen.Line($"✓ {hold.Id} is in force", Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command Lift(Terminal terminal, Connections connections)
    {
        var id = new Argument<string>("HOLD") { Description = "The hold, hld_…" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("lift", "Lift a hold") { id, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var hold = await client.LiftHoldAsync(parsed.GetRequiredValue(id), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, hold, CliJson.Documents.LegalHold);
            else terminal.OutScreen.Line($"■ {hold.Id} is lifted", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static void Show(Terminal terminal, List<LegalHold> holds)
    {
        var table = new ListTable(
            new ListColumn("HOLD"), new ListColumn("ON"), new ListColumn("REASON", IsFlexible: true),
            new ListColumn("SINCE", Rank: 1), new ListColumn("LIFTED", Rank: 2));
        var now = terminal.Clock.GetUtcNow();
        foreach (var hold in holds)
        {
            table.Add(
                hold.Id, hold.Target ?? "the whole tenant", hold.Reason, $"{Format.Age(now - hold.PlacedAt)} ago",
                hold.LiftedAt is { } at ? $"{Format.Age(now - at)} ago" : "–");
        }

        table.Show(terminal.OutScreen);
    }
}
