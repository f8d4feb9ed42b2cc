using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Identity.OAuth.OAuthParty;

namespace CodexOS.IntegrationTests.Identity.OAuth;

/// <summary>From discovery over the person's decision to a call of the API; and every way in which that must not go.</summary>
public sealed class CodeFlowTests(PostgresCluster postgres)
{
    private const string Look = "/api/v1/oauth/authorization/look";
    private const string Decide = "/api/v1/oauth/authorization/decide";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_knows_only_the_address_gets_tokens_and_calls_the_API_within_its_scopes(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var issuer = server.Server.Url.ToString().TrimEnd('/');
        var metadata = JsonElement.Parse(
            await server.Server.Client.GetStringAsync("/.well-known/oauth-authorization-server", Cancellation));
        metadata.GetProperty("issuer").GetString().ShouldBe(issuer);
        metadata.GetProperty("authorization_endpoint").GetString().ShouldBe($"{issuer}/authorize");
        metadata.GetProperty("token_endpoint").GetString().ShouldBe(issuer + OAuthParty.Token);
        metadata.GetProperty("code_challenge_methods_supported").EnumerateArray().Select(each => each.GetString()).ShouldBe(["S256"]);
        metadata.TryGetProperty("registration_endpoint", out _).ShouldBeFalse();
        var notebook = await RegisterAsync(server, owner);

        var question = (await server.DoAsync(HttpMethod.Post, Look, owner.AccessToken, new { query = notebook.Query() }))
            .GetProperty("question");
        question.GetProperty("clientName").GetString().ShouldBe("Notebook");
        question.GetProperty("redirectHost").GetString().ShouldBe("notebook.example");
        question.GetProperty("selfRegistered").GetBoolean().ShouldBeFalse();
        question.GetProperty("scopes")[1].GetProperty("meaning").GetString().ShouldBe("See agents, their definitions and versions");

        var back = await notebook.DecideAsync(owner, notebook.Query());
        back.GetLeftPart(UriPartial.Path).ShouldBe(Callback);
        var members = MembersOf(back);
        members["state"].ShouldBe("a state");
        members["iss"].ShouldBe(issuer);
        var (status, tokens) = await notebook.ExchangeAsync(members["code"], ("redirect_uri", Callback));
        status.ShouldBe(HttpStatusCode.OK, tokens.ToString());
        tokens.GetProperty("token_type").GetString().ShouldBe("Bearer");
        tokens.GetProperty("expires_in").GetInt32().ShouldBe(600);
        tokens.GetProperty("scope").GetString().ShouldBe("agents:read openid");

        var access = AccessOf(tokens);
        PartOf(access, 0).GetProperty("typ").GetString().ShouldBe("at+jwt");
        PartOf(access, 1).GetProperty("iss").GetString().ShouldBe(issuer);
        PartOf(access, 1).GetProperty("aud").GetString().ShouldBe("codexos-api");
        PartOf(access, 1).GetProperty("client_id").GetString().ShouldBe(notebook.ClientId);
        await VerifiesAsync(server, metadata, access);
        var idToken = tokens.GetProperty("id_token").GetString()!;
        PartOf(idToken, 1).GetProperty("aud").GetString().ShouldBe(notebook.ClientId);
        PartOf(idToken, 1).GetProperty("nonce").GetString().ShouldBe("a nonce");
        await VerifiesAsync(server, metadata, idToken);
        (await server.MeFaultAsync(idToken)).ShouldBe("identity.bad_token", "an ID token opens nothing");

        (await server.GetAsync("/api/v1/agents", access)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/roles", access)).Code.ShouldBe("identity.not_allowed");
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/auth/sessions", access)).Code.ShouldBe("identity.session_needed");
        (await server.RefusedAsync(HttpMethod.Post, Decide, access, new { query = notebook.Query(), allow = true })).Code
            .ShouldBe("identity.session_needed", "a client cannot let another in");
        var me = await server.JsonAsync("/api/v1/auth/me", access);
        me.GetProperty("permissions").EnumerateArray().Select(each => each.GetString()).ShouldBe(["agents:read"]);
        var told = await server.JsonAsync("/api/v1/oauth/userinfo", access);
        told.GetProperty("sub").GetString().ShouldBe(me.GetProperty("user").GetProperty("id").GetString());
        told.TryGetProperty("email", out _).ShouldBeFalse("the scope email was not asked for");

        var (_, next) = await notebook.RefreshAsync(tokens);
        (await server.GetAsync("/api/v1/agents", AccessOf(next))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await notebook.RefreshAsync(next, ("scope", "agents:read runs:read"))).Answer.GetProperty("error").GetString()
            .ShouldBe("invalid_scope");
        var (_, less) = await notebook.RefreshAsync(next, ("scope", "openid"));
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", AccessOf(less))).Code.ShouldBe("identity.not_allowed");
        (await server.RefreshAsync(RefreshOf(less))).StatusCode.ShouldBe(
            HttpStatusCode.Unauthorized, "a client's token is none of a person's own session");
    }

    [Fact]
    public async Task A_request_that_the_client_is_to_mend_is_refused_at_its_own_address_without_a_code()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var notebook = await RegisterAsync(server, owner);
        var broken = new (string Error, (string, string?)[] Otherwise)[]
        {
            ("invalid_request", [("code_challenge", null), ("code_challenge_method", null)]),
            ("invalid_request", [("code_challenge_method", null)]),
            ("invalid_request", [("code_challenge_method", "plain"), ("code_challenge", notebook.Verifier)]),
            ("invalid_request", [("code_challenge", "short")]),
            ("invalid_request", [("response_mode", "fragment")]),
            ("unsupported_response_type", [("response_type", "token")]),
            ("unsupported_response_type", [("response_type", null)]),
            ("invalid_scope", [("scope", "agents:read secrets:reveal")]),
            ("invalid_scope", [("scope", "no:such")]),
            ("invalid_target", [("resource", "https://elsewhere.example")]),
            ("interaction_required", [("prompt", "none")]),
            ("request_not_supported", [("request", "e30.e30.")]),
        };
        foreach (var (error, otherwise) in broken)
        {
            var members = MembersOf(await notebook.DecideAsync(owner, notebook.Query(otherwise)));
            members["error"].ShouldBe(error, otherwise[0].ToString());
            members["state"].ShouldBe("a state");
            members.ShouldNotContainKey("code");
        }

        var denied = MembersOf(await notebook.DecideAsync(owner, notebook.Query(), allow: false));
        denied["error"].ShouldBe("access_denied");
        denied.ShouldNotContainKey("code");
    }

