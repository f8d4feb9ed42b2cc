using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos sso</c>: the identity providers at which people of the tenant sign in.</summary>
internal static class SsoVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "sso", "Set up single sign-on at OpenID Connect providers")
    {
        List(terminal, connections),
        Make(terminal, connections),
        Change(terminal, connections),
        Test(terminal, connections),
        Remove(terminal, connections),
        SsoDomainsVerb.Create(terminal, connections),
    };

    private static Command List(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List the connections with their domains") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllSsoConnectionsAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<SsoConnection>(all), CliJson.Documents.SsoConnectionPage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("ID"), new ListColumn("NAME"), new ListColumn("STATE"),
                new ListColumn("PEOPLE", IsNumber: true), new ListColumn("ISSUER"),
                new ListColumn("DOMAINS", Rank: 1, IsFlexible: true));
            foreach (var each in all)
            {
                table.Add(
                    new ListCell(each.Id, Tone.Bold), each.Name, !each.Enabled ? "off" : each.Enforced ? "enforced" : "on",
                    $"{each.AccountsCount}", each.Issuer, string.Join(' ', each.Domains.Select(NameOf)));
            }

            if (table.Count == 0) terminal.ErrorScreen.Line("There are no connections. Make one with \"codexos sso create\".");
            else table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Make(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("NAME") { Description = "How the connection is shown to people" };
        var settings = new SsoOptions(isNew: true);
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("create", "Make a connection; its client secret is asked for, or read from the standard input")
        {
            name, json, url,
        };
        settings.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var secret = await SecretsVerb.ReadValueAsync(terminal, "Client secret: ", cancellationToken);
            var made = await client.CreateSsoConnectionAsync(
                settings.Read(parsed) with { Name = parsed.GetRequiredValue(name), ClientSecret = secret }, cancellationToken);
            return Tell(terminal, made, parsed.GetValue(json));
        });
        return command;
    }

    private static Command Change(Terminal terminal, Connections connections)
    {
        var id = IdArgument();
        var settings = new SsoOptions(isNew: false);
        var rename = new Option<string?>("--name") { Description = "How it is shown to people" };
        var secret = new Option<bool>("--secret")
        {
            Description = "Ask for a new client secret, or read it from the standard input",
        };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("update", "Change a connection; what is left out stays") { id, rename, secret, json, url };
        settings.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var value = parsed.GetValue(secret)
                ? await SecretsVerb.ReadValueAsync(terminal, "Client secret: ", cancellationToken)
                : null;
            var changed = await client.UpdateSsoConnectionAsync(
                parsed.GetRequiredValue(id), settings.Read(parsed) with { Name = parsed.GetValue(rename), ClientSecret = value },
                cancellationToken);
            return Tell(terminal, changed, parsed.GetValue(json));
        });
        return command;
    }

    private static Command Test(Terminal terminal, Connections connections)
    {
        var id = IdArgument();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("test", "Try a connection as far as that goes without a person") { id, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var test = await client.TestSsoConnectionAsync(parsed.GetRequiredValue(id), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, test, CliJson.Documents.SsoTest);
            else
            {
                foreach (var check in test.Checks)
                {
                    var (mark, tone) = check.Outcome switch
                    {
                        "ok" => ("✓", Tone.Good),
                        "warning" => ("!", Tone.Warn),
                        _ => ("✗", Tone.Bad),
                    };
                    terminal.OutScreen.Line($"{mark} {check.Name}: {PlainText.LineOf(check.Message)}", tone);
                }
            }

            return test.Works ? 0 : 1;
        });
        return command;
    }

    private static Command Remove(Terminal terminal, Connections connections)
    {
        var id = IdArgument();
        var url = Connections.UrlOption();
        var command = new Command("rm", "Delete a connection with its domains; the sessions that came by it end") { id, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.DeleteSsoConnectionAsync(parsed.GetRequiredValue(id), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(id))} is deleted", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Argument<string> IdArgument() => new("ID") { Description = "The connection's id, sso_…" };

    private static string NameOf(SsoDomain domain) =>
        domain.VerifiedAt is null ? $"{domain.Domain} (unverified)" : domain.Domain;

    private static int Tell(Terminal terminal, SsoConnection connection, bool asJson)
    {
        if (asJson)
        {
            CliJson.Print(terminal, connection, CliJson.Documents.SsoConnection);
            return 0;
        }

        terminal.OutScreen.Line($"✓ {PlainText.LineOf(connection.Name)} is {connection.Id}", Tone.Good);
        terminal.OutScreen.Line("Register at the provider:");
        terminal.OutScreen.Line($"  redirect address        {connection.RedirectUri}");
        terminal.OutScreen.Line($"  after signing out       {connection.PostLogoutRedirectUri}");
        terminal.OutScreen.Line($"  back-channel logout     {connection.BackchannelLogoutUri}");
        terminal.OutScreen.Line($"People can begin at       {connection.SignInUrl}");
        return 0;
    }
}
