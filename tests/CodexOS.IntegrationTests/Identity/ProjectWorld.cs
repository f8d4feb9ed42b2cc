using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

/// <summary>Somebody who makes requests: by an access token or an API key.</summary>
internal sealed record Person(string Id, string Token);

/// <summary>A server with an owner, a role that holds nothing, and what is done over and over in tests of projects.</summary>
internal sealed class ProjectWorld : IAsyncDisposable
{
    public const string PetsApi =
        """{"openapi":"3.1.0","info":{"title":"Pets","version":"1"},"servers":[{"url":"https://pets.example"}],"paths":{"/pets":{"get":{"operationId":"listPets","responses":{"200":{"description":"Pets."}}}}}}""";

    private readonly Person _owner;

    private ProjectWorld(IdentityServer server, Person owner) => (Server, _owner) = (server, owner);

    public IdentityServer Server { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ProjectWorld> StartAsync(PostgresCluster? postgres, params string[] settings)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(postgres, settings);
        var world = new ProjectWorld(server, new Person("", owner.AccessToken));
        await world.DoAsync(HttpMethod.Post, "/api/v1/roles", new { name = "nothing", permissions = Array.Empty<string>() });
        return world;
    }

    public static object DefinitionOf(string agent, string instructions = "Help.") =>
        new { name = agent, instructions, model = "scripted:repo-engineer" };

    /// <summary>Lets somebody belong to the tenant.</summary>
    public async Task<Person> JoinAsync(string name, string role)
    {
        var (tokens, id) = await Server.JoinAsync(_owner.Token, $"{name}@example.org", role);
        return new Person(id, tokens.AccessToken);
    }

    public Task MakeBaseAsync(string name) => DoAsync(HttpMethod.Post, "/api/v1/knowledge", new { name });

    public Task ApplyAsync(string agent) => DoAsync(HttpMethod.Put, "/api/v1/agents", DefinitionOf(agent));

    public async Task<string> RunAsync(string agent) =>
        (await DoAsync(HttpMethod.Post, $"/api/v1/agents/{agent}/runs", new { input = "Say hello." })).GetProperty("id").GetString()!;

    public async Task MakeProjectAsync(string name, params string[] things)
    {
        await DoAsync(HttpMethod.Post, "/api/v1/projects", new { name, title = $"About {name}" });
        foreach (var thing in things) await DoAsync(HttpMethod.Put, $"/api/v1/projects/{name}/things/{thing}");
    }

    public Task SetMemberAsync(string project, Person who, string role) =>
        DoAsync(HttpMethod.Put, $"/api/v1/projects/{project}/members/{who.Id}", new { role });

    public Task<JsonElement> DoAsync(HttpMethod method, string path, object? body = null) => DoAsync(_owner, method, path, body);

    public Task<JsonElement> DoAsync(Person who, HttpMethod method, string path, object? body = null) =>
        Server.DoAsync(method, path, who.Token, body);

    public Task<(HttpStatusCode Status, string? Code)> RefusedAsync(HttpMethod method, string path, object? body = null) =>
        RefusedAsync(_owner, method, path, body);

    public Task<(HttpStatusCode Status, string? Code)> RefusedAsync(
        Person who, HttpMethod method, string path, object? body = null) => Server.RefusedAsync(method, path, who.Token, body);

    /// <summary>All that a refusal says: its status, code and words.</summary>
    public async Task<string> ProblemAsync(Person who, HttpMethod method, string path)
    {
        using var answer = await Server.SendAsync(method, path, who.Token, null);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        return $"{(int)answer.StatusCode} {problem.GetProperty("code").GetString()} {problem.GetProperty("detail").GetString()}";
    }

    /// <summary>What the hub answers first to who wants to follow a run: an event, or why there is none.</summary>
    public async Task<string> FollowAsync(Person who, string run)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {who.Token}");
        await socket.ConnectAsync(new UriBuilder(Server.Server.Url) { Scheme = "ws", Path = "/hubs/runs" }.Uri, Cancellation);
        await SendAsync("""{"protocol":"json","version":1}""");
        await SendAsync($$"""{"type":4,"invocationId":"1","target":"Follow","arguments":["{{run}}",-1]}""");
        var (buffer, text) = (new byte[16_384], new StringBuilder());
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, Cancellation);
            text.Append(Encoding.UTF8.GetString(buffer, 0, received.Count));
            // Records end with 0x1E; of the kinds, 2 is an item of a stream and 3 its end.
            var records = text.ToString().Split('\x1e')[..^1];
            if (Array.Find(records, static record => record.StartsWith("{\"type\":2", StringComparison.Ordinal)
                || record.StartsWith("{\"type\":3", StringComparison.Ordinal)) is { } first)
            {
                return first;
            }
        }

        Task SendAsync(string record) => socket.SendAsync(
            Encoding.UTF8.GetBytes(record + '\x1e'), WebSocketMessageType.Text, endOfMessage: true, Cancellation);
    }

    /// <summary>The names in a list, as somebody sees it.</summary>
    public async Task<List<string?>> NamesAsync(Person who, string path) =>
        [.. (await DoAsync(who, HttpMethod.Get, path)).GetProperty("items").EnumerateArray()
            .Select(static each => each.GetProperty("name").GetString())];

    /// <summary>What the audit log has of some actions.</summary>
    public async Task<List<string?>> AuditedAsync(string action) =>
        [.. (await DoAsync(HttpMethod.Get, $"/api/v1/audit?action={action}&limit=100")).GetProperty("items").EnumerateArray()
            .Select(static each => each.GetProperty("action").GetString())];

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
