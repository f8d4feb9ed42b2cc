using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.EndToEnd;

/// <summary>What the owner of a tenant sets up on the settings pages, with a real server behind them.</summary>
public sealed class SettingsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_owner_invites_a_member_makes_a_role_and_a_key_that_does_no_more_than_its_scopes()
    {
        using var data = new TempDirectory();
        await using var server = await FirstVisit.StartAsync(data.Path);
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync();
        await FirstVisit.SignUpAsync(page, server, data.Path);

        await OpenAsync(page, "Members");
        await PressAsync(page, "Invite");
        await page.GetByRole(AriaRole.Dialog).GetByLabel("E-mail").FillAsync("grace@example.org");
        await PressAsync(page.GetByRole(AriaRole.Dialog), "Invite");
        await Expect(RowOf(page, "grace@example.org")).ToContainTextAsync("developer");
        Directory.EnumerateFiles(Path.Combine(data.Path, "mail")).ShouldHaveSingleItem();

        await OpenAsync(page, "Roles");
        await PressAsync(page, "New role");
        await page.GetByLabel("Name").FillAsync("starter");
        await page.GetByLabel("agents:read", new() { Exact = true }).CheckAsync();
        await page.GetByLabel("runs:start", new() { Exact = true }).CheckAsync();
        await PressAsync(page, "Create role");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "starter" })).ToBeVisibleAsync();
        await OpenAsync(page, "Roles");
        await Expect(RowOf(page, "starter")).ToContainTextAsync("2 permissions");

        await OpenAsync(page, "API keys");
        await PressAsync(page, "New API key");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Name").FillAsync("reader");
        await dialog.GetByLabel("agents:read", new() { Exact = true }).CheckAsync();
        await PressAsync(dialog, "Create key");
        var key = await dialog.GetByRole(AriaRole.Group, new() { Name = "The key" }).InnerTextAsync();
        await PressAsync(dialog, "I have kept it");
        await Expect(RowOf(page, "reader")).ToContainTextAsync("agents:read");

        using var program = new HttpClient { BaseAddress = server.Url };
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());
        using var allowed = await program.GetAsync(new Uri("/api/v1/agents", UriKind.Relative), Token);
        allowed.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var refused = await program.GetAsync(new Uri("/api/v1/runs", UriKind.Relative), Token);
        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Token);
        problem.GetProperty("code").GetString().ShouldBe("identity.not_allowed");
        browser.Complaints.ShouldBeEmpty();
    }

    /// <summary>Goes to a page of the settings by its link in their navigation.</summary>
    private static async Task OpenAsync(IPage page, string title)
    {
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByText("Settings").First.ClickAsync();
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Settings" })
            .GetByRole(AriaRole.Link, new() { Name = title, Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = title, Exact = true })).ToBeVisibleAsync();
    }

    private static Task PressAsync(IPage page, string name) =>
        page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();

    private static Task PressAsync(ILocator within, string name) =>
        within.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();

    private static ILocator RowOf(IPage page, string text) =>
        page.GetByRole(AriaRole.Row).Filter(new() { HasText = text });

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
