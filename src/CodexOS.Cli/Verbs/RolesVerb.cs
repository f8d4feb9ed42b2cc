using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos roles</c>: what members and service accounts may do.</summary>
internal static class RolesVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "roles", "See roles and make your own")
    {
        List(terminal, connections),
        Show(terminal, connections),
        Make(terminal, connections),
        Change(terminal, connections),
        Delete(terminal, connections),
        Permissions(terminal, connections),
    };

    private static Command List(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List the roles of the tenant") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllRolesAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<Role>(all), CliJson.Documents.RolePage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("ROLE"),
                new ListColumn("KIND", Rank: 1),
                new ListColumn("PERMISSIONS", IsNumber: true),
                new ListColumn("DESCRIPTION", IsFlexible: true));
            foreach (var role in all)
            {
                table.Add(
                    new ListCell(role.Name, Tone.Bold), role.BuiltIn ? "built-in" : "own", $"{role.Permissions.Count}",
                    role.Description);
            }

            table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Show(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("ROLE") { Description = "The role" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("show", "Show what a role may do") { name, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var role = await client.GetRoleAsync(parsed.GetRequiredValue(name), cancellationToken);
            return Tell(terminal, role, parsed.GetValue(json));
        });
        return command;
    }

    private static Command Make(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("ROLE") { Description = "Its name: lowercase letters, digits and hyphens" };
        var (may, description) = (MayOption("What its holders may do; can be repeated"), DescriptionOption());
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("create", "Make a role, of permissions that you hold yourself") { name, may, description, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var made = await client.CreateRoleAsync(
                new CreateRole(
                    parsed.GetRequiredValue(name), parsed.GetValue(may) ?? [], parsed.GetValue(description) ?? ""),
                cancellationToken);
            return Tell(terminal, made, parsed.GetValue(json));
        });
        return command;
    }

    private static Command Change(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("ROLE") { Description = "The role" };
        var (may, description) = (MayOption("All that its holders may do from now on; can be repeated"), DescriptionOption());
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("update", "Change a role; it counts from its holders' next request on")
        {
            name, may, description, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var permissions = parsed.GetValue(may) is { Length: > 0 } given ? given : null;
            var changed = await client.UpdateRoleAsync(
                parsed.GetRequiredValue(name), new UpdateRole(parsed.GetValue(description), permissions), cancellationToken);
            return Tell(terminal, changed, parsed.GetValue(json));
        });
        return command;
    }

    private static Command Delete(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("ROLE") { Description = "The role" };
        var url = Connections.UrlOption();
        var command = new Command("delete", "Delete a role that nobody has") { name, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.DeleteRoleAsync(parsed.GetRequiredValue(name), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(name))} is deleted", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Command Permissions(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("permissions", "List every permission there is") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListPermissionsAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<PermissionEntry>(all), CliJson.Documents.PermissionPage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("PERMISSION"), new ListColumn("ON ONE", Rank: 1), new ListColumn("MEANING", IsFlexible: true));
            foreach (var each in all) table.Add(new ListCell(each.Permission, Tone.Bold), each.ResourceKind ?? "", each.Meaning);
            table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Option<string[]> MayOption(string description) =>
        new("--may") { Description = description, HelpName = "PERMISSION", AllowMultipleArgumentsPerToken = true };

    private static Option<string?> DescriptionOption() =>
        new("--description") { Description = "What it is for", HelpName = "TEXT" };

    private static int Tell(Terminal terminal, Role role, bool asJson)
    {
        if (asJson)
        {
            CliJson.Print(terminal, role, CliJson.Documents.Role);
            return 0;
        }

        terminal.OutScreen.Line(
            (PlainText.LineOf(role.Name), Tone.Bold), ($"  {(role.BuiltIn ? "built-in" : "own")}", Tone.Dim),
            (role.Description.Length > 0 ? $"  {PlainText.LineOf(role.Description)}" : "", Tone.Plain));
        foreach (var permission in role.Permissions) terminal.OutScreen.Line($"  {PlainText.LineOf(permission)}");
        return 0;
    }
}
