using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Nodes;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Places;

/// <summary>Projects lie at home, and their things with the tenant; what one server changes counts at another one.</summary>
public sealed class ProjectPlacesTests(PostgresCluster postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_project_goes_on_when_its_tenant_moves_and_reaches_nothing_of_another_tenant()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);
        var owner = sharded.Bob;
        await DoAsync(owner, HttpMethod.Post, "roles", new { name = "nothing", permissions = Array.Empty<string>() });
        await DoAsync(owner, HttpMethod.Post, "projects", new { name = "alpha" });
        await DoAsync(owner, HttpMethod.Post, "knowledge?project=alpha", new { name = "handbook" });
        await DoAsync(owner, HttpMethod.Post, "knowledge", new { name = "payroll" });
        await DoAsync(sharded.Ada, HttpMethod.Post, "knowledge", new { name = "handbook" });
        using var robot = await RobotAsync(sharded.Server.Url, owner);
        (await NamesAsync(robot, "knowledge")).ShouldBe(["handbook"]);

        (await sharded.MoveAsync("east", Token)).Status.ShouldBe(RunStatus.Completed);

        (await NamesAsync(robot, "knowledge")).ShouldBe(["handbook"]);
        await DoAsync(robot, HttpMethod.Patch, "knowledge/handbook", new { description = "Written in the shard." });
        (await StatusAsync(robot, HttpMethod.Get, "knowledge/payroll")).ShouldBe(HttpStatusCode.Forbidden);
        await DoAsync(robot, HttpMethod.Post, "knowledge?project=alpha", new { name = "notes" });
        (await StatusAsync(robot, HttpMethod.Post, "knowledge", new { name = "elsewhere" })).ShouldBe(HttpStatusCode.Forbidden);
        (await ThingsAsync(owner)).ShouldBe(["knowledge:handbook", "knowledge:notes"]);
        await DoAsync(owner, HttpMethod.Delete, "knowledge/notes?confirm=notes");
        (await ThingsAsync(owner)).ShouldBe(["knowledge:handbook"]);
        (await sharded.EastAsync<long>("SELECT count(*) FROM knowledge.knowledge_bases WHERE description LIKE 'Written%'", Token)).ShouldBe(1);
        (await sharded.HomeAsync<long>("SELECT count(*) FROM knowledge.knowledge_bases WHERE description LIKE 'Written%'", Token)).ShouldBe(0);
        (await sharded.HomeAsync<long>("SELECT count(*) FROM identity.projects", Token)).ShouldBe(1);
        (await sharded.EastAsync<long>("SELECT count(*) FROM identity.projects", Token)).ShouldBe(0);

        await DoAsync(owner, HttpMethod.Delete, "projects/alpha/things/knowledge:handbook");
        (await StatusAsync(robot, HttpMethod.Get, "knowledge/handbook")).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_change_of_a_project_at_one_server_counts_at_the_next_request_to_another()
    {
        await using var cluster = await NodeCluster.StartAsync(
            await postgres.CreateDatabaseAsync(Token), ["api", "api"], Token);
        using var first = cluster.Client(0);
        await DoAsync(first, HttpMethod.Post, "roles", new { name = "nothing", permissions = Array.Empty<string>() });
        await DoAsync(first, HttpMethod.Post, "projects", new { name = "alpha" });
        await DoAsync(first, HttpMethod.Put, "agents?project=alpha", new { name = "one", instructions = "Help.", model = "scripted:x" });
        using var robot = await RobotAsync(cluster.Node(1).Url, first);
        (await NamesAsync(robot, "agents")).ShouldBe(["one"]);

        await DoAsync(first, HttpMethod.Delete, "projects/alpha/things/agent:one");
        (await StatusAsync(robot, HttpMethod.Get, "agents/one")).ShouldBe(HttpStatusCode.Forbidden);
        await DoAsync(first, HttpMethod.Put, "projects/alpha/things/agent:one");
        (await StatusAsync(robot, HttpMethod.Get, "agents/one")).ShouldBe(HttpStatusCode.OK);
        await DoAsync(first, HttpMethod.Delete, "projects/alpha");
        (await StatusAsync(robot, HttpMethod.Get, "agents/one")).ShouldBe(HttpStatusCode.Forbidden);
    }

    /// <summary>A service account that may do nothing in the tenant and much in the project.</summary>
    private static async Task<HttpClient> RobotAsync(Uri server, HttpClient owner)
    {
        var robot = await DoAsync(owner, HttpMethod.Post, "service-accounts", new { name = "robot", role = "nothing" });
        await DoAsync(
            owner, HttpMethod.Put, $"projects/alpha/members/{robot.GetProperty("id").GetString()}", new { role = "operator" });
        var key = await DoAsync(
            owner, HttpMethod.Post, "service-accounts/robot/api-keys",
            new { name = "k", scopes = new[] { "projects:read", "knowledge:read", "knowledge:write", "agents:read" } });
        var client = new HttpClient { BaseAddress = server };
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", key.GetProperty("key").GetString());
        return client;
    }

    private static async Task<List<string?>> NamesAsync(HttpClient who, string list) =>
        [.. (await DoAsync(who, HttpMethod.Get, list)).GetProperty("items").EnumerateArray()
            .Select(static each => each.GetProperty("name").GetString())];

    private static async Task<List<string?>> ThingsAsync(HttpClient who) =>
        [.. (await DoAsync(who, HttpMethod.Get, "projects/alpha/things")).GetProperty("items").EnumerateArray()
            .Select(static each => each.GetProperty("thing").GetString())];

    private static async Task<JsonElement> DoAsync(HttpClient who, HttpMethod method, string path, object? body = null)
    {
        using var answer = await SendAsync(who, method, path, body);
        var text = await answer.Content.ReadAsStringAsync(Token);
        answer.IsSuccessStatusCode.ShouldBeTrue($"{method} {path}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient who, HttpMethod method, string path, object? body = null)
    {
        using var answer = await SendAsync(who, method, path, body);
        return answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient who, HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, new Uri($"/api/v1/{path}", UriKind.Relative));
        if (body is not null) request.Content = JsonContent.Create(body);
        return await who.SendAsync(request, Token);
    }
}