    [Fact]
    public async Task Nobody_is_sent_to_an_address_that_is_not_the_client_s_to_the_letter()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var notebook = await RegisterAsync(server, owner, redirectUris: [Callback, "http://127.0.0.1/back"]);
        string[] others =
        [
            Callback + "/", Callback + "?x=1", Callback.ToUpperInvariant(), "https://notebook.example/callback/../callback",
            "https://notebook.example:443/callback", "http://notebook.example/callback", "https://notebook.example.evil.example/callback",
            "https://evil.example@notebook.example/callback", "http://localhost:5000/back", "http://127.0.0.1:5000/other",
            "http://127.0.0.1:5000/back?x=1", "http://127.0.0.1:5000@evil.example/back", "http://127.0.0.1.evil.example/back",
            "https://127.0.0.1:5000/back", "javascript:alert(1)",
        ];
        foreach (var uri in others)
        {
            foreach (var path in (string[])[Look, Decide])
            {
                (await server.RefusedAsync(
                    HttpMethod.Post, path, owner.AccessToken, new { query = notebook.Query(("redirect_uri", uri)), allow = true }))
                    .ShouldBe((HttpStatusCode.BadRequest, "identity.unregistered_redirect"), uri);
            }
        }

        var back = await notebook.DecideAsync(owner, notebook.Query(("redirect_uri", "http://127.0.0.1:43117/back")));
        back.Port.ShouldBe(43117, "the port of a loopback address is up to the program");
        (await server.RefusedAsync(HttpMethod.Post, Look, owner.AccessToken, new { query = notebook.Query(("redirect_uri", null)) })).Code
            .ShouldBe("identity.unregistered_redirect", "with several addresses the request has to name one");
        (await server.RefusedAsync(HttpMethod.Post, Look, owner.AccessToken, new { query = notebook.Query() + "&state=b" })).Code
            .ShouldBe("identity.bad_authorization");
        (await server.RefusedAsync(HttpMethod.Post, Look, owner.AccessToken, new { query = "response_type=code" })).Code
            .ShouldBe("identity.bad_authorization");
        (await server.RefusedAsync(HttpMethod.Post, Decide, owner.AccessToken, new { })).Status
            .ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_code_is_good_once_for_its_client_with_its_verifier_and_its_reuse_ends_what_came_from_it(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var notebook = await RegisterAsync(server, owner);
        var other = await RegisterAsync(server, owner);

        var code = await notebook.CodeAsync(owner);
        ErrorOf(await notebook.ExchangeAsync(code, ("code_verifier", null))).ShouldBe("invalid_request");
        ErrorOf(await notebook.ExchangeAsync(code, ("code_verifier", other.Verifier))).ShouldBe("invalid_grant");
        ErrorOf(await notebook.ExchangeAsync(code, ("code_verifier", notebook.Challenge))).ShouldBe("invalid_grant");
        ErrorOf(await notebook.ExchangeAsync(code, ("redirect_uri", Callback + "/"))).ShouldBe("invalid_grant");
        ErrorOf(await other.ExchangeAsync(code, ("code_verifier", notebook.Verifier))).ShouldBe("invalid_grant");
        var (_, tokens) = await notebook.ExchangeAsync(code);
        (await server.MeFaultAsync(AccessOf(tokens))).ShouldBeNull();

        ErrorOf(await notebook.ExchangeAsync(code)).ShouldBe("invalid_grant");
        (await server.MeFaultAsync(AccessOf(tokens))).ShouldBe("identity.session_ended");
        ErrorOf(await notebook.RefreshAsync(tokens)).ShouldBe("invalid_grant");
        var recorded = await server.JsonAsync("/api/v1/audit?action=clients.redeem", owner.AccessToken);
        recorded.GetProperty("items")[0].GetProperty("outcome").GetString().ShouldBe("denied");
        (await server.MeFaultAsync(owner.AccessToken)).ShouldBeNull("the person's own session goes on");

        var late = await notebook.CodeAsync(owner);
        server.Clock.Advance(TimeSpan.FromSeconds(60));
        ErrorOf(await notebook.ExchangeAsync(late)).ShouldBe("invalid_grant");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_many_that_redeem_a_code_at_once_at_most_one_is_served(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var notebook = await RegisterAsync(server, owner);
        var code = await notebook.CodeAsync(owner);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => notebook.ExchangeAsync(code)));

