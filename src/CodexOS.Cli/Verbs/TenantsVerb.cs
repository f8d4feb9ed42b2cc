using System.CommandLine;
using System.Globalization;
using CodexOS.Cli.Runs;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos tenants</c>: makes, lists, moves and disables tenants, and sets what they may have.</summary>
internal static class TenantsVerb
{
    private const string NoQuota = "default";

    public static Command Create(Terminal terminal, Connections connections) => new(
        "tenants", "Look after the tenants of the installation")
    {
        CreateList(terminal, connections),
        CreateCreate(terminal, connections),
        CreateLink(terminal, connections),
        CreateDisable(terminal, connections, disabled: true),
        CreateDisable(terminal, connections, disabled: false),
        CreateQuota(terminal, connections),
        CreateShards(terminal, connections),
        CreateMove(terminal, connections),
    };

    private static Command CreateList(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List the tenants, oldest first") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllTenantsAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, new Page<Tenant>(all), CliJson.Documents.TenantPage);
            else Show(terminal, all);
            return 0;
        });
        return command;
    }

    private static Command CreateCreate(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("NAME") { Description = "What the tenant is to be called" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("create", "Make a tenant, and the one-time link that makes its owner") { name, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var made = await client.CreateTenantAsync(parsed.GetRequiredValue(name), cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, made, CliJson.Documents.CreatedTenant);
                return 0;
            }

            terminal.OutScreen.Line($"✓ {made.Tenant.Id} is there", Tone.Good);
            ShowLink(terminal, client, made.OwnerLink);
            return 0;
        });
        return command;
    }

    private static Command CreateLink(Terminal terminal, Connections connections)
    {
        var tenant = TenantArgument();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("owner-link", "Make another one-time link for an owner; earlier ones end")
        {
            tenant, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var link = await client.CreateOwnerLinkAsync(parsed.GetRequiredValue(tenant), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, link, CliJson.Documents.OwnerLink);
            else ShowLink(terminal, client, link);
            return 0;
        });
        return command;
    }

    private static Command CreateDisable(Terminal terminal, Connections connections, bool disabled)
    {
        var tenant = TenantArgument();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = disabled
            ? new Command("disable", "Keep everybody out of a tenant; nothing in it is lost")
            : new Command("enable", "Let people into a tenant again");
        command.Add(tenant);
        command.Add(json);
        command.Add(url);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var now = await client.DisableTenantAsync(parsed.GetRequiredValue(tenant), disabled, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, now, CliJson.Documents.Tenant);
            else if (disabled) terminal.OutScreen.Line($"■ {now.Id} is disabled: its sessions end with their next request", Tone.Warn);
            else terminal.OutScreen.Line($"✓ {now.Id} is enabled", Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command CreateQuota(Terminal terminal, Connections connections)
    {
        var tenant = TenantArgument();
        tenant.Arity = ArgumentArity.ZeroOrOne;
        var quota = new Argument<string?>("QUOTA") { Description = "The quota to set", Arity = ArgumentArity.ZeroOrOne };
        var value = new Argument<string?>("VALUE")
        {
            Description = $"A number, or \"{NoQuota}\" for what the options say",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("quota", "Show what a tenant may have, your own if none is named; or set it")
        {
            tenant, quota, value, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var (whose, which, text) = (parsed.GetValue(tenant), parsed.GetValue(quota), parsed.GetValue(value));
            var all = whose is null || which is null || text is null
                ? await client.ListQuotasAsync(whose, cancellationToken)
                : await client.SetQuotaAsync(whose, which, ValueOf(text), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, new Page<Quota>(all), CliJson.Documents.QuotaPage);
            else Show(terminal, all);
            return 0;
        });
        return command;
    }

    private static Command CreateShards(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("shards", "List the databases in which the work of tenants can lie") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListShardsAsync(cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, new Page<Shard>(all), CliJson.Documents.ShardPage);
            else Show(terminal, all);
            return 0;
        });
        return command;
    }

    private static Command CreateMove(Terminal terminal, Connections connections)
    {
        var tenant = TenantArgument();
        var to = new Option<string>("--to")
        {
            Description = "The shard, as \"codexos tenants shards\" lists it, or home",
            HelpName = "SHARD",
            Required = true,
        };
        var wait = new Option<bool>("--wait") { Description = "Follow the move to its end, which must be a good one" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("move", "Move a tenant's work to another database, while the tenant works")
        {
            tenant, to, wait, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var run = await client.MoveTenantAsync(
                parsed.GetRequiredValue(tenant), parsed.GetRequiredValue(to), cancellationToken);
            if (parsed.GetValue(wait)) run = await RunFollower.FollowToSuccessAsync(terminal, client, run, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, run, CliJson.Documents.Run);
            else if (parsed.GetValue(wait)) terminal.OutScreen.Line($"✓ {PlainText.LineOf(run.Output ?? run.Title)}", Tone.Good);
            else terminal.OutScreen.Line($"{run.Id} moves it; \"codexos logs {run.Id} --follow\" shows how far it is");
            return 0;
        });
        return command;
    }

    private static Argument<string> TenantArgument() => new("TENANT") { Description = "The tenant, ten_…" };

    private static long? ValueOf(string text)
    {
        if (text == NoQuota) return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new CodexOSException(
                "cli.bad_quota", FaultKind.Invalid, $"'{text}' is no quota: give a number from 0, or \"{NoQuota}\".");
    }

    private static void ShowLink(Terminal terminal, CodexOSClient client, OwnerLink link)
    {
        terminal.OutScreen.Line($"{client.Server.GetLeftPart(UriPartial.Authority)}{PlainText.LineOf(link.Path)}");
        terminal.ErrorScreen.Line(
            $"Whoever has this link becomes the owner, once, until {link.ExpiresAt:u}. It is not shown again.", Tone.Warn);
    }

    private static void Show(Terminal terminal, List<Tenant> all)
    {
        var table = new ListTable(
            new ListColumn("ID"),
            new ListColumn("NAME", IsFlexible: true),
            new ListColumn("STATE"),
            new ListColumn("PLACE", Rank: 1),
            new ListColumn("MEMBERS", IsNumber: true),
            new ListColumn("AGE", Rank: 2, IsNumber: true));
        var now = terminal.Clock.GetUtcNow();
        foreach (var each in all)
        {
            table.Add(
                new ListCell(each.Id, Tone.Bold),
                PlainText.LineOf(each.Name),
                each.DisabledAt is not null
                    ? new ListCell("■ disabled", Tone.Warn)
                    : new ListCell(each.Home ? "✓ home" : "✓ active", Tone.Good),
                PlainText.LineOf(each.Place),
                $"{each.Members}",
                Format.Age(now - each.CreatedAt));
        }

        table.Show(terminal.OutScreen);
    }

    private static void Show(Terminal terminal, IReadOnlyList<Shard> all)
    {
        var table = new ListTable(
            new ListColumn("NAME"),
            new ListColumn("TENANTS", IsNumber: true),
            new ListColumn("SIZE", IsNumber: true),
            new ListColumn("VERSION", IsFlexible: true));
        foreach (var each in all)
        {
            table.Add(
                new ListCell(each.Name, Tone.Bold),
                $"{each.Tenants}",
                each.SizeBytes is { } bytes ? Format.Size(bytes) : "–",
                each.Version is { } version
                    ? new ListCell(PlainText.LineOf(version))
                    : new ListCell("✗ does not answer", Tone.Bad));
        }

        table.Show(terminal.OutScreen);
    }

    private static void Show(Terminal terminal, IReadOnlyList<Quota> all)
    {
        var table = new ListTable(
            new ListColumn("QUOTA"),
            new ListColumn("USED", IsNumber: true),
            new ListColumn("LIMIT", IsNumber: true),
            new ListColumn("DEFAULT", IsNumber: true),
            new ListColumn("WHAT", IsFlexible: true, Rank: 1));
        foreach (var each in all)
        {
            table.Add(
                new ListCell(each.Name, Tone.Bold),
                new ListCell($"{each.Used}", each.Used >= each.Limit ? Tone.Bad : Tone.Plain),
                $"{each.Limit}",
                $"{each.Default}",
                PlainText.LineOf(each.Summary));
        }

        table.Show(terminal.OutScreen);
    }
}
