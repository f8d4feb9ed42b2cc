using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using CodexOS.Testing;
using CodexOS.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Host;

/// <summary>Who is refused leaves a line in the log that says for what, and nothing of what they sent.</summary>
public sealed class RefusedRequestTests
{
    private const string Secret = "sooner-or-later-a-secret";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Refused_input_is_an_event_with_its_code_its_route_and_its_fields_and_without_what_stood_in_them()
    {
        await using var world = await StartAsync();
        var client = world.Server.Client;
        using (await client.PostAsJsonAsync("/api/v1/auth/sign-in", new { email = new string('x', 300), password = Secret }, Token))
        {
            var line = await world.Log.ReceiveAsync("request.refused_input", Token);
            line.Level.ShouldBe(LogLevel.Information);
            line.Message.ShouldContain(
                "platform.invalid_fields: POST /api/v1/auth/sign-in was refused with 400; fields [email], tenant none, user none");
        }

        using (await client.PostAsync("/api/v1/auth/sign-in", TextOf($"{{\"{Secret}\":"), Token))
            (await CodeAsync("request.refused_input")).ShouldBe("platform.malformed_json");
        using (await client.PostAsJsonAsync("/api/v1/auth/sign-in", new { email = "a@b.c", password = new string('x', 10_000) }, Token))
            (await CodeAsync("request.refused_input")).ShouldBe("platform.body_too_large");
        using (await client.PostAsync("/api/v1/auth/sign-in", new StringContent(Secret, Encoding.UTF8, "text/plain"), Token))
            (await CodeAsync("request.refused_input")).ShouldBe("platform.wrong_content_type");
        using (await client.PostAsync("/api/v1/oauth/token", new FormUrlEncodedContent([new("grant_type", Secret)]), Token))
            (await CodeAsync("request.refused_caller")).ShouldBe("oauth.invalid_client");

        async Task<object?> CodeAsync(string name)
        {
            var line = await world.Log.ReceiveAsync(name, Token);
            line.Message.ShouldNotContain(Secret);
            line.Values.Values.ShouldNotContain(value => $"{value}".Contains(Secret));
            return line.Values["Code"];
        }
    }

    [Fact]
    public async Task A_bad_token_another_site_and_a_missing_permission_are_events_too()
    {
        await using var world = await StartAsync();
        using var owner = await world.Server.SignInAsync(Token);
        using (var bad = new HttpRequestMessage(HttpMethod.Get, "/api/v1/agents"))
        {
            bad.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Secret);
            using var answer = await world.Server.Client.SendAsync(bad, Token);
            var line = await world.Log.ReceiveAsync("request.refused_caller", Token);
            line.Values["Code"].ShouldBe("identity.bad_token");
            line.Message.ShouldNotContain(Secret);
        }

        using (var foreign = new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/refresh"))
        {
            foreign.Headers.Add("Sec-Fetch-Site", "cross-site");
            foreign.Content = JsonContent.Create(new { transport = "cookie" });
            using var answer = await world.Server.Client.SendAsync(foreign, Token);
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            (await world.Log.ReceiveAsync("request.refused_caller", Token)).Values["Code"].ShouldBe("identity.cross_site");
        }

        // Scim has a form of its own for refusals.
        using (await owner.PostAsync("/api/v1/scim/v2/Users", TextOf("{}"), Token))
        {
            var line = await world.Log.ReceiveAsync("request.refused_input", Token);
            line.Values["Code"]!.ToString()!.ShouldStartWith("identity.");
            line.Values["User"]!.ToString()!.ShouldStartWith("usr_");
            line.Values["Tenant"]!.ToString()!.ShouldStartWith("ten_");
        }
    }

    [Fact]
    public async Task A_flood_has_so_many_lines_a_minute_and_what_is_refused_for_its_rate_is_another_event()
    {
        await using var world = await StartAsync(
            "Telemetry:RefusalsPerMinuteMax=1", "RateLimits:PerAddress=1", "RateLimits:Burst=00:00:05");
        for (var i = 0; i < 8; i++)
        {
            using var answer = await world.Server.Client.GetAsync("/api/v1/agents", Token);
        }

        (await world.Log.ReceiveAsync("request.refused_caller", Token)).Values["Code"].ShouldBe("identity.not_signed_in");
        var rate = await world.Log.ReceiveAsync("request.refused_rate", Token);
        rate.Values["Code"].ShouldBe("platform.rate_limited");
        rate.Values["Route"].ShouldBe("none", "it was refused before anybody looked where it goes");
        // A minute may end in between.
        world.Log.Count("request.refused_caller").ShouldBeLessThanOrEqualTo(2);
    }

    private static StringContent TextOf(string json) => new(json, Encoding.UTF8, "application/json");

    private static async Task<World> StartAsync(params string[] settings)
    {
        var log = new LogRecord();
        var server = await CodexServer.StartAsync(
            settings: ["Logging:LogLevel:Default=Information", .. settings],
            adjust: services => services.AddSingleton<ILoggerProvider>(log),
            cancellationToken: Token);
        return new World(server, log);
    }

    private sealed record World(CodexServer Server, LogRecord Log) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
