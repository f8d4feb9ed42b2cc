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
        answer.Headers.Contains("Server").ShouldBeFalse();
    }
}
