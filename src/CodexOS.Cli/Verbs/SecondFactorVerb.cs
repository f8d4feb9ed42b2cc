using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos second-factor</c>: one's own authenticator, and whether the tenant asks for one.</summary>
internal static class SecondFactorVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "second-factor", "Set up, renew and remove your second factor (MFA)")
    {
        Status(terminal, connections),
        SetUp(terminal, connections),
        RecoveryCodes(terminal, connections),
        Remove(terminal, connections),
        Require(terminal, connections),
    };

    private static Command Status(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("status", "Show whether you have one, and whether your tenant asks for one") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var status = await client.GetSecondFactorAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, status, CliJson.Documents.SecondFactorStatus);
                return 0;
            }

            terminal.OutScreen.Line(status.Enabled
                ? $"Set up, {Format.Plural(status.RecoveryCodesLeft, "recovery code")} left."
                : "Not set up.");
            if (status.Passkeys > 0) terminal.OutScreen.Line($"{Format.Plural(status.Passkeys, "passkey")}: codexos passkeys list");
            if (status.Required) terminal.OutScreen.Line("Your tenant asks for it.");
            return 0;
        });
        return command;
    }

    private static Command SetUp(Terminal terminal, Connections connections)
    {
        var url = Connections.UrlOption();
        var command = new Command("set-up", "Set up an authenticator app") { url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var password = await AskAsync(terminal, "Password: ", isSecret: true, cancellationToken);
            var setup = await client.BeginTotpAsync(password, cancellationToken);
            terminal.ErrorScreen.Line("Add this to your authenticator app:");
            terminal.ErrorScreen.Line($"  {PlainText.LineOf(setup.Uri)}");
            terminal.ErrorScreen.Line($"or type its key: {PlainText.LineOf(setup.Secret)}");
            var code = await AskAsync(terminal, "Code that the app shows: ", isSecret: false, cancellationToken);
            Show(terminal, await client.ConfirmTotpAsync(code, cancellationToken));
            return 0;
        });
        return command;
    }

    private static Command RecoveryCodes(Terminal terminal, Connections connections)
    {
        var (url, code) = (Connections.UrlOption(), CommonOptions.Code());
        var command = new Command("recovery-codes", "Make new recovery codes; the earlier ones are dead") { code, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.StepUpAsync(await CodeAsync(terminal, parsed.GetValue(code), cancellationToken), cancellationToken);
            Show(terminal, await client.RenewRecoveryCodesAsync(cancellationToken));
            return 0;
        });
        return command;
    }

    private static Command Remove(Terminal terminal, Connections connections)
    {
        var (url, code) = (Connections.UrlOption(), CommonOptions.Code());
        var command = new Command("remove", "Remove your second factor") { code, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.StepUpAsync(await CodeAsync(terminal, parsed.GetValue(code), cancellationToken), cancellationToken);
            await client.RemoveSecondFactorAsync(cancellationToken);
            terminal.OutScreen.Line("■ You have no second factor any more", Tone.Warn);
            return 0;
        });
        return command;
    }

    private static Command Require(Terminal terminal, Connections connections)
    {
        var off = new Option<bool>("--off") { Description = "Ask it of nobody any more" };
        var url = Connections.UrlOption();
        var command = new Command("require", "Ask a second factor of every member, from their next request on") { off, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var isRequired = !parsed.GetValue(off);
            await client.RequireSecondFactorAsync(isRequired, cancellationToken);
            terminal.OutScreen.Line(
                isRequired ? "✓ Members need a second factor" : "■ Members need no second factor any more",
                isRequired ? Tone.Good : Tone.Warn);
            return 0;
        });
        return command;
    }

    /// <summary>The code that was given, or the one that a person types.</summary>
    public static async Task<string> CodeAsync(Terminal terminal, string? given, CancellationToken cancellationToken) =>
        given ?? await AskAsync(terminal, "Code of your authenticator, or a recovery code: ", isSecret: false, cancellationToken);

    private static async Task<string> AskAsync(
        Terminal terminal, string question, bool isSecret, CancellationToken cancellationToken)
    {
        if (!terminal.CanAsk)
        {
            throw new CodexOSException(
                "cli.cannot_ask", FaultKind.Invalid, $"There is nobody to ask for {question.TrimEnd(' ', ':')} here. Use a terminal.");
        }

        return (await terminal.AskAsync(question, isSecret, cancellationToken)).Trim();
    }

    private static void Show(Terminal terminal, RecoveryCodes codes)
    {
        terminal.ErrorScreen.Line("Keep these recovery codes where nobody finds them. Each works once, and they are not shown again:", Tone.Good);
        foreach (var code in codes.Codes) terminal.OutScreen.Line(PlainText.LineOf(code));
    }
}
