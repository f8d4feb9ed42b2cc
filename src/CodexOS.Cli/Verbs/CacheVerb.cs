using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos cache</c>: answers that agents give again to tasks that mean the same.</summary>
internal static class CacheVerb
{
    public static Command Create(Terminal terminal, Connections connections) =>
        new("cache", "List, clear and switch off answers that agents give again to tasks that mean the same")
        {
            List(terminal, connections), Clear(terminal, connections), Switch(terminal, connections, isOn: true),
            Switch(terminal, connections, isOn: false), Status(terminal, connections),
        };

    private static Command List(Terminal terminal, Connections connections)
    {
        var agent = Agent();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List answers that are kept, newest first, without what they say") { agent, json, url };
        command.Aliases.Add("ls");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = client.ListAllCachedAnswersAsync(parsed.GetValue(agent), cancellationToken);
            var answers = await all.ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
                CliJson.Print(terminal, new Page<CachedAnswer>(answers), CliJson.Documents.CachedAnswerPage);
            else if (answers.Count == 0) terminal.ErrorScreen.Line("No answer is kept.");
            else Show(terminal, answers);
            return 0;
        });
        return command;
    }

    private static Command Clear(Terminal terminal, Connections connections)
    {
        var agent = Agent();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("clear", "Remove all answers, or those of an agent") { agent, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var cleared = await client.ClearCachedAnswersAsync(parsed.GetValue(agent), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, cleared, CliJson.Documents.CacheCleared);
            else terminal.OutScreen.Line($"✓ {Format.Plural(cleared.Removed, "answer")} removed", Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command Switch(Terminal terminal, Connections connections, bool isOn)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = isOn
            ? new Command("on", "Let those agents of the tenant give answers again whose definitions ask for it") { json, url }
            : new Command("off", "Let no agent of the tenant give answers again, and remove what is kept") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            Show(terminal, await client.SetSemanticCacheAsync(isOn, cancellationToken), parsed.GetValue(json));
            return 0;
        });
        return command;
    }

    private static Command Status(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("status", "Tell whether agents of the tenant may give answers again") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            Show(terminal, await client.GetSemanticCacheAsync(cancellationToken), parsed.GetValue(json));
            return 0;
        });
        return command;
    }

    private static void Show(Terminal terminal, SemanticCacheSetting now, bool asJson)
    {
        if (asJson) CliJson.Print(terminal, now, CliJson.Documents.SemanticCacheSetting);
        else if (now.Enabled) terminal.OutScreen.Line("✓ Agents give answers again whose definitions ask for it.", Tone.Good);
        else terminal.OutScreen.Line("■ No agent of this tenant gives answers again.", Tone.Warn);
    }

    private static Option<string?> Agent() => new("--agent") { Description = "The agent whose answers are meant", HelpName = "AGENT" };

    private static void Show(Terminal terminal, List<CachedAnswer> answers)
    {
        var table = new ListTable(
            new ListColumn("AGENT", IsFlexible: true), new ListColumn("RUN"), new ListColumn("HITS"), new ListColumn("SINCE", Rank: 1),
            new ListColumn("EXPIRES", Rank: 2));
        var now = terminal.Clock.GetUtcNow();
        foreach (var answer in answers)
        {
            table.Add(
                $"{answer.Agent} v{answer.AgentVersion}", answer.Run, $"{answer.Hits}", $"{Format.Age(now - answer.CreatedAt)} ago",
                $"in {Format.Age(answer.ExpiresAt - now)}");
        }

        table.Show(terminal.OutScreen);
    }
}
