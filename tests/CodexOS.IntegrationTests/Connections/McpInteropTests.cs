using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Connections;

/// <summary>The server with which the MCP project itself shows its protocol, over HTTP and as a program in the sandbox.</summary>
public sealed class McpInteropTests
{
    private const string Program = "node_modules/@modelcontextprotocol/server-everything/dist/index.js";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_projects_own_server_is_used_over_http()
    {
        using var server = await StartAsync();
        await using var world = await ConnectionWorld.StartAsync(null, Token);
        await UseAsync(world, new { mcpHttp = new { url = $"http://mcp.test:{server.Port}/mcp" } }, $"\"mcp.test:{server.Port}\"");
    }

    [Fact]
    public async Task The_projects_own_server_is_used_as_a_program_in_the_sandbox()
    {
        File.Exists(Repository.In("tests", "peers", Program)).ShouldBeTrue("Fetch it: npm --prefix tests/peers ci");
        await using var world = await ConnectionWorld.StartAsync(
            null, Token, $"Tools:Mcp:Folders:peers={Repository.In("tests", "peers")}", "Sandbox:DiskFreeBytesMin=0",
            "Tools:Connections:RefreshTimeMax=00:01:00");
        await UseAsync(
            world, new { mcpStdio = new { command = new[] { "node", $"/workspace/{Program}", "stdio" }, files = "peers" } }, "other.test");
    }

    private static async Task UseAsync(ConnectionWorld world, object settings, string egress)
    {
        var wish = JsonSerializer.SerializeToNode(settings)!.AsObject();
        wish["name"] = "every";
        var (status, made) = await world.SendAsync(HttpMethod.Post, "/connections", wish, Token);
        status.ShouldBe(HttpStatusCode.Created, made.ToString());
        made.GetProperty("state").GetString().ShouldBe("ready", made.ToString());
        made.GetProperty("server").GetProperty("name").GetString().ShouldBe("mcp-servers/everything");
        made.GetProperty("skipped").GetArrayLength().ShouldBe(0, made.ToString());
        await world.ApplyAsync(
            "every_echo, every_get_sum, every_get_tiny_image, every_get_structured_content, every_trigger_long_running_operation, "
            + "every_trigger_elicitation_request, every_list_resources, every_read_resource, every_get_prompt", egress, Token);
        world.Chat.Answers.Clear();
        world.Chat.Wants("every_echo", """{ "message": "grüß dich" }""");
        world.Chat.Wants("every_get_sum", """{ "a": 2, "b": 40 }""");
        world.Chat.Wants("every_get_tiny_image", "{}");
        world.Chat.Wants("every_get_structured_content", """{ "location": "Chicago" }""");
        world.Chat.Wants("every_trigger_long_running_operation", """{ "duration": 1, "steps": 2 }""");
        world.Chat.Wants("every_trigger_elicitation_request", "{}");
        world.Chat.Wants("every_list_resources", "{}");
        world.Chat.Wants("every_read_resource", """{ "uri": "demo://resource/dynamic/text/1" }""");
        world.Chat.Wants("every_get_prompt", """{ "name": "simple-prompt" }""");
        world.Chat.Says("Done.");
        var (_, events) = await world.RunAsync(
            null, Token, approve: true, """{ "name": "Ada", "integer": 7, "untitledMultipleSelectEnum": ["Piano", "Drums"], "titledSingleSelectEnum": "hero-2" }""");
        string Text(string step) => ConnectionWorld.Completed(events, step).GetProperty("output").GetProperty("text").GetString()!;
        Text("1.every_echo.1").ShouldBe("Echo: grüß dich");
        Text("2.every_get_sum.1").ShouldBe("The sum of 2 and 40 is 42.");
        Text("3.every_get_tiny_image.1").ShouldContain("[image of the kind image/png");
        ConnectionWorld.Completed(events, "4.every_get_structured_content.1").GetProperty("output").GetProperty("data")
            .GetProperty("temperature").ValueKind.ShouldBe(JsonValueKind.Number);
        Text("5.every_trigger_long_running_operation.1").ShouldContain("Long running operation completed");
        Text("6.every_trigger_elicitation_request.1").ShouldContain("- Name: Ada\n- Favorite Integer: 7");
        Text("6.every_trigger_elicitation_request.1").ShouldEndWith("A person answered it.");
        Text("7.every_list_resources.1").ShouldContain("- demo://");
        Text("8.every_read_resource.1").ShouldContain("[demo://resource/dynamic/text/1]");
        Text("9.every_get_prompt.1").ShouldStartWith("user: ");
        events.ShouldContain(static it => it.GetProperty("kind").GetString() == "step.progressed");
    }

    private static async Task<Running> StartAsync()
    {
        File.Exists(Repository.In("tests", "peers", Program)).ShouldBeTrue("Fetch it: npm --prefix tests/peers ci");
        int port;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        var start = new ProcessStartInfo("node", [Repository.In("tests", "peers", Program), "streamableHttp"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["PORT"] = $"{port}" },
        };
        var server = new Running(Process.Start(start)!, port);
        var listens = new TaskCompletionSource();
        void Hear(object sender, DataReceivedEventArgs line)
        {
            if (line.Data?.Contains("listening", StringComparison.OrdinalIgnoreCase) is true) listens.TrySetResult();
            if (line.Data is null) listens.TrySetException(new InvalidOperationException("The server ended before it listened."));
        }

        server.Process.OutputDataReceived += Hear;
        server.Process.ErrorDataReceived += Hear;
        server.Process.BeginOutputReadLine();
        server.Process.BeginErrorReadLine();
        await listens.Task.WaitAsync(Token);
        server.Process.HasExited.ShouldBeFalse();
        return server;
    }

    private sealed record Running(Process Process, int Port) : IDisposable
    {
        public void Dispose()
        {
            Process.Kill(entireProcessTree: true);
            Process.WaitForExit();
            Process.Dispose();
        }
    }
}
