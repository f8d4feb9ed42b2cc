using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos nodes</c>: lists the processes that work on the installation's database.</summary>
internal static class NodesVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("nodes", "List the nodes of the installation") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var nodes = await client.ListNodesAsync(cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, new Page<ClusterNode>(nodes), CliJson.Documents.NodePage);
            else Show(terminal, nodes);
            return 0;
        });
        return command;
    }

    private static void Show(Terminal terminal, IReadOnlyList<ClusterNode> nodes)
    {
        var table = new ListTable(
            new ListColumn("NODE", IsFlexible: true),
            new ListColumn("ROLES"),
            new ListColumn("STATE"),
            new ListColumn("RUNS", IsNumber: true),
            new ListColumn("UP", Rank: 2, IsNumber: true),
            new ListColumn("SEEN", Rank: 3, IsNumber: true),
            new ListColumn("VERSION", Rank: 4),
            new ListColumn("ADDRESS", Rank: 5),
            new ListColumn("URL", Rank: 1));
        var now = terminal.Clock.GetUtcNow();
        foreach (var node in nodes)
        {
            table.Add(
                new ListCell(node.Leads ? $"{node.Name} *" : node.Name, Tone.Bold),
                node.Roles,
                StateOf(node),
                $"{node.RunsCount}",
                Format.Age(now - node.StartedAt),
                node.AliveAt is { } alive ? Format.Age(now - alive) : "never",
                node.Version,
                node.Address,
                node.Url ?? "");
        }

        table.Show(terminal.OutScreen);
        terminal.ErrorScreen.Line("* looks for due timers and for runs of dead nodes", Tone.Dim);
    }

    private static ListCell StateOf(ClusterNode node) => node.State switch
    {
        ClusterNodeState.Active => new ListCell("✓ active", Tone.Good),
        ClusterNodeState.Joining => new ListCell("… joining", Tone.Info),
        ClusterNodeState.Draining => new ListCell("… draining", Tone.Warn),
        ClusterNodeState.Dead => new ListCell("✗ dead", Tone.Bad),
        _ => new ListCell("unknown", Tone.Dim),
    };
}
