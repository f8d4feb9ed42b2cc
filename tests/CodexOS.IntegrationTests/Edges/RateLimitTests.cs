using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Limits;
using CodexOS.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Edges;

/// <summary>Limits of rate on a real server. What is expected leaves room for a machine on which a loop takes its time.</summary>
public sealed class RateLimitTests
{
    // Five requests in the burst, and the next one in a second.
    private static readonly string[] s_fiveOfAnAddress = ["RateLimits:PerAddress=1", "RateLimits:Burst=00:00:05"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_address_that_asks_too_often_is_told_when_to_come_back_and_health_still_answers()
    {
        await using var server = await CodexServer.StartAsync(settings: s_fiveOfAnAddress, cancellationToken: Token);

        var refused = await UntilRefusedAsync(server.Client, "/api/v1/setup");

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta!.Value.ShouldBe(TimeSpan.FromSeconds(1));
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Token);
        problem.GetProperty("code").GetString().ShouldBe("platform.rate_limited");
        problem.GetProperty("limit").GetString().ShouldBe("address");
        for (var i = 0; i < 50; i++)
            (await server.Client.GetAsync("/health/live", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Inventing_addresses_in_a_header_does_not_get_around_it()
    {
        await using var server = await CodexServer.StartAsync(
            settings: ["RateLimits:PerAddress=1", "RateLimits:Burst=00:01:00"], cancellationToken: Token);

        var served = 0;
        for (var i = 0; i < 400; i++)
        {
            using var answer = await AskAsync(server.Client, $"192.0.2.{i % 250}, 198.51.100.{i % 250}");
            if (answer.StatusCode is HttpStatusCode.OK) served++;
        }

        // The burst, and one for each second that the loop took.
        served.ShouldBeInRange(60, 200);
    }

    [Fact]
    public async Task Behind_a_proxy_that_is_trusted_each_client_counts_for_itself_and_cannot_say_it_is_another()
    {
        await using var server = await CodexServer.StartAsync(
            settings: [.. s_fiveOfAnAddress, "Http:TrustedProxies:0=127.0.0.1"], cancellationToken: Token);
        (await UntilRefusedAsync(server.Client, "/api/v1/setup", "192.0.2.1")).StatusCode
            .ShouldBe(HttpStatusCode.TooManyRequests);

        (await AskAsync(server.Client, "192.0.2.2")).StatusCode.ShouldBe(HttpStatusCode.OK);
        // The proxy appends the address it saw; what the client wrote before it is not believed.
        var invented = 0;
        for (var i = 0; i < 40; i++)
        {
            using var answer = await AskAsync(server.Client, $"203.0.113.{i}, 192.0.2.3");
            if (answer.StatusCode is HttpStatusCode.OK) invented++;
        }

        invented.ShouldBeLessThan(40);
    }

    [Fact]
    public async Task An_account_is_limited_whatever_addresses_it_uses_and_leaves_other_tenants_alone()
    {
        await using var server = await CodexServer.StartAsync(
            settings: ["RateLimits:PerAccount=1", "RateLimits:Burst=00:00:10"], cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        using var bob = await server.AddTenantAsync(ada, "bob", Token);

        var refused = await UntilRefusedAsync(ada, "/api/v1/auth/me");

        (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("limit").GetString().ShouldBe("account");
        (await bob.GetAsync("/api/v1/auth/me", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_API_key_is_limited_by_itself_and_leaves_the_sessions_of_its_owner_alone()
    {
        await using var server = await CodexServer.StartAsync(
            settings: ["RateLimits:PerKey=1", "RateLimits:Burst=00:00:10"], cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        using var made = await ada.PostAsJsonAsync(
            "/api/v1/api-keys", new { name = "nightly", scopes = new[] { "agents:read" } }, Token);
        using var program = new HttpClient { BaseAddress = server.Url };
        program.DefaultRequestHeaders.Authorization = new(
            "Bearer", (await made.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("key").GetString());
        (await program.GetAsync("/api/v1/agents", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var refused = await UntilRefusedAsync(program, "/api/v1/agents");

        (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("limit").GetString().ShouldBe("key");
        (await ada.GetAsync("/api/v1/agents", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_tenant_is_limited_as_a_whole()
    {
        await using var server = await CodexServer.StartAsync(
            settings: ["RateLimits:PerTenant=1", "RateLimits:Burst=00:00:10"], cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);

        var refused = await UntilRefusedAsync(ada, "/api/v1/auth/me");

        (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("limit").GetString().ShouldBe("tenant");
    }

    [Fact]
    public async Task Two_nodes_on_one_redis_count_together_and_serve_no_more_than_one_would()
    {
        await using var redis = await RedisServer.StartAsync(Token);
        // A burst of a hundred, and then one in ten minutes: however slow the machine, it does not fill up again.
        RateUse[] uses = [new(RateSubject.Tenant, 7, 600_000_000, 60_000_000_000)];
        string[] settings = [$"RateLimits:Redis={redis.Configuration}"];
        await using var one = await CodexServer.StartAsync(settings: settings, cancellationToken: Token);
        await using var other = await CodexServer.StartAsync(settings: settings, cancellationToken: Token);
        IRateCounter[] counters =
            [one.Services.GetRequiredService<IRateCounter>(), other.Services.GetRequiredService<IRateCounter>()];
        foreach (var counter in counters) counter.ShouldBeOfType<RedisRateCounter>();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 400).Select(
            i => counters[i % 2].TakeAsync(uses, Token).AsTask()));

        outcomes.Count(refusal => refusal is null).ShouldBe(100);
        outcomes.OfType<RateRefusal>().ShouldAllBe(
            refusal => refusal.Subject == RateSubject.Tenant && refusal.Wait > TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task While_redis_is_away_a_node_counts_for_itself_and_goes_back_when_it_returns()
    {
        await using var redis = await RedisServer.StartAsync(Token);
        RateUse[] uses = [new(RateSubject.Account, 8, 600_000_000, 6_000_000_000)];
        await using var server = await CodexServer.StartAsync(
            settings:
            [
                $"RateLimits:Redis={redis.Configuration}",
                "RateLimits:RedisTimeout=00:00:05",
                "RateLimits:RedisRetryAfter=00:00:00.1",
            ],
            cancellationToken: Token);
        var counter = server.Services.GetRequiredService<IRateCounter>();
        (await counter.TakeAsync(uses, Token)).ShouldBeNull();

        await redis.DownAsync();
        var served = 0;
        for (var i = 0; i < 50; i++)
        {
            if (await counter.TakeAsync(uses, Token) is null) served++;
        }

        // Its own count knows nothing of what Redis counted, and is as strict.
        served.ShouldBe(10);

        await redis.UpAsync(Token);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (await counter.TakeAsync(uses, Token) is not null) await tick.WaitForNextTickAsync(Token);
    }

    private static async Task<HttpResponseMessage> UntilRefusedAsync(HttpClient client, string path, string? forwardedFor = null)
    {
        for (var i = 0; i < 10_000; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (forwardedFor is not null) request.Headers.Add("X-Forwarded-For", forwardedFor);
            var answer = await client.SendAsync(request, Token);
            if (!answer.IsSuccessStatusCode) return answer;
            answer.Dispose();
        }

        throw new InvalidOperationException("Nothing was refused.");
    }

    private static Task<HttpResponseMessage> AskAsync(HttpClient client, string forwardedFor)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/setup");
        request.Headers.Add("X-Forwarded-For", forwardedFor);
        return client.SendAsync(request, Token);
    }
}
