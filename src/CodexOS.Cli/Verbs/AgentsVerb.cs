using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos agents [list]</c> and <c>codexos agents show NAME</c>.</summary>
internal static class AgentsVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var command = List("agents", "List the agents, or show one", terminal, connections);
        command.Add(List("list", "List the agents", terminal, connections));
        command.Add(Show(terminal, connections));
        return command;
    }

    private static Command List(string name, string description, Terminal terminal, Connections connections)
    {
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command(name, description) { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var agents = await client.ListAllAgentsAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<AgentSummary>(agents), CliJson.Documents.AgentPage);
                return 0;
            }

            if (agents.Count == 0)
            {
                terminal.ErrorScreen.Line("There are no agents yet. Make one with \"codexos apply -f agent.yaml\".");
                return 0;
            }

            var table = new ListTable(
                new ListColumn("AGENT"),
                new ListColumn("VERSION", Rank: 2, IsNumber: true),
                new ListColumn("MODEL", Rank: 3),
                new ListColumn("TOOLS", Rank: 4, IsNumber: true),
                new ListColumn("UPDATED", Rank: 5),
                new ListColumn("DESCRIPTION", Rank: 1, IsFlexible: true));
            var now = terminal.Clock.GetUtcNow();
            foreach (var agent in agents)
            {
                table.Add(
                    new ListCell(agent.Name, Tone.Bold),
                    $"{agent.Version}",
                    agent.Model ?? "",
                    $"{agent.Tools.Count}",
                    $"{Format.Age(now - agent.UpdatedAt)} ago",
                    agent.Description ?? agent.Title ?? "");
            }

            table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Show(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("NAME") { Description = "The agent's name or id" };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("show", "Show an agent with its definition") { name, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var agent = await client.GetAgentAsync(parsed.GetRequiredValue(name), cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, agent, CliJson.Documents.Agent);
                return 0;
            }

            var screen = terminal.OutScreen;
            screen.Line(
                (PlainText.LineOf(agent.Name), Tone.Bold), ($"  version {agent.Version}  {agent.Id}", Tone.Dim));
            if (PlainText.LineOf(agent.Description) is { Length: > 0 } description) screen.Line(description);
            screen.Line(("model   ", Tone.Dim), (PlainText.LineOf(agent.Model), Tone.Plain));
            screen.Line(("tools   ", Tone.Dim), (PlainText.LineOf(string.Join(", ", agent.Tools)), Tone.Plain));
            screen.Line(("limits  ", Tone.Dim), (LimitsOf(agent.Limits), Tone.Plain));
            screen.Line();
            screen.Line(PlainText.Of(agent.Definition).TrimEnd('\n'));
            return 0;
        });
        return command;
    }

    private static string LimitsOf(AgentLimits limits) =>
        $"{Format.Plural(limits.StepsMax, "step")}, "
        + $"{Format.Duration(TimeSpan.FromSeconds(limits.WallTimeMaxSeconds))}, "
        + $"{Format.Plural(limits.TokensMax, "token")}, {Format.Money(limits.CostMaxMicroUsd)}";
}
