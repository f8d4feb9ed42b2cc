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

    [Fact]
    public async Task What_the_forms_make_in_a_project_lies_in_it_and_the_first_definition_of_an_agent_can_be_applied()
    {
        using var data = new TempDirectory();
        await using var server = await FirstVisit.StartAsync(data.Path);
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync();
        await FirstVisit.SignUpAsync(page, server, data.Path);
        await OpenAsync(page, "Projects");
        await PressAsync(page, "New project");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Name").FillAsync("alpha");
        await PressAsync(dialog, "Create");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "alpha" })).ToBeVisibleAsync();

        await GoAsync(page, "Agents");
        await PressAsync(page, "New agent");
        await page.GetByLabel("Project").SelectOptionAsync("alpha");
        await PressAsync(page, "Create agent");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "My agent" })).ToBeVisibleAsync();

        await GoAsync(page, "Knowledge");
        await PressAsync(page, "New knowledge base");
        await dialog.GetByLabel("Name").FillAsync("notes");
        await Expect(dialog.GetByLabel("Store").Locator("option")).ToHaveTextAsync(["Index of the server"]);
        await dialog.GetByLabel("Project").SelectOptionAsync("alpha");
        await PressAsync(dialog, "Create");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "notes" })).ToBeVisibleAsync();

        await OpenAsync(page, "Connections");
        await PressAsync(page, "New connection");
        await dialog.GetByLabel("Name").FillAsync("pets");
        await dialog.GetByLabel("Kind").SelectOptionAsync("openapi");
        await dialog.GetByLabel("Or the document itself").FillAsync(Identity.ProjectWorld.PetsApi);
        await dialog.GetByLabel("Project").SelectOptionAsync("alpha");
        await PressAsync(dialog, "Create connection");
        await Expect(RowOf(page, "pets_list_pets")).ToContainTextAsync("read");

        await OpenAsync(page, "Projects");
        await page.GetByRole(AriaRole.Link, new() { Name = "alpha" }).ClickAsync();
        (string, string)[] things = [("agent", "my-agent"), ("knowledge", "notes"), ("connection", "pets")];
        foreach (var (kind, name) in things)
            await Expect(RowOf(page, name)).ToContainTextAsync(kind);
        browser.Complaints.ShouldBeEmpty();
    }

    /// <summary>Goes to a place by its link in the main navigation.</summary>
    private static Task GoAsync(IPage page, string title) =>
        page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByText(title).First.ClickAsync();

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
