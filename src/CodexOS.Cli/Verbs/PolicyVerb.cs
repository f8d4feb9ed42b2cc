using System.CommandLine;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos policy</c>: what the gate does where labels say that care is needed.</summary>
internal static class PolicyVerb
{
    /// <summary>The exit code when a case is not as expected; the server was asked and did answer.</summary>
    public const int NotAsExpected = 1;

    public static Command Create(Terminal terminal, Connections connections) => new(
        "policy", "Show, apply and try the policy that the gate judges by")
    {
        CreateShow(terminal, connections),
        CreateApply(terminal, connections),
        CreateTest(terminal, connections),
    };

    private static Command CreateShow(Terminal terminal, Connections connections)
    {
        var version = new Option<int?>("--version") { Description = "Another version than the newest", HelpName = "N" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("show", "Show the policy that holds for new runs") { version, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var policy = await client.GetPolicyAsync(parsed.GetValue(version), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, policy, CliJson.Documents.PolicyVersion);
            else if (policy.Version == 0) terminal.OutScreen.Line("No policy was applied; the default holds.", Tone.Dim);
            else terminal.Out.WriteLine(PlainText.Of(policy.Text).TrimEnd());
            return 0;
        });
        return command;
    }

    private static Command CreateApply(Terminal terminal, Connections connections)
    {
        var file = new Argument<string>("FILE") { Description = "The policy as YAML, or - for the standard input" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("apply", "Make a policy hold for new runs") { file, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var text = await YamlFile.ReadAsync(terminal, parsed.GetRequiredValue(file), cancellationToken);
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var policy = await client.ApplyPolicyAsync(text, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, policy, CliJson.Documents.PolicyVersion);
            else
            {
                terminal.OutScreen.Line(
                    (policy.Changed ? "✓ " : "= ", policy.Changed ? Tone.Good : Tone.Dim),
                    ($"policy version {policy.Version} {(policy.Changed ? "holds for new runs" : "unchanged")}", Tone.Plain));
            }

            return 0;
        });
        return command;
    }

    private static Command CreateTest(Terminal terminal, Connections connections)
    {
        var file = new Argument<string?>("FILE")
        {
            Description = "Calls and what is expected of them, as YAML, or - for the standard input",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var policy = new Option<string?>("--policy")
        {
            Description = "A policy to try instead of the one that holds",
            HelpName = "FILE",
        };
        var run = new Option<string?>("--run") { Description = "A run whose calls are judged again", HelpName = "RUN" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("test", "Say what a policy would do, and do nothing") { file, policy, run, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var request = new PolicyTestRequest(
                parsed.GetValue(file) is { } cases ? await YamlFile.ReadAsync(terminal, cases, cancellationToken) : null,
                parsed.GetValue(policy) is { } given ? await YamlFile.ReadAsync(terminal, given, cancellationToken) : null,
                parsed.GetValue(run) is { } name ? (await RunLookup.FindAsync(client, name, cancellationToken)).Id : null);
            var result = await client.TestPolicyAsync(request, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, result, CliJson.Documents.PolicyTestResult);
            else Show(terminal, result);
            return result.FailedCount == 0 ? 0 : NotAsExpected;
        });
        return command;
    }

    private static void Show(Terminal terminal, PolicyTestResult result)
    {
        foreach (var verdict in result.Items)
        {
            var mark = verdict switch
            {
                { AsExpected: false } => ("✗ ", Tone.Bad),
                { Expected: null } => ("· ", Tone.Dim),
                _ => ("✓ ", Tone.Good),
            };
            terminal.OutScreen.Line(
                mark,
                (PlainText.LineOf(verdict.Name), Tone.Bold),
                ($"  {PlainText.LineOf(verdict.Tool)}  {PlainText.LineOf(verdict.Outcome)}", ToneOf(verdict.Outcome)),
                (verdict.AsExpected ? "" : $", expected {PlainText.LineOf(verdict.Expected)}", Tone.Bad));
            terminal.OutScreen.Line($"    {PlainText.LineOf(verdict.Explanation)}", Tone.Dim);
        }

        if (result.FailedCount > 0)
            terminal.ErrorScreen.Line($"{result.FailedCount} of {result.Items.Count} are not as expected.", Tone.Bad);
    }

    private static Tone ToneOf(string outcome) => outcome switch
    {
        "allow" => Tone.Good,
        "ask" => Tone.Warn,
        _ => Tone.Bad,
    };
}
