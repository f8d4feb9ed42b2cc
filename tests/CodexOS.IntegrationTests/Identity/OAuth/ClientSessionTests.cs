using System.Net;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Identity.OAuth.OAuthParty;

namespace CodexOS.IntegrationTests.Identity.OAuth;

/// <summary>
/// What a client was let have, from its first refresh to its end. It lives by the rules of people's own sessions.
/// </summary>
public sealed class ClientSessionTests(PostgresCluster postgres)
{
    private const string Applications = "/api/v1/auth/applications";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fifty_refreshes_at_once_get_one_successor_and_end_nothing(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var notebook = await RegisterAsync(server, owner);
        var tokens = await notebook.TokensAsync(owner);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => notebook.RefreshAsync(tokens)));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        answers.Select(answer => RefreshOf(answer.Answer)).Distinct().ShouldHaveSingleItem();
        (await notebook.RefreshAsync(answers[0].Answer)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_replay_after_the_window_ends_the_family_and_is_in_the_audit_log(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var notebook = await RegisterAsync(server, owner);
        var thief = await RegisterAsync(server, owner);
        var first = await notebook.TokensAsync(owner);
        ErrorOf(await thief.RefreshAsync(first)).ShouldBe("invalid_grant", "it is another client's");
        var (_, second) = await notebook.RefreshAsync(first);
        server.Clock.Advance(TimeSpan.FromSeconds(9));
        RefreshOf((await notebook.RefreshAsync(first)).Answer).ShouldBe(RefreshOf(second));

        server.Clock.Advance(TimeSpan.FromSeconds(2));
        ErrorOf(await notebook.RefreshAsync(first)).ShouldBe("invalid_grant");

        ErrorOf(await notebook.RefreshAsync(second)).ShouldBe("invalid_grant");
        (await server.MeFaultAsync(AccessOf(second))).ShouldBe("identity.session_ended");
        (await server.MeFaultAsync(owner.AccessToken)).ShouldBeNull();
        var entry = (await server.JsonAsync("/api/v1/audit?action=sessions.refresh", owner.AccessToken)).GetProperty("items")[0];
        entry.GetProperty("outcome").GetString().ShouldBe("denied");
        entry.GetProperty("details").GetProperty("code").GetString().ShouldBe("refresh_token_replayed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_ends_or_shrinks_counts_from_the_next_request_on(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var (grace, graceId) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        var notebook = await RegisterAsync(server, owner, ["agents:read", "system:read"]);
        async Task<string> FreshAsync() => AccessOf(await notebook.TokensAsync(grace, ("scope", "agents:read system:read")));

        var token = await FreshAsync();
        (await server.GetAsync("/api/v1/system", token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await server.DoAsync(HttpMethod.Patch, $"/api/v1/members/{graceId}", owner.AccessToken, new { role = "viewer" });
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/system", token)).Code.ShouldBe("identity.not_allowed");
        (await server.GetAsync("/api/v1/agents", token)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await server.DoAsync(HttpMethod.Patch, $"/api/v1/members/{graceId}", owner.AccessToken, new { state = "disabled" });
        (await server.MeFaultAsync(token)).ShouldBe("identity.session_ended");
        await server.DoAsync(HttpMethod.Patch, $"/api/v1/members/{graceId}", owner.AccessToken, new { state = "active" });
        (await server.MeFaultAsync(token)).ShouldBeNull();

        var listed = (await server.JsonAsync(Applications, grace.AccessToken)).GetProperty("items");
        listed.GetArrayLength().ShouldBe(1);
        listed[0].GetProperty("name").GetString().ShouldBe("Notebook");
        listed[0].GetProperty("client").GetString().ShouldBe(notebook.ClientId);
        (await server.JsonAsync("/api/v1/auth/sessions", grace.AccessToken)).GetProperty("items").GetArrayLength()
            .ShouldBe(1, "what an application has is no device of hers");
        (await server.RefusedAsync(
            HttpMethod.Delete, $"{Applications}/{listed[0].GetProperty("id").GetString()}", owner.AccessToken)).Status
            .ShouldBe(HttpStatusCode.NotFound, "it is not the owner's to take back");
        await server.DoAsync(HttpMethod.Delete, $"{Applications}/{listed[0].GetProperty("id").GetString()}", grace.AccessToken);
        (await server.MeFaultAsync(token)).ShouldBe("identity.session_ended");
        (await server.JsonAsync(Applications, grace.AccessToken)).GetProperty("items").GetArrayLength().ShouldBe(0);

        token = await FreshAsync();
        var pending = await notebook.CodeAsync(grace, ("scope", "agents:read"));
        await server.DoAsync(HttpMethod.Delete, $"/api/v1/clients/{notebook.ClientId}", owner.AccessToken);
        (await server.MeFaultAsync(token)).ShouldBe("identity.session_ended");
        ErrorOf(await notebook.ExchangeAsync(pending)).ShouldBe("invalid_client");
        var deleted = (await server.JsonAsync("/api/v1/audit?action=clients.*", owner.AccessToken)).GetProperty("items");
        deleted.EnumerateArray().Select(entry => entry.GetProperty("action").GetString()).Distinct()
            .ShouldBe(["clients.delete", "clients.authorize", "clients.create"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_access_review_lists_what_applications_have_until_it_ends(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var notebook = await RegisterAsync(server, owner);
        await notebook.TokensAsync(owner);
        await server.DoAsync(HttpMethod.Post, "/api/v1/service-accounts", owner.AccessToken, new { name = "robot", role = "operator" });
        var nightly = await RegisterServiceAsync(server, owner, "robot", "agents:read");
        async Task<List<System.Text.Json.JsonElement>> ReviewedAsync() =>
            [.. (await server.JsonAsync("/api/v1/access/review", owner.AccessToken)).GetProperty("entries").EnumerateArray()
                .Where(entry => entry.GetProperty("entry").GetString() == "application")];

        var listed = await ReviewedAsync();
        listed.Select(entry => entry.GetProperty("application").GetString()).ShouldBe(["Notebook", "Nightly"]);
        listed[0].GetProperty("subjectName").GetString().ShouldBe("Ada");
        listed[0].GetProperty("permissions").GetString().ShouldBe("agents:read openid");
        listed[0].GetProperty("id").GetString().ShouldBe(
            (await server.JsonAsync(Applications, owner.AccessToken)).GetProperty("items")[0].GetProperty("id").GetString());
        listed[1].GetProperty("subjectName").GetString().ShouldBe("robot");
        listed[1].GetProperty("id").GetString().ShouldBe(nightly.ClientId);
        using (var csv = await server.GetAsync("/api/v1/access/review?format=csv", owner.AccessToken))
            (await csv.Content.ReadAsStringAsync(Cancellation)).ShouldContain(",Notebook\r\n");

        await server.DoAsync(HttpMethod.Delete, $"{Applications}/{listed[0].GetProperty("id").GetString()}", owner.AccessToken);
        await server.DoAsync(HttpMethod.Delete, $"/api/v1/clients/{nightly.ClientId}", owner.AccessToken);
        (await ReviewedAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_takes_its_own_tokens_back_and_asks_what_tokens_are_worth(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var notebook = await RegisterAsync(server, owner);
        var gateway = await RegisterAsync(server, owner, kind: "confidential");
        var tokens = await notebook.TokensAsync(owner);

        var (_, state) = await gateway.PostAsync("/api/v1/oauth/introspect", ("token", AccessOf(tokens)));
        state.GetProperty("active").GetBoolean().ShouldBeTrue();
        state.GetProperty("scope").GetString().ShouldBe("agents:read openid");
        state.GetProperty("client_id").GetString().ShouldBe(notebook.ClientId);
        (await gateway.PostAsync("/api/v1/oauth/introspect", ("token", RefreshOf(tokens)))).Answer
            .GetProperty("token_type").GetString().ShouldBe("refresh_token");
        ErrorOf(await notebook.PostAsync("/api/v1/oauth/introspect", ("token", AccessOf(tokens)))).ShouldBe("invalid_client");
        foreach (var other in (string[])[owner.AccessToken, owner.Refresh, "nonsense"])
            (await gateway.PostAsync("/api/v1/oauth/introspect", ("token", other))).Answer.ToString().ShouldBe("""{"active":false}""");

        ErrorOf(await gateway.PostAsync("/api/v1/oauth/revoke", ("token", RefreshOf(tokens)))).ShouldBe("unauthorized_client");
        (await server.MeFaultAsync(AccessOf(tokens))).ShouldBeNull();
        (await notebook.PostAsync("/api/v1/oauth/revoke", ("token", "nonsense"))).Status.ShouldBe(HttpStatusCode.OK);
        (await notebook.PostAsync("/api/v1/oauth/revoke", ("token", RefreshOf(tokens)))).Status.ShouldBe(HttpStatusCode.OK);
        (await server.MeFaultAsync(AccessOf(tokens))).ShouldBe("identity.session_ended");
        (await gateway.PostAsync("/api/v1/oauth/introspect", ("token", AccessOf(tokens)))).Answer
            .GetProperty("active").GetBoolean().ShouldBeFalse();

        var again = await notebook.TokensAsync(owner);
        (await notebook.PostAsync("/api/v1/oauth/revoke", ("token", AccessOf(again)))).Status.ShouldBe(HttpStatusCode.OK);
        ErrorOf(await notebook.RefreshAsync(again)).ShouldBe("invalid_grant", "a session ends with any of its tokens");
    }

    [Fact]
    public async Task What_a_client_does_is_on_record_as_the_person_s_act_through_it()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var notebook = await RegisterAsync(server, owner, ["roles:write"]);
        var token = AccessOf(await notebook.TokensAsync(owner, ("scope", "roles:write")));

        await server.DoAsync(
            HttpMethod.Post, "/api/v1/roles", owner.AccessToken, new { name = "by-hand", permissions = new[] { "agents:read" } });
        (await server.RefusedAsync(
            HttpMethod.Post, "/api/v1/roles", token, new { name = "wide", permissions = new[] { "agents:read" } })).Code
            .ShouldBe("identity.beyond_own", "through a client nobody gives what the client does not hold");
        await server.DoAsync(
            HttpMethod.Post, "/api/v1/roles", token, new { name = "by-client", permissions = new[] { "roles:write" } });

        var entries = (await server.JsonAsync("/api/v1/audit?action=roles.create", owner.AccessToken)).GetProperty("items");
        entries.GetArrayLength().ShouldBe(2);
        entries[0].GetProperty("details").GetProperty("oauth_client").GetString().ShouldBe(notebook.ClientId);
        entries[0].GetProperty("actor").ToString().ShouldBe(entries[1].GetProperty("actor").ToString());
        entries[1].GetProperty("details").TryGetProperty("oauth_client", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Where_a_second_factor_is_needed_a_client_has_what_was_allowed_with_one_only()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var notebook = await RegisterAsync(server, owner);
        var token = AccessOf(await notebook.TokensAsync(owner));
        await server.ChangeAsync(db => db.Tenants.ExecuteUpdateAsync(
            row => row.SetProperty(tenant => tenant.SecondFactorRequired, true), Cancellation));
        server.Clock.Advance(TimeSpan.FromSeconds(31));

        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", token)).Code.ShouldBe("identity.second_factor_needed");
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/auth/second-factor", token)).Code
            .ShouldBe("identity.session_needed", "a client sets up nobody's second factor");
        (await server.RefusedAsync(
            HttpMethod.Post, "/api/v1/oauth/authorization/decide", owner.AccessToken, new { query = notebook.Query(), allow = true }))
            .Code.ShouldBe("identity.second_factor_needed");
    }
}
