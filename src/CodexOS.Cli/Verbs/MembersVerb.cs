using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos members</c>: the people of the tenant, and those who were asked to join.</summary>
internal static class MembersVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "members", "See, invite, change and remove the people of the tenant")
    {
        List(terminal, connections),
        Change(terminal, connections),
        Remove(terminal, connections),
        SignOut(terminal, connections),
        ResetSecondFactor(terminal, connections),
        Invite(terminal, connections),
        Invitations(terminal, connections),
        Withdraw(terminal, connections),
    };

    private static Command List(Terminal terminal, Connections connections)
    {
        var search = new Option<string?>("--search") { Description = "Only those with this in their name or address", HelpName = "TEXT" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List the members") { search, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllMembersAsync(parsed.GetValue(search), cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<Member>(all), CliJson.Documents.MemberPage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("NAME"), new ListColumn("EMAIL"), new ListColumn("ROLE"), new ListColumn("STATE"),
                new ListColumn("2ND FACTOR", Rank: 1), new ListColumn("SEEN", Rank: 2), new ListColumn("ID", Rank: 3));
            var now = terminal.Clock.GetUtcNow();
            foreach (var each in all)
            {
                table.Add(
                    new ListCell(each.DisplayName, Tone.Bold), each.Email, each.Role, each.State,
                    each.SecondFactor ? "yes" : "no",
                    each.LastSeenAt is { } seen ? $"{Format.Age(now - seen)} ago" : "never", each.Id);
            }

            if (table.Count == 0) terminal.ErrorScreen.Line("Nobody has this in their name or address.");
            else table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Change(Terminal terminal, Connections connections)
    {
        var id = IdArgument();
        var role = new Option<string?>("--role") { Description = "Another role", HelpName = "ROLE" };
        var disable = new Option<bool>("--disable") { Description = "They can do nothing from the next request on" };
        var enable = new Option<bool>("--enable") { Description = "They can do what they may again" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("update", "Give a member another role, or disable or enable them") { id, role, disable, enable, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var changed = await client.UpdateMemberAsync(
                parsed.GetRequiredValue(id),
                new UpdateMember(
                    parsed.GetValue(role), CommonOptions.StateOf(parsed.GetValue(disable), parsed.GetValue(enable))),
                cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, changed, CliJson.Documents.Member);
            else terminal.OutScreen.Line($"✓ {PlainText.LineOf(changed.DisplayName)} is {PlainText.LineOf(changed.Role)}, {changed.State}", Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command Remove(Terminal terminal, Connections connections)
    {
        var id = IdArgument();
        var url = Connections.UrlOption();
        var command = new Command("remove", "Take a member out of the tenant, with their sessions, keys and grants") { id, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.RemoveMemberAsync(parsed.GetRequiredValue(id), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(id))} is removed", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Command SignOut(Terminal terminal, Connections connections)
    {
        var id = IdArgument();
        var url = Connections.UrlOption();
        var command = new Command("sign-out", "End all sessions of a member, those of applications too; API keys go on") { id, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.EndMemberSessionsAsync(parsed.GetRequiredValue(id), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(id))} is signed out of all devices and applications", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Command ResetSecondFactor(Terminal terminal, Connections connections)
    {
        var id = IdArgument();
        var url = Connections.UrlOption();
        var command = new Command("reset-second-factor", "Take the second factor and the passkeys from a member who has lost them") { id, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.ResetMemberSecondFactorAsync(parsed.GetRequiredValue(id), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(id))} has no second factor and no passkeys any more", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Command Invite(Terminal terminal, Connections connections)
    {
        var email = new Argument<string>("EMAIL") { Description = "Whom" };
        var role = new Option<string>("--role") { Description = "The role they are to have", HelpName = "ROLE", Required = true };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("invite", "Invite somebody by mail") { email, role, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var made = await client.CreateInvitationAsync(
                new CreateInvitation(parsed.GetRequiredValue(email), parsed.GetRequiredValue(role)), cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, made, CliJson.Documents.Invitation);
            else terminal.OutScreen.Line($"✓ {PlainText.LineOf(made.Email)} has a link that is good until {made.ExpiresAt:u}", Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command Invitations(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("invitations", "List open invitations, newest first") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllInvitationsAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<Invitation>(all), CliJson.Documents.InvitationPage);
                return 0;
            }

            var table = new ListTable(
                new ListColumn("ID"), new ListColumn("ROLE"), new ListColumn("LEFT"), new ListColumn("EMAIL", IsFlexible: true));
            var now = terminal.Clock.GetUtcNow();
            foreach (var each in all) table.Add(each.Id, each.Role, Format.Age(each.ExpiresAt - now), each.Email);
            if (table.Count == 0) terminal.ErrorScreen.Line("There are no open invitations.");
            else table.Show(terminal.OutScreen);
            return 0;
        });
        return command;
    }

    private static Command Withdraw(Terminal terminal, Connections connections)
    {
        var id = new Argument<string>("ID") { Description = "The invitation, inv_…" };
        var url = Connections.UrlOption();
        var command = new Command("withdraw", "Withdraw an invitation: its link is dead") { id, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.DeleteInvitationAsync(parsed.GetRequiredValue(id), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(id))} is withdrawn", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Argument<string> IdArgument() => new("ID") { Description = "The member, usr_…" };
}
