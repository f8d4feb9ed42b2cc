using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos account</c>: who is signed in, and what they change about themselves.</summary>
internal static class AccountVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "account", "Show and change your own account")
    {
        Show(terminal, connections),
        Rename(terminal, connections),
        Password(terminal, connections),
        Forgot(terminal, connections),
        Reset(terminal, connections),
    };

    private static Command Show(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("show", "Show who you are signed in as, and your role") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var me = await client.GetMeAsync(cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, me, CliJson.Documents.Me);
            else
            {
                terminal.OutScreen.Line(
                    $"{PlainText.LineOf(me.User.DisplayName)}  {PlainText.LineOf(me.User.Email ?? "no address")}  "
                    + $"{PlainText.LineOf(me.Role)} of {PlainText.LineOf(me.Tenant.Name)}");
            }

            return 0;
        });
        return command;
    }

    private static Command Rename(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("NAME") { Description = "The name by which others see you" };
        var url = Connections.UrlOption();
        var command = new Command("rename", "Change the name by which others see you") { name, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.RenameMeAsync(parsed.GetRequiredValue(name), cancellationToken);
            terminal.OutScreen.Line($"✓ Others see you as {PlainText.LineOf(parsed.GetRequiredValue(name))}", Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command Password(Terminal terminal, Connections connections)
    {
        var (url, code) = (Connections.UrlOption(), CommonOptions.Code());
        var stdin = new Option<bool>("--passwords-stdin")
        {
            Description = "Read the present and the new password from the standard input, one a line",
        };
        var command = new Command("password", "Change your password; your other sessions end") { code, stdin, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var (current, next) = parsed.GetValue(stdin)
                ? await ReadAsync(terminal, cancellationToken)
                : await AskAsync(terminal, cancellationToken);
            if ((await client.GetSecondFactorAsync(cancellationToken)).Enabled)
            {
                await client.StepUpAsync(
                    await SecondFactorVerb.CodeAsync(terminal, parsed.GetValue(code), cancellationToken), cancellationToken);
            }

            await client.ChangePasswordAsync(current, next, cancellationToken);
            terminal.OutScreen.Line("✓ Your password is changed, and your other sessions are over", Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command Forgot(Terminal terminal, Connections connections)
    {
        var email = new Argument<string>("EMAIL") { Description = "The email address of your account" };
        var url = Connections.UrlOption();
        var command = new Command("forgot", "Have a link mailed to you to choose another password") { email, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.ForgotPasswordAsync(parsed.GetRequiredValue(email), cancellationToken);
            terminal.OutScreen.Line(
                "✓ If this address has an account with a password, a link is on its way to it. "
                + "Open it, or give it to: codexos account reset LINK",
                Tone.Good);
            return 0;
        });
        return command;
    }

    private static Command Reset(Terminal terminal, Connections connections)
    {
        var link = new Argument<string>("LINK") { Description = "The link that was mailed to you, in quotes" };
        var stdin = new Option<bool>("--password-stdin") { Description = "Read the new password from the standard input" };
        var url = Connections.UrlOption();
        var command = new Command("reset", "Choose another password by a link; all your sessions end") { link, stdin, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (server, token) = OneTimeLink.Parse(parsed.GetRequiredValue(link));
            var client = await connections.OpenAsync(parsed.GetValue(url) ?? server, cancellationToken);
            var form = new SignInForm(terminal, null, null, null, parsed.GetValue(stdin));
            await client.ResetPasswordAsync(token, await form.NewPasswordAsync(cancellationToken), cancellationToken);
            terminal.OutScreen.Line(
                $"✓ Your password is changed. Sign in: codexos login --url {client.Server}", Tone.Good);
            return 0;
        });
        return command;
    }

    private static async Task<(string Current, string Next)> ReadAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        var current = await terminal.In.ReadLineAsync(cancellationToken);
        var next = await terminal.In.ReadLineAsync(cancellationToken);
        return current is null || next is null
            ? throw new CodexOSException(
                "cli.two_lines_needed", FaultKind.Invalid,
                "Give two lines: the present password, then the new one.")
            : (current, next);
    }

    private static async Task<(string Current, string Next)> AskAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        if (!terminal.CanAsk)
        {
            throw new CodexOSException(
                "cli.cannot_ask", FaultKind.Invalid, "There is nobody to ask for the passwords here. Give --passwords-stdin.");
        }

        var form = new SignInForm(terminal, null, null, null, PasswordFromStdin: false);
        return (
            await form.PasswordAsync("Present password: ", cancellationToken), await form.NewPasswordAsync(cancellationToken));
    }
}
