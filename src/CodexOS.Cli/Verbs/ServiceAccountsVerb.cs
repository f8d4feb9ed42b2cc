using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos service-accounts</c>: programs that act in their own name.</summary>
internal static class ServiceAccountsVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "service-accounts", "Make and change accounts of programs")
    {
        List(terminal, connections),
        Make(terminal, connections),
        Change(terminal, connections),
        Delete(terminal, connections),
    };

    private static Command List(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List the service accounts") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllServiceAccountsAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<ServiceAccount>(all), CliJson.Documents.ServiceAccountPage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("NAME"), new ListColumn("ROLE"), new ListColumn("STATE"),
                new ListColumn("KEYS", IsNumber: true), new ListColumn("ID", Rank: 2),
                new ListColumn("DESCRIPTION", Rank: 1, IsFlexible: true));
            foreach (var each in all)
            {
                table.Add(
                    new ListCell(each.Name, Tone.Bold), each.Role, each.State, $"{each.KeysCount}", each.Id, each.Description);
            }

            if (table.Count == 0) terminal.ErrorScreen.Line("There are no service accounts.");
            else table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Make(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("NAME") { Description = "Its name: lowercase letters, digits and hyphens" };
        var role = new Option<string>("--role") { Description = "Its role", HelpName = "ROLE", Required = true };
        var description = DescriptionOption();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("create", "Make a service account") { name, role, description, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var made = await client.CreateServiceAccountAsync(
                new CreateServiceAccount(
                    parsed.GetRequiredValue(name), parsed.GetRequiredValue(role), parsed.GetValue(description) ?? ""),
                cancellationToken);
            return Tell(terminal, made, parsed.GetValue(json));
        });
        return command;
    }

    private static Command Change(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("NAME") { Description = "The service account" };
        var role = new Option<string?>("--role") { Description = "Another role", HelpName = "ROLE" };
        var disable = new Option<bool>("--disable") { Description = "Its keys open nothing from the next request on" };
        var enable = new Option<bool>("--enable") { Description = "Its keys open what they may again" };
        var description = DescriptionOption();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("update", "Change a service account") { name, role, disable, enable, description, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var changed = await client.UpdateServiceAccountAsync(
                parsed.GetRequiredValue(name),
                new UpdateServiceAccount(
                    parsed.GetValue(description), parsed.GetValue(role),
                    CommonOptions.StateOf(parsed.GetValue(disable), parsed.GetValue(enable))),
                cancellationToken);
            return Tell(terminal, changed, parsed.GetValue(json));
        });
        return command;
    }

    private static Command Delete(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("NAME") { Description = "The service account" };
        var url = Connections.UrlOption();
        var command = new Command("delete", "Delete a service account with its keys and grants") { name, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.DeleteServiceAccountAsync(parsed.GetRequiredValue(name), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(name))} is deleted", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Option<string?> DescriptionOption() =>
        new("--description") { Description = "What it is for", HelpName = "TEXT" };

    private static int Tell(Terminal terminal, ServiceAccount account, bool asJson)
    {
        if (asJson) CliJson.Print(terminal, account, CliJson.Documents.ServiceAccount);
        else
        {
            terminal.OutScreen.Line(
                (PlainText.LineOf(account.Name), Tone.Bold),
                ($"  {PlainText.LineOf(account.Role)}  {account.State}  {account.Id}", Tone.Dim));
        }

        return 0;
    }
}
