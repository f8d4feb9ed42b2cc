using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using CodexOS.Testing;
using CodexOS.Testing.Servers;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.EndToEnd;

/// <summary>
/// What a new user does, with nothing in between: the server as a process, its own web pages in Chromium, real files,
/// tests in a real sandbox, a real commit.
/// </summary>
public sealed class FirstRunTests
{
    private const string Task = "make the failing test pass";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_user_signs_up_starts_the_demo_agent_approves_its_commit_and_sees_it_done()
    {
        using var data = new TempDirectory();
        await using var server = await FirstVisit.StartAsync(data.Path);
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync();

        await FirstVisit.SignUpAsync(page, server, data.Path);
        var run = await StartRunAsync(page, server);

        // The tests fail first, then pass, and the run stops at the commit.
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Approve" })).ToBeVisibleAsync();
        await Expect(page.GetByTestId("run-status")).ToContainTextAsync("Waiting", new() { IgnoreCase = true });
        await Expect(page.GetByTestId("diff-view").Last).ToContainTextAsync("(a, b) => a - b");
        await ScreenshotAsync(page, "run.png");
        using var api = await SignInAsync(server);
        (await ShellExitCodesAsync(api, run)).ShouldBe([1, 0]);

        await page.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();
        await Expect(page.GetByTestId("run-output")).ToContainTextAsync("the fix is committed");
        await Expect(page.GetByTestId("run-status")).ToContainTextAsync("Completed", new() { IgnoreCase = true });
        await page.ReloadAsync();
        await Expect(page.GetByTestId("run-output")).ToContainTextAsync("the fix is committed");

        var ended = await api.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}", Token);
        ended.GetProperty("modelIsReal").GetBoolean().ShouldBeFalse();
        (await CalcAsync(api, run)).ShouldContain("sort((a, b) => a - b)");
        browser.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_run_is_paused_resumed_and_rolled_back_on_its_page_and_the_files_follow()
    {
        using var data = new TempDirectory();
        await using var server = await FirstVisit.StartAsync(data.Path);
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync();
        await FirstVisit.SignUpAsync(page, server, data.Path);
        var run = await StartRunAsync(page, server);
        using var api = await SignInAsync(server);

        await ButtonOf(page, "Pause").ClickAsync();
        await Expect(page.GetByText("Paused by Ada.")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("run-status")).ToContainTextAsync("Paused", new() { IgnoreCase = true });
        await ButtonOf(page, "Resume").ClickAsync();
        await ButtonOf(page, "Approve").ClickAsync();
        await Expect(page.GetByTestId("run-output")).ToContainTextAsync("the fix is committed");
        (await CalcAsync(api, run)).ShouldContain("(a, b) => a - b");

        var edit = page.Locator("[data-testid^='step-'][data-testid*='edit_file']");
        await edit.GetByRole(AriaRole.Button, new() { Name = "State after this" }).ClickAsync();
        await ButtonOf(page, "Checkpoint before").ClickAsync();
        await ButtonOf(page, "Roll back to here").ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await ScreenshotAsync(page, "rollback.png");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Roll back", Exact = true }).ClickAsync();
        await Expect(page.GetByTestId("group-undone")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("run-status")).ToContainTextAsync("Paused", new() { IgnoreCase = true });
        (await CalcAsync(api, run)).ShouldNotContain("(a, b) => a - b");

        await ButtonOf(page, "Resume").ClickAsync();
        await ButtonOf(page, "Approve").ClickAsync();
        await Expect(page.GetByTestId("run-output")).ToContainTextAsync("the fix is committed");
        (await CalcAsync(api, run)).ShouldContain("(a, b) => a - b");
        browser.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_killed_server_takes_the_run_up_again_and_repeats_no_finished_tool_call()
    {
        using var data = new TempDirectory();
        var port = FreePort();
        await using var first = await FirstVisit.StartAsync(data.Path, port);
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync();
        await FirstVisit.SignUpAsync(page, first, data.Path);
        var run = await StartRunAsync(page, first);

        // In the middle: the failing tests have been seen, the fix is on its way.
        using (var api = await SignInAsync(first))
            await FollowAsync(api, run, happened => IsCompleted(happened, ".shell."));
        await first.KillAsync();
        await using var second = await FirstVisit.StartAsync(data.Path, port);

        // The page that was open all the time finds the new server and shows the run going on by itself.
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Approve" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Approve" }).ClickAsync();
        await Expect(page.GetByTestId("run-output")).ToContainTextAsync("the fix is committed");

