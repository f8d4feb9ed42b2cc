using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos join</c>: accepts an invitation.</summary>
internal static class JoinVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var link = new Argument<string>("LINK") { Description = "The link that was mailed to you, in quotes" };
        var name = new Option<string?>("--name") { Description = "Your name, for a new account", HelpName = "NAME" };
        var stdin = new Option<bool>("--password-stdin") { Description = "Read the password from the standard input" };
        var url = Connections.UrlOption();
        var command = new Command("join", "Accept an invitation, then sign in with \"codexos login\"") { link, name, stdin, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (server, token) = OneTimeLink.Parse(parsed.GetRequiredValue(link));
            var client = await connections.OpenAsync(parsed.GetValue(url) ?? server, cancellationToken);
            var seen = await client.LookAtInvitationAsync(token, cancellationToken);
            terminal.ErrorScreen.Line(
                $"{PlainText.LineOf(seen.Email)} is invited to {PlainText.LineOf(seen.TenantName)} as {PlainText.LineOf(seen.Role)}.");
            var form = new SignInForm(terminal, seen.Email, parsed.GetValue(name), null, parsed.GetValue(stdin));
            var displayName = seen.HasAccount ? null : await form.NameAsync(seen.Email, cancellationToken);
            var password = seen.HasAccount
                ? await form.PasswordAsync("Password of your account: ", cancellationToken)
                : await form.NewPasswordAsync(cancellationToken);
            var joined = await client.AcceptInvitationAsync(
                new AcceptInvitation(token, password, displayName), cancellationToken);
            terminal.OutScreen.Line(
                $"✓ {PlainText.LineOf(joined.Email)} belongs to {PlainText.LineOf(joined.TenantName)} now. "
                + $"Sign in: codexos login --url {client.Server} --email {PlainText.LineOf(joined.Email)} --tenant {joined.Tenant}",
                Tone.Good);
            return 0;
        });
        return command;
    }
}
