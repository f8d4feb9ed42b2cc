using System.CommandLine;
using System.Text.Json;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos standing</c>: approvals that are given in advance.</summary>
internal static class StandingVerb
{
    private const int UsesUsual = 10;
    private const int HoursUsual = 24;

    public static Command Create(Terminal terminal, Connections connections) => new(
        "standing", "Give, list and revoke approvals in advance")
    {
        CreateList(terminal, connections),
        CreateGive(terminal, connections),
        CreateRevoke(terminal, connections),
    };

    private static Command CreateList(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List approvals that were given in advance, newest first") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllStandingApprovalsAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
                CliJson.Print(terminal, new Page<StandingApproval>(all), CliJson.Documents.StandingApprovalPage);
            else if (all.Count == 0) terminal.ErrorScreen.Line("No approval was given in advance.");
            else Show(terminal, all);
            return 0;
        });
        return command;
    }

    private static Command CreateGive(Terminal terminal, Connections connections)
    {
        var agent = new Argument<string>("AGENT") { Description = "The agent's name" };
        var tool = new Argument<string>("TOOL") { Description = "The tool" };
        var arguments = new Option<string[]>("--arg")
        {
            Description = "What an argument must have, such as path=src/*; can be repeated",
            HelpName = "NAME=PATTERN",
        };
        var uses = new Option<int>("--uses") { Description = "How often", HelpName = "N", DefaultValueFactory = static _ => UsesUsual };
        var hours = new Option<int>("--hours") { Description = "For how long", HelpName = "N", DefaultValueFactory = static _ => HoursUsual };
        var note = new Option<string?>("--note") { Description = "Why", HelpName = "TEXT" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("give", "Approve calls of an agent in advance; never one that breaks a rule")
        {
            agent, tool, arguments, uses, hours, note, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var given = await client.GiveStandingApprovalAsync(
                new StandingApprovalRequest(
                    parsed.GetRequiredValue(agent),
                    parsed.GetRequiredValue(tool),
                    parsed.GetValue(uses),
                    (int)Math.Min(int.MaxValue, parsed.GetValue(hours) * 3_600L),
                    RulesOf(parsed.GetValue(arguments) ?? []),
                    parsed.GetValue(note)),
                cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, given, CliJson.Documents.StandingApproval);
            else terminal.OutScreen.Line($"✓ {given.Id} holds for {given.UsesMax} calls until {given.ExpiresAt:u}", Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command CreateRevoke(Terminal terminal, Connections connections)
    {
        var id = new Argument<string>("ID") { Description = "The approval, sap_…" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("revoke", "Revoke an approval that was given in advance") { id, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var revoked = await client.RevokeStandingApprovalAsync(parsed.GetRequiredValue(id), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, revoked, CliJson.Documents.StandingApproval);
            else terminal.OutScreen.Line($"■ {revoked.Id} is revoked", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Dictionary<string, JsonElement> RulesOf(string[] given)
    {
        var rules = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var rule in given)
        {
            var at = rule.IndexOf('=', StringComparison.Ordinal);
            if (at < 1)
            {
                throw new CodexOSException(
                    "cli.bad_argument_rule", FaultKind.Invalid, $"'{rule}' is no rule for an argument; write NAME=PATTERN.");
            }

            rules[rule[..at]] = JsonElement.Parse(JsonSerializer.SerializeToUtf8Bytes(rule[(at + 1)..], CliJson.Lines.String));
        }

        return rules;
    }

    private static void Show(Terminal terminal, List<StandingApproval> all)
    {
        var table = new ListTable(
            new ListColumn("ID"),
            new ListColumn("AGENT"),
            new ListColumn("TOOL"),
            new ListColumn("USES", IsNumber: true),
            new ListColumn("STATE"),
            new ListColumn("BY", Rank: 2),
            new ListColumn("ARGUMENTS", IsFlexible: true));
        var now = terminal.Clock.GetUtcNow();
        foreach (var each in all)
        {
            table.Add(
                new ListCell(each.Id, each.IsOpen ? Tone.Bold : Tone.Dim),
                each.Agent,
                each.Tool,
                $"{each.Uses}/{each.UsesMax}",
                each.IsOpen ? $"{Format.Age(each.ExpiresAt - now)} left" : each.RevokedAt is null ? "over" : "revoked",
                each.CreatedBy ?? "",
                each.Arguments.ToString());
        }

        table.Show(terminal.OutScreen);
    }
}