        using var after = await SignInAsync(second);
        var events = await FollowAsync(after, run, _ => false);
        events.Count(happened => KindOf(happened) == "run.claimed").ShouldBeGreaterThanOrEqualTo(2);
        var completed = events.Where(happened => KindOf(happened) == "step.completed").Select(StepOf).ToList();
        completed.ShouldBe(completed.Distinct());
        (await ShellExitCodesAsync(after, run)).ShouldBe([1, 0]);
        events.Select(happened => happened.GetProperty("seq").GetInt32()).ShouldBe(Enumerable.Range(0, events.Count));
    }

    private static ILocator ButtonOf(IPage page, string name) =>
        page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>The file that the demo agent mends, as the run's workspace has it now.</summary>
    private static async Task<string> CalcAsync(HttpClient api, string run)
    {
        var now = await api.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}", Token);
        var workspace = now.GetProperty("workspaceId").GetString();
        return await api.GetStringAsync($"/api/v1/workspaces/{workspace}/files/content?path=src/calc.js", Token);
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    private static async Task<string> StartRunAsync(IPage page, ServerProcess server)
    {
        var box = page.GetByRole(AriaRole.Form, new() { Name = "Start a run" });
        await Expect(box.GetByLabel("Agent")).ToContainTextAsync("Repository engineer");
        await box.GetByLabel("Task").FillAsync(Task);
        await box.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        await page.WaitForURLAsync("**/runs/run_*");
        await Expect(page.GetByTestId("run-timeline")).ToBeVisibleAsync();
        return page.Url[(page.Url.LastIndexOf('/') + 1)..];
    }

    private static async Task<HttpClient> SignInAsync(ServerProcess server)
    {
        var client = new HttpClient { BaseAddress = server.Url };
        using var answer = await client.PostAsJsonAsync(
            "/api/v1/auth/sign-in",
            new
            {
                email = CodexServer.AdministratorEmail,
                password = CodexServer.AdministratorPassword,
                transport = "body",
            },
            Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var tokens = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", tokens.GetProperty("accessToken").GetString());
        return client;
    }

    private static async Task<List<JsonElement>> FollowAsync(HttpClient api, string run, Func<JsonElement, bool> until)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var response = await api.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        var events = new List<JsonElement>();
        while (await reader.ReadLineAsync(Token) is { } line)
        {
            if (!line.StartsWith("data: {\"seq\"", StringComparison.Ordinal)) continue;
            events.Add(JsonDocument.Parse(line["data: ".Length..]).RootElement);
            if (until(events[^1])) break;
        }

        return events;
    }

    private static async Task<List<int>> ShellExitCodesAsync(HttpClient api, string run)
    {
        var page = await api.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}/events?limit=1000", Token);
        return [.. page.GetProperty("items").EnumerateArray()
            .Where(happened => IsCompleted(happened, ".shell."))
            .Select(happened => happened.GetProperty("data").GetProperty("output").GetProperty("data")
                .GetProperty("exitCode").GetInt32())];
    }

    private static async Task ScreenshotAsync(IPage page, string name)
    {
        var folder = Directory.CreateDirectory(Repository.In("artifacts", "screenshots")).FullName;
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name) });
    }

    private static bool IsCompleted(JsonElement happened, string step) =>
        KindOf(happened) == "step.completed" && StepOf(happened).Contains(step, StringComparison.Ordinal);

    private static string KindOf(JsonElement happened) => happened.GetProperty("kind").GetString()!;

    private static string StepOf(JsonElement happened) => happened.GetProperty("data").GetProperty("step").GetString()!;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
