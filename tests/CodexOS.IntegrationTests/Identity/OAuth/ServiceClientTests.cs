using System.Net;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Identity.OAuth.OAuthParty;

namespace CodexOS.IntegrationTests.Identity.OAuth;

/// <summary>Clients that act for service accounts, and what administrators register.</summary>
public sealed class ServiceClientTests(PostgresCluster postgres)
{
    private const string Accounts = "/api/v1/service-accounts";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_service_client_acts_for_its_account_within_its_scopes_until_either_ends(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        await server.DoAsync(HttpMethod.Post, Accounts, owner.AccessToken, new { name = "nightly", role = "operator" });
        var nightly = await RegisterServiceAsync(server, owner, "nightly", "agents:read", "system:read");
        async Task<string> FreshAsync(string? scope = null) => AccessOf(
            (await nightly.PostAsync(OAuthParty.Token, ("grant_type", "client_credentials"), ("scope", scope))).Answer);

        var (status, answer) = await nightly.PostAsync(OAuthParty.Token, ("grant_type", "client_credentials"));
        status.ShouldBe(HttpStatusCode.OK, answer.ToString());
        answer.GetProperty("scope").GetString().ShouldBe("agents:read system:read");
        answer.TryGetProperty("refresh_token", out _).ShouldBeFalse();
        var token = AccessOf(answer);
        (await server.GetAsync("/api/v1/system", token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/runs", token)).Code.ShouldBe("identity.not_allowed");
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/system", await FreshAsync("agents:read"))).Code
            .ShouldBe("identity.not_allowed", "less was asked for");
        var me = await server.JsonAsync("/api/v1/auth/me", token);
        me.GetProperty("user").GetProperty("displayName").GetString().ShouldBe("nightly");
        ErrorOf(await nightly.PostAsync(OAuthParty.Token, ("grant_type", "client_credentials"), ("scope", "runs:read")))
            .ShouldBe("invalid_scope");
        ErrorOf(await nightly.PostAsync(OAuthParty.Token, ("grant_type", "authorization_code"), ("code", "x"), ("code_verifier", "y")))
            .ShouldBe("unauthorized_client");

        await server.DoAsync(HttpMethod.Patch, $"{Accounts}/nightly", owner.AccessToken, new { role = "viewer" });
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/system", token)).Code.ShouldBe("identity.not_allowed");
        await server.DoAsync(HttpMethod.Patch, $"{Accounts}/nightly", owner.AccessToken, new { state = "disabled" });
        (await server.MeFaultAsync(token)).ShouldBe("identity.bad_token");
        await server.DoAsync(HttpMethod.Patch, $"{Accounts}/nightly", owner.AccessToken, new { state = "active" });
        (await server.MeFaultAsync(token)).ShouldBeNull();

        var kept = await FreshAsync();
        (await nightly.PostAsync("/api/v1/oauth/introspect", ("token", token))).Answer.GetProperty("active").GetBoolean().ShouldBeTrue();
        (await nightly.PostAsync("/api/v1/oauth/revoke", ("token", token))).Status.ShouldBe(HttpStatusCode.OK);
        (await nightly.PostAsync("/api/v1/oauth/revoke", ("token", token))).Status.ShouldBe(HttpStatusCode.OK);
        (await server.MeFaultAsync(token)).ShouldBe("identity.bad_token");
        (await server.MeFaultAsync(kept)).ShouldBeNull("another token of the client goes on");

        await server.DoAsync(HttpMethod.Delete, $"/api/v1/clients/{nightly.ClientId}", owner.AccessToken);
        (await server.MeFaultAsync(kept)).ShouldBe("identity.bad_token");
    }

    [Fact]
    public async Task What_makes_no_sense_as_a_client_is_refused_with_what_would()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null, "OAuth:ClientsPerTenantMax=1");
        await using var running = server;
        string[] scopes = ["agents:read"];
        string[] callback = [OAuthParty.Callback];
        await server.DoAsync(HttpMethod.Post, Accounts, owner.AccessToken, new { name = "nightly", role = "viewer" });
        (object Body, string Code)[] wrong =
        [
            (new { }, "platform.invalid_fields"),
            (new { name = "x", scopes = Array.Empty<string>(), redirectUris = callback }, "platform.invalid_fields"),
            (new { name = "x", scopes = new[] { "no:such" }, redirectUris = callback }, "identity.unknown_scope"),
            (new { name = "x", scopes }, "identity.redirect_uri_needed"),
            (new { name = "x", scopes, redirectUris = new[] { "http://notebook.example/" } }, "identity.bad_redirect_uri"),
            (new { name = "x", scopes, redirectUris = callback, serviceAccount = "nightly" }, "identity.bad_client"),
            (new { name = "x", scopes, kind = "service" }, "identity.bad_client"),
            (new { name = "x", scopes, kind = "service", serviceAccount = "nightly", redirectUris = callback }, "identity.bad_client"),
            (new { name = "x", scopes = new[] { "openid" }, kind = "service", serviceAccount = "nightly" }, "identity.bad_client"),
        ];
        foreach (var (body, code) in wrong)
        {
            (await server.RefusedAsync(HttpMethod.Post, "/api/v1/clients", owner.AccessToken, body))
                .ShouldBe((HttpStatusCode.BadRequest, code), body.ToString());
        }

        (await server.RefusedAsync(
            HttpMethod.Post, "/api/v1/clients", owner.AccessToken, new { name = "x", scopes, kind = "service", serviceAccount = "none" }))
            .ShouldBe((HttpStatusCode.NotFound, "identity.service_account_not_found"));
        var (grace, _) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        (await server.RefusedAsync(
            HttpMethod.Post, "/api/v1/clients", grace.AccessToken, new { name = "x", scopes, redirectUris = callback })).Code
            .ShouldBe("identity.not_allowed");

        var notebook = await RegisterAsync(server, owner);
        (await server.RefusedAsync(
            HttpMethod.Post, "/api/v1/clients", owner.AccessToken, new { name = "x", scopes, redirectUris = callback }))
            .ShouldBe((HttpStatusCode.UnprocessableEntity, "identity.too_many_clients"));
        var listed = (await server.JsonAsync("/api/v1/clients", owner.AccessToken)).GetProperty("items");
        listed[0].GetProperty("id").GetString().ShouldBe(notebook.ClientId);
        listed[0].ToString().ShouldNotContain("secret");
        (await server.JsonAsync($"/api/v1/clients/{notebook.ClientId}", owner.AccessToken)).GetProperty("kind").GetString().ShouldBe("public");
        (await server.RefusedAsync(HttpMethod.Delete, "/api/v1/clients/cli_nonsense", owner.AccessToken))
            .ShouldBe((HttpStatusCode.NotFound, "identity.client_not_found"));
        JsonElement.Parse(await server.Server.Client.GetStringAsync("/.well-known/openid-configuration"))
            .GetProperty("subject_types_supported")[0].GetString().ShouldBe("public");
    }
}
