using CodexOS.Testing;
using CodexOS.Testing.Servers;
using Microsoft.Playwright;
using Xunit;

namespace CodexOS.IntegrationTests.EndToEnd;

/// <summary>The server as a process with its own web pages, and the administrator's first visit to them.</summary>
internal static class FirstVisit
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Task<ServerProcess> StartAsync(string data, int port = 0) => ServerProcess.StartAsync(
        data, settings: [$"Server:WebRoot={Repository.In("artifacts", "web")}"], port: port, cancellationToken: Token);

    public static async Task SignUpAsync(IPage page, ServerProcess server, string data)
    {
        var link = (await File.ReadAllTextAsync(Path.Combine(data, "keys", "setup-link"), Token)).Trim();
        await page.GotoAsync(link);
        await page.GetByLabel("E-mail").FillAsync(CodexServer.AdministratorEmail);
        await page.GetByLabel("Display name").FillAsync("Ada");
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(CodexServer.AdministratorPassword);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create and enter" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Form, new() { Name = "Start a run" })).ToBeVisibleAsync();
        await page.WaitForURLAsync(new Uri(server.Url, "/").AbsoluteUri);
    }
}
