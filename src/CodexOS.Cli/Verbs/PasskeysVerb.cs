using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos passkeys</c>: one's own passkeys. A terminal cannot ask a device for one, so they are added and used in
/// a browser.</summary>
internal static class PasskeysVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "passkeys", "See and remove your passkeys; a browser adds them (Settings, Profile)")
    {
        List(terminal, connections),
        Remove(terminal, connections),
    };

    private static Command List(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List your passkeys") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var page = await client.ListPasskeysAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, page, CliJson.Documents.PasskeyPage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("NAME"), new ListColumn("ADDED", Rank: 1), new ListColumn("USED"),
                new ListColumn("SYNCED", Rank: 2), new ListColumn("ID"));
            var now = terminal.Clock.GetUtcNow();
            foreach (var each in page.Items)
            {
                table.Add(
                    new ListCell(each.Name, Tone.Bold), $"{Format.Age(now - each.CreatedAt)} ago",
                    each.LastUsedAt is { } used ? $"{Format.Age(now - used)} ago" : "never", each.Synced ? "yes" : "no", each.Id);
            }

            if (table.Count == 0) terminal.ErrorScreen.Line("You have no passkeys. Add one in a browser: Settings, Profile.");
            else table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Remove(Terminal terminal, Connections connections)
    {
        var id = new Argument<string>("ID") { Description = "The passkey's id: psk_…" };
        var (url, code) = (Connections.UrlOption(), CommonOptions.Code());
        var command = new Command("remove", "Remove a passkey; asks for a code of your authenticator") { id, code, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await RemoveAsync(terminal, client, parsed.GetRequiredValue(id), parsed.GetValue(code), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(id))} opens nothing any more", Tone.Warn);
            return 0;
        });
        return command;
    }

    /// <summary>
    /// Removes it, and gives the second factor first where that is asked for. Who has only passkeys needs a browser.
    /// </summary>
    private static async Task RemoveAsync(
        Terminal terminal, CodexOSClient client, string id, string? code, CancellationToken cancellationToken)
    {
        try
        {
            await client.RemovePasskeyAsync(id, cancellationToken);
        }
        catch (CodexOSException asked) when (asked.Code == "identity.step_up_needed")
        {
            if (!(await client.GetSecondFactorAsync(cancellationToken)).Enabled)
            {
                throw new CodexOSException(
                    "cli.browser_needed", FaultKind.NotAllowed,
                    "Removing a passkey asks for one, which only a browser can do. Remove it there: Settings, Profile.");
            }

            await client.StepUpAsync(await SecondFactorVerb.CodeAsync(terminal, code, cancellationToken), cancellationToken);
            await client.RemovePasskeyAsync(id, cancellationToken);
        }
    }
}
