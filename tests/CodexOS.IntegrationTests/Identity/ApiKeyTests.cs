using System.Net;
using System.Text.Json;
using CodexOS.Identity.ApiKeys;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

public sealed class ApiKeyTests(PostgresCluster postgres)
{
    private const string Keys = "/api/v1/api-keys";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_does_what_its_scopes_say_until_it_is_revoked(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var (key, id) = await MakeAsync(server, owner, new { name = "ci", scopes = new[] { "agents:read" } });

        (await server.GetAsync("/api/v1/agents", key)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/system", key)).ShouldBe((HttpStatusCode.Forbidden, "identity.not_allowed"));
        var me = await server.JsonAsync("/api/v1/auth/me", key);
        me.GetProperty("permissions").EnumerateArray().Select(each => each.GetString()).ShouldBe(["agents:read"]);
        me.GetProperty("user").GetProperty("email").GetString().ShouldBe(IdentityServer.Email);

        await server.DoAsync(HttpMethod.Delete, $"{Keys}/{id}", owner.AccessToken);
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", key))
            .ShouldBe((HttpStatusCode.Unauthorized, "identity.bad_api_key"));
        var listed = (await server.JsonAsync(Keys, owner.AccessToken)).GetProperty("items")[0];
        listed.GetProperty("state").GetString().ShouldBe("revoked");
        listed.GetRawText().ShouldNotContain(key[12..]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_that_opens_anything_is_in_the_database(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var (key, _) = await MakeAsync(server, owner, new { name = "ci" });

        await server.ChangeAsync(async db =>
        {
            var row = await db.ApiKeys.IgnoreQueryFilters().AsNoTracking().SingleAsync(Cancellation);
            ApiKey.TryParse(key, out var parsed).ShouldBeTrue();
            row.KeyHash.ShouldBe(parsed!.Hash);
            JsonSerializer.Serialize(row).ShouldNotContain(key[14..]);
        });
    }

    [Theory]
    [InlineData("GET", "/api/v1/auth/sessions")]
    [InlineData("GET", "/api/v1/auth/tenants")]
    [InlineData("GET", "/api/v1/auth/second-factor")]
    [InlineData("POST", "/api/v1/auth/second-factor/totp")]
    [InlineData("POST", "/api/v1/auth/step-up")]
    [InlineData("DELETE", "/api/v1/auth/second-factor")]
    [InlineData("GET", "/api/v1/auth/passkeys")]
    [InlineData("POST", "/api/v1/auth/passkeys/options")]
    [InlineData("POST", "/api/v1/auth/step-up/options")]
    [InlineData("DELETE", "/api/v1/auth/passkeys/psk_00000000000000000000000000000000")]
    [InlineData("POST", Keys)]
    [InlineData("POST", $"{Keys}/key_00000000000000000000000000000000/rotate")]
    [InlineData("PUT", "/api/v1/sign-in-policy")]
    public async Task A_key_cannot_do_what_is_for_the_person_even_if_it_is_an_owner_s(string method, string path)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var (key, _) = await MakeAsync(server, owner, new { name = "ci" });
        (await server.RefusedAsync(new HttpMethod(method), path, key, method is "GET" or "DELETE" ? null : new { }))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.session_needed"));
    }

    [Fact]
    public async Task An_owner_s_key_makes_no_owner()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var (_, memberId) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "viewer");
        var (key, _) = await MakeAsync(server, owner, new { name = "ci" });
        (await server.RefusedAsync(HttpMethod.Patch, $"/api/v1/members/{memberId}", key, new { role = "owner" }))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.owners_only"));
        await server.DoAsync(HttpMethod.Patch, $"/api/v1/members/{memberId}", key, new { role = "developer" });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_shrinks_with_its_owner_and_ends_with_them(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var (grace, graceId) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        var (key, _) = await MakeAsync(server, grace, new { name = "laptop" });
        (await server.GetAsync("/api/v1/system", key)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await server.DoAsync(HttpMethod.Patch, $"/api/v1/members/{graceId}", owner.AccessToken, new { role = "viewer" });
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/system", key)).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await server.GetAsync("/api/v1/agents", key)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await server.DoAsync(HttpMethod.Patch, $"/api/v1/members/{graceId}", owner.AccessToken, new { state = "disabled" });
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", key)).Code.ShouldBe("identity.bad_api_key");
        await server.DoAsync(HttpMethod.Patch, $"/api/v1/members/{graceId}", owner.AccessToken, new { state = "active" });
        (await server.GetAsync("/api/v1/agents", key)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await server.DoAsync(HttpMethod.Delete, $"/api/v1/members/{graceId}", owner.AccessToken);
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", key)).Code.ShouldBe("identity.bad_api_key");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_service_account_acts_in_its_own_name_and_ends_at_once(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        const string accounts = "/api/v1/service-accounts";
        await server.DoAsync(HttpMethod.Post, accounts, owner.AccessToken, new { name = "robot", role = "operator" });
        (await server.RefusedAsync(HttpMethod.Post, accounts, owner.AccessToken, new { name = "robot", role = "operator" }))
            .ShouldBe((HttpStatusCode.Conflict, "identity.service_account_exists"));
        (await server.RefusedAsync(HttpMethod.Post, accounts, owner.AccessToken, new { name = "king", role = "owner" }))
            .ShouldBe((HttpStatusCode.BadRequest, "identity.service_account_owner"));
        var made = await server.DoAsync(HttpMethod.Post, $"{accounts}/robot/api-keys", owner.AccessToken, new { name = "main" });
        var key = made.GetProperty("key").GetString()!;

        var me = await server.JsonAsync("/api/v1/auth/me", key);
        me.GetProperty("user").GetProperty("displayName").GetString().ShouldBe("robot");
        me.GetProperty("user").GetProperty("email").ValueKind.ShouldBe(JsonValueKind.Null);
        me.GetProperty("role").GetString().ShouldBe("operator");
        (await server.JsonAsync($"{accounts}/robot", owner.AccessToken)).GetProperty("keysCount").GetInt32().ShouldBe(1);

        await server.DoAsync(HttpMethod.Patch, $"{accounts}/robot", owner.AccessToken, new { state = "disabled" });
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", key)).Code.ShouldBe("identity.bad_api_key");
        await server.DoAsync(HttpMethod.Patch, $"{accounts}/robot", owner.AccessToken, new { state = "active", role = "viewer" });
        (await server.GetAsync("/api/v1/agents", key)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/system", key)).Status.ShouldBe(HttpStatusCode.Forbidden);
        await server.DoAsync(HttpMethod.Delete, $"{accounts}/robot", owner.AccessToken);
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", key)).Code.ShouldBe("identity.bad_api_key");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_ends_by_itself_and_shows_roughly_when_it_was_used(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null, "Identity:AccessTokenLifetime=01:00:00");
        await using var running = server;
        (await server.RefusedAsync(HttpMethod.Post, Keys, owner.AccessToken, new { name = "long", expiresInDays = 366 }))
            .ShouldBe((HttpStatusCode.BadRequest, "identity.api_key_too_long"));
        var (key, _) = await MakeAsync(server, owner, new { name = "short", expiresInDays = 1 });
        (await UsedAtAsync(server, owner)).ShouldBeNull();

        var first = server.Clock.GetUtcNow();
        await server.JsonAsync("/api/v1/auth/me", key);
        server.Clock.Advance(TimeSpan.FromMinutes(30));
        await server.JsonAsync("/api/v1/auth/me", key);
        ((await UsedAtAsync(server, owner))!.Value - first).Duration().ShouldBeLessThan(TimeSpan.FromSeconds(1));
        server.Clock.Advance(TimeSpan.FromMinutes(40));
        await server.JsonAsync("/api/v1/auth/me", key);
        owner = await server.RefreshedAsync(owner.Refresh);
        ((await UsedAtAsync(server, owner))!.Value - first).ShouldBeGreaterThan(TimeSpan.FromMinutes(69));

        server.Clock.Advance(TimeSpan.FromDays(1));
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", key)).Code.ShouldBe("identity.bad_api_key");
    }

    [Fact]
    public async Task A_key_that_is_mistyped_or_in_an_address_opens_nothing()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var (key, _) = await MakeAsync(server, owner, new { name = "ci" });
        var mistyped = key[..^1] + (key[^1] == 'a' ? 'b' : 'a');
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", mistyped)).Code.ShouldBe("identity.bad_api_key");
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", ApiKey.New().Reveal())).Code.ShouldBe("identity.bad_api_key");
        using var hub = await server.SendAsync(HttpMethod.Post, $"/hubs/runs/negotiate?access_token={key}", null, null);
        (await IdentityServer.CodeOfAsync(hub)).ShouldBe("identity.token_in_address");
        using var byHeader = await server.SendAsync(HttpMethod.Post, "/hubs/runs/negotiate", key, null);
        byHeader.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Everybody_s_keys_are_for_those_who_manage_them_and_one_s_own_for_oneself()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null, "Identity:ApiKeysPerOwnerMax=2");
        await using var running = server;
        var (grace, _) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        var (_, hers) = await MakeAsync(server, grace, new { name = "one" });
        await MakeAsync(server, grace, new { name = "two" });
        (await server.RefusedAsync(HttpMethod.Post, Keys, grace.AccessToken, new { name = "three" }))
            .ShouldBe((HttpStatusCode.UnprocessableEntity, "identity.too_many_api_keys"));
        var (_, his) = await MakeAsync(server, owner, new { name = "his" });

        (await server.RefusedAsync(HttpMethod.Get, $"{Keys}?owner=all", grace.AccessToken)).Code.ShouldBe("identity.not_allowed");
        (await server.JsonAsync(Keys, grace.AccessToken)).GetProperty("items").GetArrayLength().ShouldBe(2);
        (await server.JsonAsync($"{Keys}?owner=all", owner.AccessToken)).GetProperty("items").GetArrayLength().ShouldBe(3);
        (await server.RefusedAsync(HttpMethod.Delete, $"{Keys}/{his}", grace.AccessToken))
            .ShouldBe((HttpStatusCode.NotFound, "identity.api_key_not_found"));
        await server.DoAsync(HttpMethod.Delete, $"{Keys}/{hers}", owner.AccessToken);
        await MakeAsync(server, grace, new { name = "three" });
    }

    private static async Task<(string Key, string Id)> MakeAsync(IdentityServer server, Tokens owner, object request)
    {
        var made = await server.DoAsync(HttpMethod.Post, Keys, owner.AccessToken, request);
        return (made.GetProperty("key").GetString()!, made.GetProperty("apiKey").GetProperty("id").GetString()!);
    }

    private static async Task<DateTimeOffset?> UsedAtAsync(IdentityServer server, Tokens owner)
    {
        var used = (await server.JsonAsync(Keys, owner.AccessToken)).GetProperty("items")[0].GetProperty("lastUsedAt");
        return used.ValueKind is JsonValueKind.Null ? null : used.GetDateTimeOffset();
    }
}
