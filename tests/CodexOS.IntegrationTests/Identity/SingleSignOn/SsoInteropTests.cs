using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.SingleSignOn;

/// <summary>A certified identity provider, which others wrote, signs people in and out.</summary>
public sealed class SsoInteropTests(PostgresCluster postgres)
{
    private const string Hedy = "hedy@example.org";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_provider_signs_somebody_in_gives_them_their_role_and_signs_them_out(bool onPostgres)
    {
        await using var server = await CodexServer.StartAsync(
            onPostgres ? await postgres.CreateDatabaseAsync(Cancellation) : null, SsoSetup.Local,
            cancellationToken: Cancellation);
        using var owner = await server.SignInAsync(Cancellation);
        using var peer = NodePeer.Start("oidc-provider", "oidc-provider.mjs");
        var issuer = (await peer.HearAsync()).GetProperty("issuer").GetString()!;
        var connection = await SsoSetup.ConnectAsync(owner, issuer, new
        {
            scopes = "openid email profile groups",
            groupRoles = new[] { new { group = "makers", role = "developer" }, new { group = "everybody", role = "operator" } },
        });
        await SsoSetup.AddDomainAsync(owner, owner, connection, "example.org");
        await TellAsync(peer, connection, "everybody");

        // The first time, she is given an account and the role of her group.
        using var browser = new SsoBrowser(server);
        var page = await browser.FollowAsync(await browser.StartAsync(new { email = Hedy, returnTo = "/runs?state=done" }));
        page.Query.ShouldBe("?next=%2Fruns%3Fstate%3Ddone");
        page.Fragment.ShouldBe("#sso=done");
        using var hedy = SsoSetup.ClientOf(server, await browser.TokenAsync());
        var me = await MeAsync(hedy);
        me.GetProperty("user").GetProperty("email").GetString().ShouldBe(Hedy);
        me.GetProperty("user").GetProperty("displayName").GetString().ShouldBe("Hedy Lamarr");
        me.GetProperty("role").GetString().ShouldBe("operator");
        var sessions = await hedy.GetFromJsonAsync<JsonElement>("/api/v1/auth/sessions", Cancellation);
        sessions.GetProperty("items")[0].GetProperty("singleSignOn").GetString().ShouldBe("Staff");

        // Her groups change, and with the next sign-in, from another browser, her role does.
        await SayAsync(peer, new { people = PeopleIn("everybody", "makers") });
        using var other = new SsoBrowser(server);
        var id = connection.GetProperty("id").GetString();
        (await other.SignInAsync(new { connection = id, email = Hedy })).ShouldBe("#sso=done");
        using var again = SsoSetup.ClientOf(server, await other.TokenAsync());
        (await MeAsync(again)).GetProperty("user").ToString().ShouldBe(me.GetProperty("user").ToString());
        (await MeAsync(hedy)).GetProperty("role").GetString().ShouldBe("developer");

        // She signs out here and there; the provider tells the server of it, which ends nothing else.
        var there = (await browser.SignOutAsync()).ShouldNotBeNull();
        (await browser.ConfirmSignOutAsync(there)).AbsolutePath.ShouldBe("/sign-in");
        (await StatusAsync(hedy)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(again)).ShouldBe(HttpStatusCode.OK);

        var recorded = await owner.GetFromJsonAsync<JsonElement>("/api/v1/audit?action=members.join", Cancellation);
        recorded.GetProperty("items")[0].GetProperty("details").GetProperty("role").GetString().ShouldBe("operator");
        var tested = await SsoSetup.DoAsync(owner, HttpMethod.Post, $"/api/v1/sso/connections/{id}/test", null);
        tested.GetProperty("checks").EnumerateArray()
            .ShouldAllBe(check => check.GetProperty("outcome").GetString() == "ok", tested.ToString());
    }

    [Fact]
    public async Task A_sign_out_at_the_provider_ends_the_session_here_with_the_next_request()
    {
        await using var server = await CodexServer.StartAsync(settings: SsoSetup.Local, cancellationToken: Cancellation);
        using var owner = await server.SignInAsync(Cancellation);
        using var peer = NodePeer.Start("oidc-provider", "oidc-provider.mjs");
        var issuer = (await peer.HearAsync()).GetProperty("issuer").GetString()!;
        var connection = await SsoSetup.ConnectAsync(owner, issuer);
        await SsoSetup.AddDomainAsync(owner, owner, connection, "example.org");
        await TellAsync(peer, connection);
        using var browser = new SsoBrowser(server);
        (await browser.SignInAsync(new { email = Hedy })).ShouldBe("#sso=done");
        using var hedy = SsoSetup.ClientOf(server, await browser.TokenAsync());
        (await StatusAsync(hedy)).ShouldBe(HttpStatusCode.OK);

        await browser.ConfirmSignOutAsync(new Uri($"{issuer}/session/end"));

        (await StatusAsync(hedy)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    /// <summary>Tells the provider who its client is and whom it knows.</summary>
    private static async Task TellAsync(NodePeer peer, JsonElement connection, params string[] groups) => await SayAsync(peer, new
    {
        client = new
        {
            client_id = "codexos",
            client_secret = "a secret for tests only",
            redirect_uris = new[] { connection.GetProperty("redirectUri").GetString() },
            post_logout_redirect_uris = new[] { connection.GetProperty("postLogoutRedirectUri").GetString() },
            backchannel_logout_uri = connection.GetProperty("backchannelLogoutUri").GetString(),
            backchannel_logout_session_required = true,
            id_token_signed_response_alg = "ES256",
        },
        people = PeopleIn(groups),
    });

    private static object PeopleIn(params string[] groups) =>
        new { h1 = new { email = Hedy, email_verified = true, name = "Hedy Lamarr", groups } };

    private static async Task SayAsync(NodePeer peer, object what)
    {
        await peer.SayAsync(JsonSerializer.Serialize(what));
        (await peer.HearAsync()).GetProperty("ready").GetBoolean().ShouldBeTrue();
    }

    private static Task<JsonElement> MeAsync(HttpClient client) =>
        client.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", Cancellation);

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client)
    {
        using var answer = await client.GetAsync("/api/v1/auth/me", Cancellation);
        return answer.StatusCode;
    }
}
