using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// <c>codexos login</c>: signs in, or creates the administrator of a server that has none yet, and keeps the session.
/// </summary>
internal static class LoginVerb
{
    private const int PasswordSizeMax = 4096;

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
        var command = new Command("login", "Sign in to a server, or set up a new one")
        {
            url, email, name, link, stdin,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var form = new Form(
                terminal, parsed.GetValue(email), parsed.GetValue(name), parsed.GetValue(link), parsed.GetValue(stdin));
            var linkServer = form.Link is { } given ? SetupLink.Parse(given).Server : null;
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
        Form form,
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
            var email = await form.EmailAsync(cancellationToken);
            var password = await form.PasswordAsync("Password: ", cancellationToken);
            await client.SignInAsync(email, password, cancellationToken);
        }

        await connections.Store.WriteDefaultServerAsync(client.Server, cancellationToken);
        var me = await client.GetMeAsync(cancellationToken);
        terminal.OutScreen.Line(
            $"Signed in to {client.Server} as {PlainText.LineOf(me.User.Email)} ({PlainText.LineOf(me.Role)} of "
                + $"{PlainText.LineOf(me.Tenant.Name)}).");
    }

    private static async Task SetUpAsync(CodexOSClient client, Form form, CancellationToken cancellationToken)
    {
        var token = SetupLink.Parse(await form.LinkAsync(client.Server, cancellationToken)).Token;
        var email = await form.EmailAsync(cancellationToken);
        var name = await form.NameAsync(email, cancellationToken);
        var password = await form.NewPasswordAsync(cancellationToken);
        await client.SetUpAsync(new SetupRequest(token, email, name, password), cancellationToken);
    }

    /// <summary>What has to be known to sign in: given as options, or asked for.</summary>
    private sealed record Form(Terminal Terminal, string? Email, string? Name, string? Link, bool PasswordFromStdin)
    {
        public Task<string> EmailAsync(CancellationToken cancellationToken) =>
            GivenOrAskedAsync(Email, "Email: ", "--email", cancellationToken);

        public async Task<string> NameAsync(string email, CancellationToken cancellationToken)
        {
            if (Name is not null) return Name;
            var local = email.Split('@')[0];
            if (!Terminal.CanAsk || PasswordFromStdin) return local;
            var answer = await Terminal.AskAsync($"Your name [{local}]: ", isSecret: false, cancellationToken);
            return string.IsNullOrWhiteSpace(answer) ? local : answer.Trim();
        }

        public async Task<string> LinkAsync(Uri server, CancellationToken cancellationToken)
        {
            if (Link is null && Terminal.CanAsk)
            {
                Terminal.ErrorScreen.Line(
                    $"{server} has no administrator yet. Its log shows a one-time link; whoever has it becomes that.");
            }

            return await GivenOrAskedAsync(Link, "Setup link: ", "--setup-link", cancellationToken);
        }

        public async Task<string> NewPasswordAsync(CancellationToken cancellationToken)
        {
            var password = await PasswordAsync("New password: ", cancellationToken);
            if (!PasswordFromStdin && password != await PasswordAsync("Once more: ", cancellationToken))
            {
                throw new CodexOSException(
                    "cli.passwords_differ", FaultKind.Invalid, "The two passwords are not the same. Try again.");
            }

            return password;
        }

        public async Task<string> PasswordAsync(string question, CancellationToken cancellationToken)
        {
            if (!PasswordFromStdin)
            {
                if (!Terminal.CanAsk) throw Missing("the password", "--password-stdin");
                return await Terminal.AskAsync(question, isSecret: true, cancellationToken);
            }

            var buffer = new char[PasswordSizeMax + 1];
            var read = await Terminal.In.ReadBlockAsync(buffer, cancellationToken);
            if (read > PasswordSizeMax)
                throw new CodexOSException("cli.password_too_long", FaultKind.TooLarge, "The password is too long.");
            return new string(buffer, 0, read).TrimEnd('\n', '\r');
        }

        private async Task<string> GivenOrAskedAsync(
            string? given, string question, string option, CancellationToken cancellationToken)
        {
            if (given is not null) return given;
            if (!Terminal.CanAsk) throw Missing(question.TrimEnd(' ', ':'), option);
            return (await Terminal.AskAsync(question, isSecret: false, cancellationToken)).Trim();
        }

        private static CodexOSException Missing(string what, string option) => new(
            "cli.cannot_ask", FaultKind.Invalid, $"There is nobody to ask for {what} here. Give it with {option}.");
    }
}
