using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos api-keys</c>: keys by which programs come in, in somebody's or their own name.</summary>
internal static class ApiKeysVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "api-keys", "Make, list, replace and revoke API keys")
    {
        List(terminal, connections),
        Make(terminal, connections),
        Rotate(terminal, connections),
        Revoke(terminal, connections),
    };

    private static Command List(Terminal terminal, Connections connections)
    {
        var all = new Option<bool>("--all") { Description = "Everybody's" };
        var account = new Option<string?>("--of") { Description = "Those of a service account", HelpName = "ACCOUNT" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List your API keys, newest first") { all, account, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var listed = parsed.GetValue(account) is { } named
                ? client.ListAllServiceAccountKeysAsync(named, cancellationToken)
                : client.ListAllApiKeysAsync(parsed.GetValue(all) ? "all" : null, cancellationToken);
            var keys = await listed.ToListAsync(cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, new Page<ApiKey>(keys), CliJson.Documents.ApiKeyPage);
            else if (keys.Count == 0) terminal.ErrorScreen.Line("There are no API keys. Make one with \"codexos api-keys create\".");
            else Show(terminal, keys);
            return 0;
        });
        return command;
    }

    private static Command Make(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("NAME") { Description = "What to call it, for instance after the program that uses it" };
        var account = new Option<string?>("--for") { Description = "The service account it acts for, instead of you", HelpName = "ACCOUNT" };
        var scopes = new Option<string[]>("--scope")
        {
            Description = "What it may do, of what its owner may; can be repeated",
            HelpName = "PERMISSION",
            AllowMultipleArgumentsPerToken = true,
        };
        var days = new Option<int?>("--days") { Description = "In how many days it ends", HelpName = "N" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("create", "Make an API key; it is shown this once") { name, account, scopes, days, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var made = await client.CreateApiKeyAsync(
                new CreateApiKey(
                    parsed.GetRequiredValue(name),
                    parsed.GetValue(scopes) is { Length: > 0 } given ? given : null,
                    parsed.GetValue(days)),
                parsed.GetValue(account),
                cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, made, CliJson.Documents.CreatedApiKey);
                return 0;
            }

            ShowOnce(terminal, made);
            return 0;
        });
        return command;
    }

    private static Command Rotate(Terminal terminal, Connections connections)
    {
        var id = new Argument<string>("ID") { Description = "The key to replace, key_…" };
        var overlap = Durations.Option(
            "--overlap", "For how long the old key goes on: 0, or a number with s, m, h or d; 24h if left out");
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("rotate", "Make another key in the place of one, which goes on for a while; it is shown this once")
        {
            id, overlap, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var made = await client.RotateApiKeyAsync(
                parsed.GetRequiredValue(id), Durations.Of(parsed.GetValue(overlap)), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, made, CliJson.Documents.CreatedApiKey);
            else ShowOnce(terminal, made);
            return 0;
        });
        return command;
    }

    /// <summary>The key alone goes to the output, so that it can be piped to where it belongs.</summary>
    private static void ShowOnce(Terminal terminal, CreatedApiKey made)
    {
        terminal.ErrorScreen.Line(
            $"✓ {made.ApiKey.Id} acts for {PlainText.LineOf(made.ApiKey.OwnerName)} until {made.ApiKey.ExpiresAt:u}"
            + (made.ApiKey.Replaces is { } old ? $", in the place of {old}. " : ". ") + "Keep the key now; it is not shown again.",
            Tone.Good);
        terminal.OutScreen.Line(made.Key);
    }

    private static Command Revoke(Terminal terminal, Connections connections)
    {
        var id = new Argument<string>("ID") { Description = "The key's id, key_…" };
        var url = Connections.UrlOption();
        var command = new Command("revoke", "Revoke an API key; it opens nothing from the next request on") { id, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.RevokeApiKeyAsync(parsed.GetRequiredValue(id), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(id))} is revoked", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static void Show(Terminal terminal, List<ApiKey> keys)
    {
        var table = new ListTable(
            new ListColumn("ID"),
            new ListColumn("KEY", Rank: 2),
            new ListColumn("OWNER"),
            new ListColumn("STATE"),
            new ListColumn("USED", Rank: 1),
            new ListColumn("NAME", IsFlexible: true));
        var now = terminal.Clock.GetUtcNow();
        foreach (var key in keys)
        {
            table.Add(
                new ListCell(key.Id, key.State == "active" ? Tone.Bold : Tone.Dim),
                key.Hint,
                key.OwnerName,
                StateOf(key, now),
                key.LastUsedAt is { } used ? $"{Format.Age(now - used)} ago" : "never",
                key.Name);
        }

        table.Show(terminal.OutScreen);
    }

    private static string StateOf(ApiKey key, DateTimeOffset now) => key switch
    {
        { State: "active", ReplacedBy: null } => $"{Format.Age(key.ExpiresAt - now)} left",
        { State: "active" } => $"replaced, {Format.Age(key.ExpiresAt - now)} left",
        _ => key.State,
    };
}
