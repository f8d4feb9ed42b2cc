using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos sso domains</c>: the domains whose addresses lead to a connection.</summary>
internal static class SsoDomainsVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var connection = new Argument<string>("CONNECTION") { Description = "The connection's id, sso_…" };
        var tenant = new Argument<string>("TENANT") { Description = "The tenant's id, ten_…" };
        return new Command("domains", "Add, verify and remove domains")
        {
            Make(
                terminal, connections, "add", "Add a domain to a connection; it leads nowhere until it is verified", [connection],
                (client, parsed, domain, token) =>
                    client.AddSsoDomainAsync(domain, parsed.GetRequiredValue(connection), token)),
            Make(
                terminal, connections, "verify", "Look for the TXT record that shows whose a domain is", [],
                static (client, _, domain, token) => client.VerifySsoDomainAsync(domain, token)),
            Make(
                terminal, connections, "confirm", "Confirm a tenant's domain, as the owner of the installation", [tenant],
                (client, parsed, domain, token) =>
                    client.ConfirmSsoDomainAsync(parsed.GetRequiredValue(tenant), domain, token)),
            Remove(terminal, connections),
        };
    }

    private static Command Make(
        Terminal terminal, Connections connections, string verb, string description, Argument<string>[] before,
        Func<CodexOSClient, ParseResult, string, CancellationToken, Task<SsoDomain>> act)
    {
        var (domain, url, json) = (DomainArgument(), Connections.UrlOption(), CommonOptions.Json());
        var command = new Command(verb, description) { json, url };
        foreach (var argument in before) command.Add(argument);
        command.Add(domain);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var got = await act(client, parsed, parsed.GetRequiredValue(domain), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, got, CliJson.Documents.SsoDomain);
            else if (got.VerifiedAt is not null) terminal.OutScreen.Line($"✓ {got.Domain} is verified", Tone.Good);
            else
            {
                terminal.OutScreen.Line($"{got.Domain} is added. Show that it is yours by a TXT record:");
                terminal.OutScreen.Line($"  {got.RecordName}  {got.RecordValue}");
                terminal.OutScreen.Line($"Then: codexos sso domains verify {got.Domain}");
            }

            return 0;
        });
        return command;
    }

    private static Command Remove(Terminal terminal, Connections connections)
    {
        var (domain, url) = (DomainArgument(), Connections.UrlOption());
        var command = new Command("rm", "Remove a domain; its addresses lead nowhere from then on") { domain, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.RemoveSsoDomainAsync(parsed.GetRequiredValue(domain), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(domain))} is removed", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Argument<string> DomainArgument() => new("DOMAIN") { Description = "The domain, such as example.org" };
}
