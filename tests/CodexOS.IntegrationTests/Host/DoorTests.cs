using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Host;

public sealed class DoorTests(PostgresCluster postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_server_gets_ready_on_either_database(bool onPostgres)
    {
        var database = onPostgres ? await postgres.CreateDatabaseAsync(Token) : null;
        await using var server = await CodexServer.StartAsync(database, cancellationToken: Token);

        var ready = await server.Client.GetFromJsonAsync<JsonElement>("/health/ready", Token);

        ready.GetProperty("status").GetString().ShouldBe("ready");
        ready.GetProperty("checks").EnumerateArray().ShouldAllBe(check => check.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task A_server_without_room_to_write_is_not_ready_and_says_why()
    {
        await using var server = await CodexServer.StartAsync(
            settings: [$"Health:DiskFreeBytesMin={long.MaxValue}"], cancellationToken: Token);

        using var answer = await server.Client.GetAsync("/health/ready", Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await answer.Content.ReadAsStringAsync(Token)).ShouldContain("Free some space.");
        (await server.Client.GetAsync("/health/live", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("GET", "/api/v1/nothing", HttpStatusCode.NotFound, "platform.no_such_route")]
    [InlineData("DELETE", "/api/v1/system", HttpStatusCode.MethodNotAllowed, "platform.wrong_method")]
    [InlineData("GET", "/api/v1/system", HttpStatusCode.Unauthorized, "identity.not_signed_in")]
    public async Task Every_refusal_is_a_problem_with_a_code_and_a_trace_id(
        string method, string path, HttpStatusCode status, string code)
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);

        using var answer = await server.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Token);

        answer.StatusCode.ShouldBe(status);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        problem.GetProperty("code").GetString().ShouldBe(code);
        problem.GetProperty("traceId").GetString()!.Length.ShouldBe(32);
    }

    [Fact]
    public async Task Every_answer_forbids_sniffing_framing_and_loading()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);

        using var answer = await server.Client.GetAsync("/health/live", Token);

        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        answer.Headers.GetValues("X-Frame-Options").ShouldBe(["DENY"]);
        answer.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("default-src 'none'");
        answer.Headers.GetValues("X-Permitted-Cross-Domain-Policies").ShouldBe(["none"]);
        answer.Headers.GetValues("Cross-Origin-Opener-Policy").ShouldBe(["same-origin"]);
        answer.Headers.GetValues("Cross-Origin-Resource-Policy").ShouldBe(["same-origin"]);
        answer.Headers.GetValues("Referrer-Policy").ShouldBe(["same-origin"]);
        answer.Headers.Contains("Server").ShouldBeFalse();
        answer.Headers.Contains("Strict-Transport-Security").ShouldBeFalse();
    }

    [Fact]
    public async Task A_proxy_that_is_trusted_and_says_that_it_encrypts_has_browsers_stay_encrypted()
    {
        await using var server = await CodexServer.StartAsync(
            settings: ["Http:TrustedProxies:0=127.0.0.0/8"], cancellationToken: Token);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.Add("X-Forwarded-For", "192.0.2.1");
        request.Headers.Add("X-Forwarded-Proto", "https");

        using var answer = await server.Client.SendAsync(request, Token);

        answer.Headers.GetValues("Strict-Transport-Security").ShouldBe(["max-age=31536000; includeSubDomains"]);
    }
}