        var served = answers.Where(answer => answer.Status is HttpStatusCode.OK).ShouldHaveSingleItem();
        (await server.MeFaultAsync(AccessOf(served.Answer))).ShouldBe("identity.session_ended");
    }

    [Fact]
    public async Task A_client_of_another_tenant_is_none_here_and_a_client_with_a_secret_has_to_show_it()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var notebook = await RegisterAsync(server, owner, kind: "confidential");
        using var ada = ClientOf(server, owner);
        using var bob = await server.Server.AddTenantAsync(ada, "bob", Cancellation);
        var bobs = new Tokens(bob.DefaultRequestHeaders.Authorization!.Parameter!, 600, null);
        (await server.RefusedAsync(HttpMethod.Post, Look, bobs.AccessToken, new { query = notebook.Query() }))
            .ShouldBe((HttpStatusCode.NotFound, "identity.unknown_client"));

        var code = await notebook.CodeAsync(owner);
        (string?, string)[] wrong = [(null, "invalid_client"), ("cds_wrong", "invalid_client")];
        foreach (var (secret, error) in wrong)
        {
            var stranger = new OAuthParty(server, notebook.ClientId, secret);
            var refused = await stranger.ExchangeAsync(code, ("code_verifier", notebook.Verifier));
            refused.Status.ShouldBe(HttpStatusCode.Unauthorized);
            ErrorOf(refused).ShouldBe(error);
        }

        (await notebook.ExchangeAsync(code)).Status.ShouldBe(HttpStatusCode.OK);
        ErrorOf(await notebook.PostAsync(OAuthParty.Token, ("grant_type", "password"))).ShouldBe("unsupported_grant_type");
        ErrorOf(await notebook.PostAsync(OAuthParty.Token, ("grant_type", "client_credentials"))).ShouldBe("unauthorized_client");
        ErrorOf(await notebook.PostAsync(OAuthParty.Token)).ShouldBe("invalid_request");
    }

    private static HttpClient ClientOf(IdentityServer server, Tokens owner)
    {
        var client = new HttpClient { BaseAddress = server.Server.Url };
        client.DefaultRequestHeaders.Authorization = new("Bearer", owner.AccessToken);
        return client;
    }

    /// <summary>Checks a signature with nothing but what discovery names.</summary>
    private static async Task VerifiesAsync(IdentityServer server, JsonElement metadata, string token)
    {
        var keys = JsonElement.Parse(
            await server.Server.Client.GetStringAsync(new Uri(metadata.GetProperty("jwks_uri").GetString()!), Cancellation));
        var id = PartOf(token, 0).GetProperty("kid").GetString();
        var key = keys.GetProperty("keys").EnumerateArray().Single(each => each.GetProperty("kid").GetString() == id);
        key.TryGetProperty("d", out _).ShouldBeFalse();
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint
            {
                X = Base64Url.DecodeFromChars(key.GetProperty("x").GetString()),
                Y = Base64Url.DecodeFromChars(key.GetProperty("y").GetString()),
            },
        });
        var parts = token.Split('.');
        ecdsa.VerifyData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256)
            .ShouldBeTrue();
    }
}
