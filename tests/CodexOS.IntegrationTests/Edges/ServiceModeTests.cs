using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Edges;

/// <summary>Maintenance and read-only mode.</summary>
public sealed class ServiceModeTests(PostgresCluster postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task In_maintenance_everything_is_503_with_a_time_but_health_sign_in_and_the_way_back()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        using var owner = await server.SignInAsync(Token);
        (await ChangeAsync(owner, "maintenance", "moving the disks")).StatusCode.ShouldBe(HttpStatusCode.OK);

        foreach (var path in (string[])["/api/v1/runs", "/api/v1/agents", "/api/v1/system", "/api/v1/setup"])
        {
            using var answer = await owner.GetAsync(path, Token);
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, path);
            answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(30));
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
            problem.GetProperty("code").GetString().ShouldBe("platform.maintenance");
            problem.GetProperty("detail").GetString()!.ShouldContain("moving the disks");
        }

        (await server.Client.GetAsync("/health/ready", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var again = await server.SignInAsync(Token);
        (await again.GetAsync("/api/v1/auth/me", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ChangeAsync(again, "normal", null)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await owner.GetAsync("/api/v1/runs", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Read_only_lets_everybody_look_and_nobody_change_and_outlives_the_server()
    {
        using var data = new CodexOS.Testing.TempDirectory();
        await using (var server = await CodexServer.StartAsync(dataPath: data.Path, cancellationToken: Token))
        {
            using var owner = await server.SignInAsync(Token);
            await ChangeAsync(owner, "readOnly", null);
        }

        await using var next = await CodexServer.StartAsync(dataPath: data.Path, cancellationToken: Token);
        using var client = await next.SignInAsync(Token);

        (await client.GetAsync("/api/v1/agents", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var refused = await client.PostAsJsonAsync("/api/v1/tenants", new { name = "x" }, Token);
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString()
            .ShouldBe("platform.read_only");
    }

    [Fact]
    public async Task All_nodes_of_a_database_learn_of_it_and_only_the_first_tenant_may_say_so()
    {
        var database = await postgres.CreateDatabaseAsync(Token);
        using var shared = new CodexOS.Testing.TempDirectory();
        string[] settings = [$"Server:Shared={shared.Path}", "Service:RefreshInterval=00:00:00.1"];
        await using var one = await CodexServer.StartAsync(database, settings, cancellationToken: Token);
        using var ada = await one.SignInAsync(Token);
        using var bob = await one.AddTenantAsync(ada, "bob", Token);
        await using var other = await CodexServer.StartAsync(database, settings, cancellationToken: Token);
        (await ChangeAsync(bob, "maintenance", null)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        await ChangeAsync(ada, "maintenance", null);

        using var elsewhere = new HttpClient { BaseAddress = other.Url };
        elsewhere.DefaultRequestHeaders.Authorization = bob.DefaultRequestHeaders.Authorization;
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while ((await elsewhere.GetAsync("/api/v1/runs", Token)).StatusCode is not HttpStatusCode.ServiceUnavailable)
            await tick.WaitForNextTickAsync(Token);
    }

    private static Task<HttpResponseMessage> ChangeAsync(HttpClient client, string mode, string? reason) =>
        client.PutAsJsonAsync("/api/v1/service-mode", new { mode, reason }, Token);
}
