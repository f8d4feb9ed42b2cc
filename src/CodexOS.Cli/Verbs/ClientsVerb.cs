using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos clients</c>: OAuth clients, the programs that people and service accounts let act for them.</summary>
internal static class ClientsVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "clients", "Register and delete OAuth clients")
    {
        List(terminal, connections),
        Make(terminal, connections),
        Remove(terminal, connections),
    };

    private static Command List(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List the OAuth clients") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllOAuthClientsAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<OAuthClient>(all), CliJson.Documents.OAuthClientPage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("ID"), new ListColumn("KIND"), new ListColumn("SESSIONS", IsNumber: true),
                new ListColumn("NAME"), new ListColumn("SCOPES", Rank: 1, IsFlexible: true));
            foreach (var each in all)
            {
                table.Add(
                    new ListCell(each.Id, Tone.Bold), each.Dynamic ? "self-registered" : each.Kind, $"{each.SessionsCount}",
                    each.Name, string.Join(' ', each.Scopes));
            }

            if (table.Count == 0) terminal.ErrorScreen.Line("There are no OAuth clients.");
            else table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Make(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("NAME") { Description = "How it is shown to the people whom it asks" };
        var redirects = Several("--redirect", "An address that people are sent back to, to the letter; can be repeated", "URL");
        var scopes = Several("--scope", "What it may ask for at most; can be repeated", "SCOPE");
        scopes.Required = true;
        var confidential = new Option<bool>("--confidential") { Description = "It runs on a server and keeps a secret" };
        var device = new Option<bool>("--device") { Description = "It may ask through the device flow" };
        var account = new Option<string?>("--for")
        {
            Description = "The service account that it acts for, without anybody being there",
            HelpName = "ACCOUNT",
        };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("create", "Register an OAuth client; its secret is shown this once")
        {
            name, redirects, scopes, confidential, device, account, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var kind = parsed.GetValue(account) is not null ? "service"
                : parsed.GetValue(confidential) ? "confidential"
                : "public";
            var made = await client.CreateOAuthClientAsync(
                new CreateOAuthClient(
                    parsed.GetRequiredValue(name), kind, parsed.GetValue(redirects) ?? [], parsed.GetRequiredValue(scopes),
                    parsed.GetValue(device), parsed.GetValue(account)),
                cancellationToken);
            return Tell(terminal, made, parsed.GetValue(json));
        });
        return command;
    }

    private static Command Remove(Terminal terminal, Connections connections)
    {
        var id = new Argument<string>("ID") { Description = "The client's id, cli_…" };
        var url = Connections.UrlOption();
        var command = new Command("rm", "Delete an OAuth client; what it was let have ends with its next request") { id, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.DeleteOAuthClientAsync(parsed.GetRequiredValue(id), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(id))} is deleted", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static int Tell(Terminal terminal, CreatedOAuthClient made, bool asJson)
    {
        if (asJson)
        {
            CliJson.Print(terminal, made, CliJson.Documents.CreatedOAuthClient);
            return 0;
        }

        terminal.ErrorScreen.Line($"✓ {PlainText.LineOf(made.Client.Name)} is registered as {made.Client.Id}", Tone.Good);
        if (made.Secret is null)
        {
            terminal.OutScreen.Line(made.Client.Id);
            return 0;
        }

        // The secret alone goes to the output, so that it can be piped to where it belongs.
        terminal.ErrorScreen.Line("Keep the secret now; it is not shown again.", Tone.Good);
        terminal.OutScreen.Line(made.Secret);
        return 0;
    }

    private static Option<string[]> Several(string name, string description, string value) => new(name)
    {
        Description = description,
        HelpName = value,
        AllowMultipleArgumentsPerToken = true,
    };
}
