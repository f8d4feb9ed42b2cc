using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.IntegrationTests.Agents;
using CodexOS.IntegrationTests.Egress;
using CodexOS.Platform.Egress;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Shouldly;

namespace CodexOS.IntegrationTests.Connections;

/// <summary>The real server, with names that lead to servers of the test.</summary>
internal sealed class ConnectionWorld : IAsyncDisposable
{
    private ConnectionWorld(AgentsServer server) => Server = server;

    public AgentsServer Server { get; }

    public required NameServer Names { get; init; }

    public ScriptedChat Chat => Server.Chat;

    public static async Task<ConnectionWorld> StartAsync(
        string? postgres, CancellationToken cancellationToken, params string[] settings)
    {
        var names = new NameServer();
        var server = await AgentsServer.StartAsync(
            postgres,
            services => services.Replace(ServiceDescriptor.Singleton<IResolver>(names)),
            cancellationToken,
            [
                "Egress:AllowedNetworks:0=127.0.0.1/32", "Tools:Connections:AllowPlainHttp=true",
                "Egress:Secrets:key:Value=s3cr3t-value", "Egress:Secrets:key:Hosts:0=mcp.test",
                "Egress:Secrets:key:AllowPlainHttp=true", .. settings,
            ]);
        return new ConnectionWorld(server) { Names = names };
    }

    public async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(
        HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1{path}");
        if (body is not null) request.Content = JsonContent.Create(body);
        using var answer = await Server.Client.SendAsync(request, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return (answer.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text));
    }

    /// <summary>Sets a connection to an MCP server up, and expects it to be ready.</summary>
    public async Task<JsonElement> ConnectAsync(
        string name, McpTestServer server, CancellationToken cancellationToken, object? tools = null, string? secret = null,
        bool allowSampling = false)
    {
        var (status, made) = await SendAsync(
            HttpMethod.Post, "/connections",
            new { name, mcpHttp = new { url = $"http://mcp.test:{server.Port}/mcp", secret, allowSampling }, tools }, cancellationToken);
        status.ShouldBe(HttpStatusCode.Created, made.ToString());
        made.GetProperty("state").GetString().ShouldBe("ready", made.ToString());
        return made;
    }

    public async Task ApplyAsync(string tools, string egress, CancellationToken cancellationToken)
    {
        var (status, body) = await Server.ApplyAsync(
            $"name: helper\ninstructions: Help.\nmodel: scripted:x\ntools: [{tools}]\negress: [{egress}]\n", cancellationToken);
        ((int)status).ShouldBeOneOf([200, 201], body.ToString());
    }

    /// <summary>Runs the agent to its end or an event, says yes to what is asked if that is wanted, and answers.</summary>
    public async Task<(string Run, List<JsonElement> Events)> RunAsync(
        string? until, CancellationToken cancellationToken, bool approve = false, string? answer = null)
    {
        var (status, started) = await Server.StartRunAsync("helper", new { input = "Do it." }, cancellationToken);
        status.ShouldBe(HttpStatusCode.Accepted, started.ToString());
        var run = started.GetProperty("id").GetString()!;
        var asked = 0;
        while (true)
        {
            var events = await Server.FollowAsync(run, approve ? "approval.requested" : until, cancellationToken, asked);
            if (!approve || events[^1].GetProperty("kind").GetString() != "approval.requested") return (run, events);
            asked++;
            await ApproveAsync(run, events[^1].GetProperty("data"), cancellationToken, answer);
        }
    }

    public async Task ApproveAsync(string run, JsonElement asked, CancellationToken cancellationToken, string? answer = null)
    {
        var content = answer is not null && asked.TryGetProperty("question", out _) ? JsonElement.Parse(answer) : (JsonElement?)null;
        var (status, body) = await SendAsync(
            HttpMethod.Post, $"/runs/{run}/approvals/{asked.GetProperty("approvalId").GetString()}",
            new { approve = true, argumentsHash = asked.GetProperty("argumentsHash").GetString(), content },
            cancellationToken);
        status.ShouldBe(HttpStatusCode.OK, body.ToString());
    }

    /// <summary>Runs one call and gives its output as journaled.</summary>
    public async Task<JsonElement> CallAsync(
        string tool, string arguments, CancellationToken cancellationToken, bool approve = true)
    {
        Chat.Answers.Clear();
        Chat.Wants(tool, arguments);
        Chat.Says("Done.");
        var (_, events) = await RunAsync(null, cancellationToken, approve);
        return Completed(events, $"1.{tool}.1");
    }

    public static JsonElement Completed(List<JsonElement> events, string step)
    {
        var found = events.Where(it => it.GetProperty("kind").GetString() == "step.completed")
            .Select(static it => it.GetProperty("data"))
            .Where(it => it.GetProperty("step").GetString() == step).ToList();
        found.Count.ShouldBe(1, string.Join('\n', events));
        return found[0];
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
