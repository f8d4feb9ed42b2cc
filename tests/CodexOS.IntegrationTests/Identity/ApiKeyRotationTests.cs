using System.Net;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

public sealed class ApiKeyRotationTests(PostgresCluster postgres)
{
    private const string Keys = "/api/v1/api-keys";
    private const string Accounts = "/api/v1/service-accounts";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_that_is_replaced_goes_on_for_the_overlap_and_its_successor_may_do_the_same(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var (old, oldId) = await MakeAsync(server, owner, new { name = "ci", scopes = new[] { "agents:read" }, expiresInDays = 7 });
        // What is remembered of the key must not outlive its overlap.
        (await server.GetAsync("/api/v1/agents", old)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var answer = await server.DoAsync(HttpMethod.Post, $"{Keys}/{oldId}/rotate", owner.AccessToken, new { overlapSeconds = 60 });
        var (key, made) = (answer.GetProperty("key").GetString()!, answer.GetProperty("apiKey"));
        made.GetProperty("name").GetString().ShouldBe("ci");
        made.GetProperty("scopes")[0].GetString().ShouldBe("agents:read");
        made.GetProperty("replaces").GetString().ShouldBe(oldId);
        (made.GetProperty("expiresAt").GetDateTimeOffset() - made.GetProperty("createdAt").GetDateTimeOffset())
            .ShouldBe(TimeSpan.FromDays(7), TimeSpan.FromMilliseconds(1));
        (await server.GetAsync("/api/v1/agents", key)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.GetAsync("/api/v1/agents", old)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var listed = await ListedAsync(server, owner);
        listed[oldId].GetProperty("state").GetString().ShouldBe("active");
        listed[oldId].GetProperty("replacedBy").GetString().ShouldBe(IdOf(made));
        (listed[oldId].GetProperty("expiresAt").GetDateTimeOffset() - server.Clock.GetUtcNow())
            .ShouldBe(TimeSpan.FromSeconds(60), TimeSpan.FromMilliseconds(1));
        listed[IdOf(made)].GetProperty("replaces").GetString().ShouldBe(oldId);
        listed[IdOf(made)].GetProperty("replacedBy").ValueKind.ShouldBe(JsonValueKind.Null);

        server.Clock.Advance(TimeSpan.FromSeconds(60));
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", old)).ShouldBe((HttpStatusCode.Unauthorized, "identity.bad_api_key"));
        (await server.GetAsync("/api/v1/agents", key)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ListedAsync(server, owner))[oldId].GetProperty("state").GetString().ShouldBe("expired");

        var entry = (await server.JsonAsync("/api/v1/audit?action=api_keys.rotate", owner.AccessToken)).GetProperty("items")[0];
        entry.GetProperty("resource").GetProperty("id").GetString().ShouldBe(oldId);
        entry.GetProperty("details").GetProperty("replaced_by").GetString().ShouldBe(IdOf(made));
        entry.GetRawText().ShouldNotContain(key[12..]);
    }

    [Fact]
    public async Task Without_a_word_about_it_the_overlap_is_a_day_and_never_longer_than_the_old_key_s_own_time()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var (_, oldId) = await MakeAsync(server, owner, new { name = "long" });
        await server.DoAsync(HttpMethod.Post, $"{Keys}/{oldId}/rotate", owner.AccessToken);
        var replaced = (await ListedAsync(server, owner))[oldId];
        (replaced.GetProperty("expiresAt").GetDateTimeOffset() - server.Clock.GetUtcNow())
            .ShouldBe(TimeSpan.FromDays(1), TimeSpan.FromMilliseconds(1));

        var (_, shortId) = await MakeAsync(server, owner, new { name = "short", expiresInDays = 1 });
        var end = (await ListedAsync(server, owner))[shortId].GetProperty("expiresAt").GetDateTimeOffset();
        await server.DoAsync(HttpMethod.Post, $"{Keys}/{shortId}/rotate", owner.AccessToken, new { overlapSeconds = 2_592_000 });
        (await ListedAsync(server, owner))[shortId].GetProperty("expiresAt").GetDateTimeOffset().ShouldBe(end);

        var (gone, goneId) = await MakeAsync(server, owner, new { name = "at once", scopes = new[] { "agents:read" } });
        (await server.GetAsync("/api/v1/agents", gone)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await server.DoAsync(HttpMethod.Post, $"{Keys}/{goneId}/rotate", owner.AccessToken, new { overlapSeconds = 0 });
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", gone)).Code.ShouldBe("identity.bad_api_key");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2_592_001)]
    public async Task An_overlap_that_makes_no_sense_is_refused_by_the_field_s_name(int overlapSeconds)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var (_, id) = await MakeAsync(server, owner, new { name = "ci" });
        (await server.RefusedAsync(HttpMethod.Post, $"{Keys}/{id}/rotate", owner.AccessToken, new { overlapSeconds }))
            .ShouldBe((HttpStatusCode.BadRequest, "platform.invalid_fields"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_is_replaced_once_even_by_many_at_once_and_never_when_it_is_over(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var (_, id) = await MakeAsync(server, owner, new { name = "wanted", expiresInDays = 1 });
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ =>
            server.SendAsync(HttpMethod.Post, $"{Keys}/{id}/rotate", owner.AccessToken, null)));
        answers.Count(answer => answer.StatusCode is HttpStatusCode.Created).ShouldBe(1);
        foreach (var answer in answers.Where(answer => answer.StatusCode is not HttpStatusCode.Created))
            (await IdentityServer.CodeOfAsync(answer)).ShouldBe("identity.api_key_replaced");
        foreach (var answer in answers) answer.Dispose();
        var listed = await ListedAsync(server, owner);
        listed.Count.ShouldBe(2);

        var successor = listed[id].GetProperty("replacedBy").GetString()!;
        await server.DoAsync(HttpMethod.Delete, $"{Keys}/{successor}", owner.AccessToken);
        (await server.RefusedAsync(HttpMethod.Post, $"{Keys}/{successor}/rotate", owner.AccessToken))
            .ShouldBe((HttpStatusCode.Conflict, "identity.api_key_over"));
        var (_, shortId) = await MakeAsync(server, owner, new { name = "short", expiresInDays = 1 });
        server.Clock.Advance(TimeSpan.FromDays(1));
        using var signedIn = await server.SignInAsync();
        var again = await IdentityServer.TokensOfAsync(signedIn);
        (await server.RefusedAsync(HttpMethod.Post, $"{Keys}/{shortId}/rotate", again.AccessToken))
            .ShouldBe((HttpStatusCode.Conflict, "identity.api_key_over"));
    }

    [Fact]
    public async Task Keys_that_were_replaced_have_a_limit_of_their_own()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null, "Identity:ApiKeysPerOwnerMax=1");
        await using var running = server;
        var (_, id) = await MakeAsync(server, owner, new { name = "ci" });
        var second = await RotatedAsync(server, owner, id);
        (await server.RefusedAsync(HttpMethod.Post, Keys, owner.AccessToken, new { name = "another" }))
            .ShouldBe((HttpStatusCode.UnprocessableEntity, "identity.too_many_api_keys"));
        (await server.RefusedAsync(HttpMethod.Post, $"{Keys}/{second}/rotate", owner.AccessToken))
            .ShouldBe((HttpStatusCode.UnprocessableEntity, "identity.too_many_api_keys"));
        await server.DoAsync(HttpMethod.Post, $"{Keys}/{second}/rotate", owner.AccessToken, new { overlapSeconds = 0 });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Only_whoever_could_make_the_key_replaces_it(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var (grace, graceId) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        var (hers, hersId) = await MakeAsync(server, grace, new { name = "hers" });
        (await server.RefusedAsync(HttpMethod.Post, $"{Keys}/{hersId}/rotate", hers))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.session_needed"));
        (await server.RefusedAsync(HttpMethod.Post, $"{Keys}/{hersId}/rotate", owner.AccessToken))
            .ShouldBe((HttpStatusCode.NotFound, "identity.api_key_not_found"), "nobody makes keys for another person");

        await server.DoAsync(HttpMethod.Post, Accounts, owner.AccessToken, new { name = "robot", role = "operator" });
        var made = await server.DoAsync(HttpMethod.Post, $"{Accounts}/robot/api-keys", owner.AccessToken, new { name = "main" });
        var robotId = IdOf(made.GetProperty("apiKey"));
        (await server.RefusedAsync(HttpMethod.Post, $"{Keys}/{robotId}/rotate", grace.AccessToken))
            .ShouldBe((HttpStatusCode.NotFound, "identity.api_key_not_found"));
        var key = (await server.DoAsync(HttpMethod.Post, $"{Keys}/{robotId}/rotate", owner.AccessToken)).GetProperty("key").GetString()!;
        (await server.JsonAsync("/api/v1/auth/me", key)).GetProperty("user").GetProperty("displayName").GetString().ShouldBe("robot");

        // What she does not hold any more is not given on, and who may make no keys replaces none.
        await server.DoAsync(HttpMethod.Patch, $"/api/v1/members/{graceId}", owner.AccessToken, new { role = "operator" });
        (await server.RefusedAsync(HttpMethod.Post, $"{Keys}/{hersId}/rotate", grace.AccessToken))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.beyond_own"));
        await server.DoAsync(HttpMethod.Patch, $"/api/v1/members/{graceId}", owner.AccessToken, new { role = "viewer" });
        (await server.RefusedAsync(HttpMethod.Post, $"{Keys}/{hersId}/rotate", grace.AccessToken))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.not_allowed"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whose_keys_replace_each_other_is_removed_with_all_of_them(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var (grace, graceId) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        var (_, first) = await MakeAsync(server, grace, new { name = "hers" });
        await RotatedAsync(server, grace, await RotatedAsync(server, grace, first));
        await server.DoAsync(HttpMethod.Post, Accounts, owner.AccessToken, new { name = "robot", role = "operator" });
        var made = await server.DoAsync(HttpMethod.Post, $"{Accounts}/robot/api-keys", owner.AccessToken, new { name = "main" });
        await RotatedAsync(server, owner, IdOf(made.GetProperty("apiKey")));

        await server.DoAsync(HttpMethod.Delete, $"/api/v1/members/{graceId}", owner.AccessToken);
        await server.DoAsync(HttpMethod.Delete, $"{Accounts}/robot", owner.AccessToken);
        (await server.JsonAsync($"{Keys}?owner=all", owner.AccessToken)).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    private static async Task<string> RotatedAsync(IdentityServer server, Tokens owner, string id) =>
        IdOf((await server.DoAsync(HttpMethod.Post, $"{Keys}/{id}/rotate", owner.AccessToken)).GetProperty("apiKey"));

    private static async Task<(string Key, string Id)> MakeAsync(IdentityServer server, Tokens owner, object request)
    {
        var made = await server.DoAsync(HttpMethod.Post, Keys, owner.AccessToken, request);
        return (made.GetProperty("key").GetString()!, IdOf(made.GetProperty("apiKey")));
    }

    private static async Task<Dictionary<string, JsonElement>> ListedAsync(IdentityServer server, Tokens owner) =>
        (await server.JsonAsync(Keys, owner.AccessToken)).GetProperty("items").EnumerateArray().ToDictionary(IdOf);

    private static string IdOf(JsonElement key) => key.GetProperty("id").GetString()!;
}
