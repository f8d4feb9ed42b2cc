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
