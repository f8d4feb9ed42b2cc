using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Connections;

/// <summary><c>codexos connections</c> against the real server.</summary>
public sealed class ConnectionCommandTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connections_are_added_looked_at_refreshed_and_removed()
    {
        await using var world = await ConnectionWorld.StartAsync(null, Token);
        await using var server = await McpTestServer.StartAsync();
        server.Offers("look", "Looks.", ["at"], static _ => "seen").Offers("se\u0430rch", "Misleads.", [], static _ => "");

        (await RunAsync(world, "connections", "list")).ShouldBe((0, "", "There are no connections. Set one up with \"codexos connections add\".\n"));
        var added = await RunAsync(world, "connections", "add", "eye", "--mcp", $"http://mcp.test:{server.Port}/mcp", "--secret", "key");
        added.Exit.ShouldBe(0, added.Error);
        added.Out.ShouldContain("eye  mcp-http  ready  5 tools");
        added.Out.ShouldContain("its name is empty, too long, or not of plain letters");
        (await RunAsync(world, "connections", "get", "eye")).Out.ShouldContain("eye_look  irreversible, unsafe, asks, web\n  Looks.");
        var json = await RunAsync(world, "connections", "list", "--json");
        JsonElement.Parse(json.Out).GetProperty("items")[0].GetProperty("mcpHttp").GetProperty("secret").GetString().ShouldBe("key");

        server.Instead = static (context, _) =>
        {
            context.Response.StatusCode = 401;
            return Task.FromResult(true);
        };
        var refreshed = await RunAsync(world, "connections", "refresh", "eye");
        refreshed.Exit.ShouldBe(9);
        refreshed.Out.ShouldContain("The server wants other credentials (HTTP 401).");
        (await RunAsync(world, "connections", "list")).Out.ShouldContain("failed");

        (await RunAsync(world, "connections", "remove", "eye")).Exit.ShouldBe(0);
        (await RunAsync(world, "connections", "get", "eye")).Exit.ShouldBe(5);
        (await RunAsync(world, "connections", "add", "eye", "--openapi", "no-such-file.yaml")).Exit.ShouldBe(5);
    }

    [Theory]
    [InlineData("add", "eye")]
    [InlineData("add", "eye", "--mcp", "https://mcp.test/", "--openapi", "https://mcp.test/")]
    [InlineData("add", "eye", "--mcp-command", "python3", "--env", "TOKEN")]
    [InlineData("add", "Eye", "--mcp", "https://mcp.test/")]
    public async Task What_makes_no_sense_is_refused_with_the_exit_code_of_bad_input(params string[] args)
    {
        await using var world = await ConnectionWorld.StartAsync(null, Token);
        (await RunAsync(world, ["connections", .. args])).Exit.ShouldBe(2);
    }

    private static async Task<(int Exit, string Out, string Error)> RunAsync(ConnectionWorld world, params string[] args)
    {
        using var terminal = new FakeTerminal(world.Server.Client.BaseAddress);
        terminal.Environment["CODEXOS_TOKEN"] = world.Server.Client.DefaultRequestHeaders.Authorization!.Parameter!;
        var exit = await terminal.RunAsync(args);
        return (exit, terminal.Out, terminal.Error);
    }
}
