using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// <c>codexos secrets</c>: what requests of runs are given, set, listed, removed and revealed. A value is never an argument,
/// which every program of the machine could read.
/// </summary>
internal static class SecretsVerb
{
    private const int ValueLengthMax = 65_536;

    public static Command Create(Terminal terminal, Connections connections) => new(
        "secrets", "Set, list, remove and reveal what is added to requests of runs")
    {
        Set(terminal, connections),
        List(terminal, connections),
        Remove(terminal, connections),
        Reveal(terminal, connections),
    };

    private static Command Set(Terminal terminal, Connections connections)
    {
        var name = NameArgument();
        var hosts = new Option<string[]>("--host")
        {
            Description = "A host that it may go to, api.example.com or *.example.com; can be repeated",
            HelpName = "HOST",
        };
        var header = new Option<string?>("--header") { Description = "The header that carries it, if not Authorization", HelpName = "NAME" };
        var prefix = new Option<string?>("--prefix") { Description = "What stands before it in the header, if not \"Bearer \"", HelpName = "TEXT" };
        var plain = new Option<bool>("--allow-plain-http") { Description = "Let it go over plain HTTP too, where everyone can read it" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("set", "Set a secret; its value is asked for, or read from the standard input")
        {
            name, hosts, header, prefix, plain, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var value = await ReadValueAsync(terminal, "Value: ", cancellationToken);
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var secret = await client.SetSecretAsync(
                parsed.GetRequiredValue(name),
                new SetSecret(
                    value,
                    parsed.GetValue(hosts) ?? [],
                    parsed.GetValue(header),
                    parsed.GetValue(prefix),
                    parsed.GetValue(plain)),
                cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, secret, CliJson.Documents.SecretSummary);
                return 0;
            }

            terminal.OutScreen.Line($"✓ {PlainText.LineOf(secret.Name)} is set, revision {secret.Revision}", Tone.Good);
            if (secret.Hosts.Count == 0)
                terminal.ErrorScreen.Line("It goes nowhere yet: name the hosts that it may go to with --host.", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Command List(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List the secrets, without their values") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllSecretsAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, new Page<SecretSummary>(all), CliJson.Documents.SecretPage);
            else if (all.Count == 0) terminal.ErrorScreen.Line("There are no secrets. Set one with \"codexos secrets set\".");
            else Show(terminal, all);
            return 0;
        });
        return command;
    }

    private static Command Remove(Terminal terminal, Connections connections)
    {
        var name = NameArgument();
        var url = Connections.UrlOption();
        var command = new Command("rm", "Remove a secret; no request is given it from then on") { name, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.RemoveSecretAsync(parsed.GetRequiredValue(name), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(name))} is removed", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Command Reveal(Terminal terminal, Connections connections)
    {
        var name = NameArgument();
        var (url, json, code) = (Connections.UrlOption(), CommonOptions.Json(), CommonOptions.Code());
        var command = new Command("reveal", "Show a secret; who did so is recorded") { name, code, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var secret = await RevealAsync(
                terminal, client, parsed.GetRequiredValue(name), parsed.GetValue(code), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, secret, CliJson.Documents.RevealedSecret);
            else terminal.Out.WriteLine(terminal.OutIsTerminal ? PlainText.Of(secret.Value) : secret.Value);
            return 0;
        });
        return command;
    }

    /// <summary>Who has a second factor is asked for it only if it was not given a short while ago.</summary>
    private static async Task<RevealedSecret> RevealAsync(
        Terminal terminal, CodexOSClient client, string name, string? code, CancellationToken cancellationToken)
    {
        try
        {
            return await client.RevealSecretAsync(name, cancellationToken);
        }
        catch (CodexOSException asked) when (asked.Code == "identity.step_up_needed")
        {
            await client.StepUpAsync(await SecondFactorVerb.CodeAsync(terminal, code, cancellationToken), cancellationToken);
            return await client.RevealSecretAsync(name, cancellationToken);
        }
    }

    private static Argument<string> NameArgument() => new("NAME") { Description = "The secret's name" };

    /// <summary>A secret that is asked for, or else read from the standard input.</summary>
    internal static async Task<string> ReadValueAsync(Terminal terminal, string question, CancellationToken cancellationToken)
    {
        if (terminal.CanAsk) return await terminal.AskAsync(question, isSecret: true, cancellationToken);
        var buffer = new char[ValueLengthMax + 1];
        var length = await terminal.In.ReadBlockAsync(buffer, cancellationToken);
        if (length > ValueLengthMax)
            throw new CodexOSException("cli.secret_too_long", FaultKind.TooLarge, $"A secret has at most {ValueLengthMax} characters.");
        // The line's end that echo and editors put there is not part of it.
        return new string(buffer, 0, length).TrimEnd('\r', '\n');
    }

    private static void Show(Terminal terminal, List<SecretSummary> all)
    {
        var table = new ListTable(
            new ListColumn("NAME"),
            new ListColumn("HOSTS", IsFlexible: true),
            new ListColumn("HEADER", Rank: 1),
            new ListColumn("REVISION", IsNumber: true),
            new ListColumn("CHANGED", Rank: 2));
        var now = terminal.Clock.GetUtcNow();
        foreach (var secret in all)
        {
            table.Add(
                new ListCell(secret.Name, Tone.Bold),
                secret.Hosts.Count == 0 ? "nowhere" : string.Join(", ", secret.Hosts),
                secret.Header,
                $"{secret.Revision}",
                $"{Format.Age(now - secret.ChangedAt)} ago");
        }

        table.Show(terminal.OutScreen);
    }
}
