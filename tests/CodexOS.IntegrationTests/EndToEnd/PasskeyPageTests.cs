using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using CodexOS.Testing;
using CodexOS.Testing.Servers;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.EndToEnd;

/// <summary>Passkeys of a real browser, with a virtual authenticator of its own, at a real server.</summary>
public sealed class PasskeyPageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_passkey_is_added_on_the_settings_page_and_signs_in_steps_up_and_is_removed()
    {
        using var data = new TempDirectory();
        var address = $"http://localhost:{FreePort()}";
        await using var server = await ServerProcess.StartAsync(
            data.Path,
            settings: [$"Server:WebRoot={Repository.In("artifacts", "web")}", $"Identity:PublicUrl={address}"],
            port: new Uri(address).Port,
            cancellationToken: Token);
        await SetUpAsync(server, data.Path);
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync();
        await AddAuthenticatorAsync(page);

        await page.GotoAsync($"{address}/settings/profile");
        await page.GetByLabel("E-mail").FillAsync(CodexServer.AdministratorEmail);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(CodexServer.AdministratorPassword);
        await PressAsync(page, "Sign in");
        await PressAsync(page, "Add a passkey");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Name").FillAsync("laptop");
        await dialog.GetByLabel("Your password").FillAsync(CodexServer.AdministratorPassword);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
        await Expect(page.GetByText("laptop signs you in from now on.")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Account menu" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Sign out" }).ClickAsync();
        await PressAsync(page, "Sign in with a passkey");
        await PressAsync(page, "Remove laptop");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Expect(page.GetByText("You have no passkeys")).ToBeVisibleAsync();
        browser.Complaints.ShouldBeEmpty();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task SetUpAsync(ServerProcess server, string data)
    {
        using var client = new HttpClient { BaseAddress = server.Url };
        var link = await File.ReadAllTextAsync(Path.Combine(data, "keys", "setup-link"), Token);
        using var answer = await client.PostAsJsonAsync("/api/v1/setup", new
        {
            token = link.Trim().Split("#token=")[^1],
            email = CodexServer.AdministratorEmail,
            displayName = "Ada",
            password = CodexServer.AdministratorPassword,
            transport = "body",
        }, Token);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>A device that keeps passkeys and verifies whoever is there.</summary>
    private static async Task AddAuthenticatorAsync(IPage page)
    {
        var devtools = await page.Context.NewCDPSessionAsync(page);
        await devtools.SendAsync("WebAuthn.enable");
        await devtools.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true,
            },
        });
    }

    private static Task PressAsync(IPage page, string name) =>
        page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
