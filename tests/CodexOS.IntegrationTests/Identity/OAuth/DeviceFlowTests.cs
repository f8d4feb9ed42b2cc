using System.Net;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Identity.OAuth.OAuthParty;

namespace CodexOS.IntegrationTests.Identity.OAuth;

/// <summary>Devices that show a code and wait for somebody with a browser.</summary>
public sealed class DeviceFlowTests(PostgresCluster postgres)
{
    private const string Look = "/api/v1/oauth/device/look";
    private const string Decide = "/api/v1/oauth/device/decide";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_command_line_is_signed_in_as_whoever_enters_its_code_in_a_browser(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var terminal = new OAuthParty(server, "codexos");
        var begun = await BeginAsync(terminal);
        var shown = begun.GetProperty("user_code").GetString()!;
        begun.GetProperty("verification_uri_complete").GetString().ShouldEndWith($"/device?user_code={shown}");
        ErrorOf(await PollAsync(terminal, begun)).ShouldBe("authorization_pending");
        ErrorOf(await PollAsync(terminal, begun)).ShouldBe("slow_down");
        server.Clock.Advance(TimeSpan.FromSeconds(9));
        ErrorOf(await PollAsync(terminal, begun)).ShouldBe("slow_down", "it has to wait for longer now");
        server.Clock.Advance(TimeSpan.FromSeconds(15));
        ErrorOf(await PollAsync(terminal, begun)).ShouldBe("authorization_pending");

        var question = await server.DoAsync(
            HttpMethod.Post, Look, owner.AccessToken, new { userCode = shown.ToLowerInvariant().Replace('-', ' ') });
        question.GetProperty("everything").GetBoolean().ShouldBeTrue();
        question.GetProperty("clientName").GetString().ShouldBe("CodexOS command line");
        await server.DoAsync(HttpMethod.Post, Decide, owner.AccessToken, new { userCode = shown, allow = true });
        (await server.RefusedAsync(HttpMethod.Post, Decide, owner.AccessToken, new { userCode = shown, allow = true })).Code
            .ShouldBe("identity.bad_user_code", "a code is good once");

        var (status, tokens) = await PollAsync(terminal, begun);
        status.ShouldBe(HttpStatusCode.OK, tokens.ToString());
        tokens.TryGetProperty("scope", out _).ShouldBeFalse();
        (await server.GetAsync("/api/v1/auth/sessions", AccessOf(tokens))).StatusCode.ShouldBe(HttpStatusCode.OK);
        var next = await server.RefreshedAsync(RefreshOf(tokens));
        (await server.MeFaultAsync(next.AccessToken)).ShouldBeNull("it is a session like every other of the person's own");

        ErrorOf(await PollAsync(terminal, begun)).ShouldBe("invalid_grant");
        (await server.MeFaultAsync(next.AccessToken)).ShouldBe("identity.session_ended", "a code in two hands ends what came from it");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_registered_device_gets_its_scopes_and_only_from_people_of_its_tenant(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var lamp = await RegisterAsync(server, owner, ["agents:read"], deviceFlow: true);
        ErrorOf(await lamp.PostAsync("/api/v1/oauth/device", ("scope", "runs:read"))).ShouldBe("invalid_scope");
        var notebook = await RegisterAsync(server, owner);
        ErrorOf(await notebook.PostAsync("/api/v1/oauth/device")).ShouldBe("unauthorized_client");
        var begun = await BeginAsync(lamp);
        var shown = begun.GetProperty("user_code").GetString();

        using var ada = new HttpClient { BaseAddress = server.Server.Url };
        ada.DefaultRequestHeaders.Authorization = new("Bearer", owner.AccessToken);
        using var bob = await server.Server.AddTenantAsync(ada, "bob", TestContext.Current.CancellationToken);
        var bobs = bob.DefaultRequestHeaders.Authorization!.Parameter!;
        foreach (var path in (string[])[Look, Decide])
        {
            (await server.RefusedAsync(HttpMethod.Post, path, bobs, new { userCode = shown, allow = true }))
                .ShouldBe((HttpStatusCode.NotFound, "identity.bad_user_code"));
        }

        await server.DoAsync(HttpMethod.Post, Decide, owner.AccessToken, new { userCode = shown, allow = true });
        ErrorOf(await PollAsync(notebook, begun)).ShouldBe("unauthorized_client");
        ErrorOf(await lamp.ExchangeAsync(begun.GetProperty("device_code").GetString()!)).ShouldBe("invalid_grant");
        var (_, tokens) = await PollAsync(lamp, begun);
        (await server.GetAsync("/api/v1/agents", AccessOf(tokens))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/runs", AccessOf(tokens))).Code.ShouldBe("identity.not_allowed");
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/auth/sessions", AccessOf(tokens))).Code.ShouldBe("identity.session_needed");

        var denied = await BeginAsync(lamp);
        await server.DoAsync(
            HttpMethod.Post, Decide, owner.AccessToken, new { userCode = denied.GetProperty("user_code").GetString(), allow = false });
        ErrorOf(await PollAsync(lamp, denied)).ShouldBe("access_denied");
        var forgotten = await BeginAsync(lamp);
        server.Clock.Advance(TimeSpan.FromMinutes(10));
        ErrorOf(await PollAsync(lamp, forgotten)).ShouldBe("expired_token");
    }

    [Fact]
    public async Task Guessing_codes_is_slowed_down_and_devices_that_wait_are_limited()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null, "Identity:FailuresPerAccountMax=3", "OAuth:DeviceRequestsMax=10");
        await using var running = server;
        for (var guess = 0; guess < 3; guess++)
        {
            (await server.RefusedAsync(HttpMethod.Post, Look, owner.AccessToken, new { userCode = "BBBB-BBBB" })).Code
                .ShouldBe("identity.bad_user_code");
        }

        (await server.RefusedAsync(HttpMethod.Post, Look, owner.AccessToken, new { userCode = "BBBB-BBBB" }))
            .ShouldBe((HttpStatusCode.TooManyRequests, "identity.throttled"));
        (await server.RefusedAsync(HttpMethod.Post, Decide, owner.AccessToken, new { userCode = "BBBB-BBBB" })).Status
            .ShouldBe(HttpStatusCode.BadRequest, "whoever decides says what");

        var terminal = new OAuthParty(server, "codexos");
        for (var device = 0; device < 10; device++) await BeginAsync(terminal);
        ErrorOf(await terminal.PostAsync("/api/v1/oauth/device")).ShouldBe("temporarily_unavailable");
        server.Clock.Advance(TimeSpan.FromMinutes(10));
        await BeginAsync(terminal);
    }

    private static async Task<JsonElement> BeginAsync(OAuthParty device)
    {
        var (status, answer) = await device.PostAsync("/api/v1/oauth/device");
        status.ShouldBe(HttpStatusCode.OK, answer.ToString());
        answer.GetProperty("interval").GetInt32().ShouldBe(5);
        answer.GetProperty("expires_in").GetInt32().ShouldBe(600);
        return answer;
    }

    private static Task<(HttpStatusCode Status, JsonElement Answer)> PollAsync(
        OAuthParty device, JsonElement begun) => device.PostAsync(
        OAuthParty.Token, ("grant_type", DeviceGrant), ("device_code", begun.GetProperty("device_code").GetString()));
}
