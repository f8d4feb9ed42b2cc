using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>What has to be known to sign in: given as options, or asked for.</summary>
internal sealed record SignInForm(Terminal Terminal, string? Email, string? Name, string? Link, bool PasswordFromStdin)
{
    private const int PasswordSizeMax = 4096;

    /// <summary>The tenant to sign in to.</summary>
    public string? Tenant { get; init; }

    /// <summary>The code of the second factor.</summary>
    public string? Code { get; init; }

    /// <summary>Whether the person signs in with a browser, without being asked for anything here.</summary>
    public bool WithBrowser { get; init; }

    public Task<string> CodeAsync(CancellationToken cancellationToken) => GivenOrAskedAsync(
        Code, "Code of your authenticator, or a recovery code: ", "--code", cancellationToken);

    public Task<string> EmailAsync(CancellationToken cancellationToken) =>
        GivenOrAskedAsync(Email, "Email: ", "--email", cancellationToken);

    /// <summary>The address to sign in with, or nothing to do so in a browser.</summary>
    public Task<string> EmailOrBrowserAsync(CancellationToken cancellationToken) => GivenOrAskedAsync(
        Email, "Email, or Enter to sign in with a browser: ", "--email, or use --browser", cancellationToken);

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
