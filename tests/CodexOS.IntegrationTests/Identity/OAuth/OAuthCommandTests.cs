using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodexOS.IntegrationTests.Cli;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.OAuth;

/// <summary>OAuth clients and the sign-in with a browser from the command line, against the real server.</summary>
public sealed partial class OAuthCommandTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_is_registered_listed_and_removed()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Cancellation);
        using var owner = await server.SignInAsync(Cancellation);
        async Task<FakeTerminal> RunAsync(int exit, params string[] args)
        {
            var terminal = new FakeTerminal(server.Url);
            terminal.Environment["CODEXOS_TOKEN"] = owner.DefaultRequestHeaders.Authorization!.Parameter!;
            (await terminal.RunAsync(args)).ShouldBe(exit, terminal.Error);
            return terminal;
        }

        using var none = await RunAsync(0, "clients", "list");
        none.Error.ShouldContain("There are no OAuth clients.");
        using var made = await RunAsync(
            0, "clients", "create", "Notebook", "--redirect", "https://notebook.example/cb", "--scope", "agents:read", "openid");
        var id = made.Out.Trim();
        id.ShouldStartWith("cli_");
        using var secret = await RunAsync(
            0, "clients", "create", "Gateway", "--confidential", "--redirect", "https://gateway.example/cb", "--scope", "runs:read");
        secret.Out.Trim().ShouldStartWith("cds_");
        using var wrong = await RunAsync(2, "clients", "create", "Bad", "--redirect", "http://bad.example/", "--scope", "runs:read");
        wrong.Error.ShouldContain("(identity.bad_redirect_uri)");

        using var listed = await RunAsync(0, "clients", "list");
        listed.Out.ShouldContain("agents:read openid");
        listed.Out.ShouldContain("confidential");
        using var removed = await RunAsync(0, "clients", "rm", id);
        removed.Out.ShouldContain("is deleted");
        using var left = await RunAsync(0, "clients", "list", "--json");
        JsonElement.Parse(left.Out).GetProperty("items").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Login_with_a_browser_signs_the_terminal_in_as_whoever_allows_it_there()
    {
        await using var server = await CodexServer.StartAsync(
            settings: ["OAuth:DevicePollIntervalSeconds=1"], cancellationToken: Cancellation);
        using var owner = await server.SignInAsync(Cancellation);
        using var terminal = new FakeTerminal(server.Url) { IsTerminal = true };
        terminal.Type("\n");

        var login = terminal.RunAsync(Cancellation, "login");
        await terminal.ShowsAsync("nobody else needs it");
        var code = ShownCode().Match(terminal.Error).Groups["code"].Value;
        using var allowed = await owner.PostAsJsonAsync("/api/v1/oauth/device/decide", new { userCode = code, allow = true }, Cancellation);
        allowed.EnsureSuccessStatusCode();

        (await login).ShouldBe(0, terminal.Error);
        terminal.Out.ShouldContain("(owner of Home)");
        (await terminal.RunAsync("api-keys", "create", "mine")).ShouldBe(0, terminal.Error);
    }

    [Fact]
    public async Task Login_with_a_browser_ends_with_what_the_person_decided()
    {
        await using var server = await CodexServer.StartAsync(
            settings: ["OAuth:DevicePollIntervalSeconds=1"], cancellationToken: Cancellation);
        using var owner = await server.SignInAsync(Cancellation);
        using var terminal = new FakeTerminal(server.Url);

        var login = terminal.RunAsync(Cancellation, "login", "--browser");
        await terminal.ShowsAsync("nobody else needs it");
        var code = ShownCode().Match(terminal.Error).Groups["code"].Value;
        using var denied = await owner.PostAsJsonAsync("/api/v1/oauth/device/decide", new { userCode = code, allow = false }, Cancellation);
        denied.EnsureSuccessStatusCode();

        (await login).ShouldBe(2);
        terminal.Error.ShouldContain("(oauth.access_denied)");
    }

    [GeneratedRegex("code: (?<code>[B-Z]{4}-[B-Z]{4})", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ShownCode();
}
