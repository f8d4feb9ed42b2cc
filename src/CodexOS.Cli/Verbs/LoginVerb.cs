using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// <c>codexos login</c>: signs in, or creates the administrator of a server that has none yet, and keeps the session.
/// </summary>
internal static class LoginVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var url = Connections.UrlOption();
        var email = new Option<string?>("--email") { Description = "Your address", HelpName = "EMAIL" };
        var name = new Option<string?>("--name") { Description = "A new administrator's name", HelpName = "NAME" };
        var link = new Option<string?>("--setup-link")
        {
            Description = "The one-time link that the server printed at its first start, or that a tenant's owner was given",
            HelpName = "LINK",
        };
        var stdin = new Option<bool>("--password-stdin") { Description = "Read the password from the standard input" };
        var tenant = new Option<string?>("--tenant")
        {
            Description = "The tenant to sign in to, if you belong to several",
            HelpName = "TENANT",
        };
        var code = CommonOptions.Code();
        var browser = new Option<bool>("--browser") { Description = "Sign in with a browser, on this machine or another" };
        var command = new Command("login", "Sign in to a server, or set up a new one")
        {
            url, browser, email, name, link, stdin, tenant, code,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var form = new SignInForm(
                terminal, parsed.GetValue(email), parsed.GetValue(name), parsed.GetValue(link), parsed.GetValue(stdin))
            {
                Tenant = parsed.GetValue(tenant),
                Code = parsed.GetValue(code),
                WithBrowser = parsed.GetValue(browser),
            };
            var linkServer = form.Link is { } given ? OneTimeLink.Parse(given).Server : null;
            var client = await connections.OpenAsync(parsed.GetValue(url) ?? linkServer, cancellationToken);
            await SignInAsync(terminal, connections, client, form, cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task SignInAsync(
        Terminal terminal,
        Connections connections,
        CodexOSClient client,
        SignInForm form,
        CancellationToken cancellationToken)
    {
        if (terminal.Variable("CODEXOS_TOKEN") is { Length: > 0 })
        {
            throw new CodexOSException(
                "cli.token_in_environment",
                FaultKind.Conflict,
                "CODEXOS_TOKEN is set and would be used instead of this session. Unset it first.");
        }

        if (client.Server is { Scheme: "http", IsLoopback: false })
        {
            terminal.ErrorScreen.Line(
                $"warning: {client.Server} is not encrypted; others on the way can read your password.", Tone.Warn);
        }

        var setup = await client.GetSetupAsync(cancellationToken);
        // A link makes the first administrator, or the owner of a tenant that was made later.
        if (setup.Needed || form.Link is not null)
        {
            await SetUpAsync(client, form, cancellationToken);
        }
        else
        {
            await EnterAsync(terminal, client, form, cancellationToken);
        }

        await connections.Store.WriteDefaultServerAsync(client.Server, cancellationToken);
        var me = await client.GetMeAsync(cancellationToken);
        terminal.OutScreen.Line(
            $"Signed in to {client.Server} as {PlainText.LineOf(me.User.Email ?? me.User.DisplayName)} ({PlainText.LineOf(me.Role)} of "
                + $"{PlainText.LineOf(me.Tenant.Name)}).");
        if (me.SecondFactorNeeded)
        {
            terminal.ErrorScreen.Line(
                "Your tenant asks for a second factor before you can do anything: codexos second-factor set-up", Tone.Warn);
        }
    }

    private static async Task EnterAsync(
        Terminal terminal, CodexOSClient client, SignInForm form, CancellationToken cancellationToken)
    {
        var email = form.WithBrowser ? "" : await form.EmailOrBrowserAsync(cancellationToken);
        if (email.Length == 0)
        {
            var waiting = await client.BeginDeviceSignInAsync(cancellationToken);
            terminal.ErrorScreen.Line($"Open {PlainText.LineOf(waiting.AddressWithCode.ToString())}");
            terminal.ErrorScreen.Line(
                $"and compare the code: {PlainText.LineOf(waiting.UserCode)}. It is good for "
                + $"{waiting.Lifetime.TotalMinutes:0} minutes; nobody else needs it.");
            await client.FinishDeviceSignInAsync(waiting, cancellationToken);
            return;
        }

        var password = await form.PasswordAsync("Password: ", cancellationToken);
        if (await client.BeginSignInAsync(email, password, form.Tenant, cancellationToken) is { } pending)
            await client.FinishSignInAsync(pending, await form.CodeAsync(cancellationToken), cancellationToken);
    }

    private static async Task SetUpAsync(CodexOSClient client, SignInForm form, CancellationToken cancellationToken)
    {
        var token = OneTimeLink.Parse(await form.LinkAsync(client.Server, cancellationToken)).Token;
        var email = await form.EmailAsync(cancellationToken);
        var name = await form.NameAsync(email, cancellationToken);
        var password = await form.NewPasswordAsync(cancellationToken);
        await client.SetUpAsync(new SetupRequest(token, email, name, password), cancellationToken);
    }
}
