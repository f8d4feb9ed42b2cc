using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Tenancy;

/// <summary>Tenants of an installation: made by the owner of the first one, and strangers to each other.</summary>
public abstract class TenantTests(Func<Task<string?>> database)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tenant_gets_its_owner_by_a_link_that_works_once()
    {
        await using var server = await CodexServer.StartAsync(await database(), cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        using var made = await ada.PostAsJsonAsync("/api/v1/tenants", new { name = " Bob's " }, Token);
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var created = await made.Content.ReadFromJsonAsync<JsonElement>(Token);
        var token = created.GetProperty("ownerLink").GetProperty("path").GetString()!.Split("#token=")[^1];

        // A link that could not be used because of the address is as good as before.
        (await SetUpAsync(server, token, CodexServer.AdministratorEmail)).Code.ShouldBe("identity.email_taken");
        var (status, _) = await SetUpAsync(server, token, "bob@example.org");
        status.ShouldBe(HttpStatusCode.Created);

        (await SetUpAsync(server, token, "eve@example.org")).Code.ShouldBe("identity.already_set_up");
        var tenants = await ada.GetFromJsonAsync<JsonElement>("/api/v1/tenants", Token);
        tenants.GetProperty("items").EnumerateArray()
            .Select(tenant => (tenant.GetProperty("name").GetString(), tenant.GetProperty("home").GetBoolean(),
                tenant.GetProperty("members").GetInt32()))
            .ShouldBe([("Home", true, 1), ("Bob's", false, 1)]);
    }

    [Fact]
    public async Task A_new_link_ends_the_one_before()
    {
        await using var server = await CodexServer.StartAsync(await database(), cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        using var made = await ada.PostAsJsonAsync("/api/v1/tenants", new { name = "bob" }, Token);
        var created = await made.Content.ReadFromJsonAsync<JsonElement>(Token);
        var tenant = created.GetProperty("tenant").GetProperty("id").GetString();
        var first = created.GetProperty("ownerLink").GetProperty("path").GetString()!.Split("#token=")[^1];
        using var second = await ada.PostAsync($"/api/v1/tenants/{tenant}/owner-link", null, Token);
        var link = await second.Content.ReadFromJsonAsync<JsonElement>(Token);

        (await SetUpAsync(server, first, "eve@example.org")).Code.ShouldBe("identity.already_set_up");
        (await SetUpAsync(server, link.GetProperty("path").GetString()!.Split("#token=")[^1], "bob@example.org")).Status
            .ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task The_owner_of_a_further_tenant_may_do_everything_in_it_and_nothing_about_tenants()
    {
        await using var server = await CodexServer.StartAsync(await database(), cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        using var bob = await server.AddTenantAsync(ada, "bob", Token);

        var me = await bob.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", Token);

        me.GetProperty("role").GetString().ShouldBe("owner");
        var permissions = me.GetProperty("permissions").EnumerateArray().Select(one => one.GetString()).ToList();
        permissions.ShouldContain("policy:write");
        permissions.ShouldNotContain("tenants:read");
        foreach (var path in (string[])["/api/v1/tenants", $"/api/v1/tenants/{me.GetProperty("tenant").GetProperty("id")}"])
            (await bob.GetAsync(path, Token)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await bob.PostAsJsonAsync("/api/v1/tenants", new { name = "x" }, Token)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await bob.GetFromJsonAsync<JsonElement>("/api/v1/runs", Token)).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_disabled_tenant_is_out_with_its_next_request_and_in_again_when_enabled()
    {
        await using var server = await CodexServer.StartAsync(await database(), cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        using var bob = await server.AddTenantAsync(ada, "bob", Token);
        var tenant = (await bob.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", Token)).GetProperty("tenant").GetProperty("id");

        (await ada.PostAsync($"/api/v1/tenants/{tenant}/disable", null, Token)).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await bob.GetAsync("/api/v1/auth/me", Token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await SignInAsync(server)).ShouldBe(HttpStatusCode.Unauthorized);
        (await ada.PostAsync($"/api/v1/tenants/{tenant}/enable", null, Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await bob.GetAsync("/api/v1/auth/me", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await SignInAsync(server)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_first_tenant_cannot_be_disabled_and_an_unknown_one_is_not_there()
    {
        await using var server = await CodexServer.StartAsync(await database(), cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        var home = (await ada.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", Token)).GetProperty("tenant").GetProperty("id");

        (await CodeOfAsync(await ada.PostAsync($"/api/v1/tenants/{home}/disable", null, Token)))
            .ShouldBe((HttpStatusCode.Conflict, "identity.home_tenant"));
        (await CodeOfAsync(await ada.PostAsync($"/api/v1/tenants/ten_{new string('0', 32)}/disable", null, Token)))
            .ShouldBe((HttpStatusCode.NotFound, "identity.tenant_not_found"));
    }

    [Fact]
    public async Task A_quota_that_the_installations_owner_sets_holds_at_once_and_for_that_tenant_only()
    {
        await using var server = await CodexServer.StartAsync(await database(), cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        using var bob = await server.AddTenantAsync(ada, "bob", Token);
        var tenant = (await bob.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", Token)).GetProperty("tenant").GetProperty("id");
        // The demo agent is there once agents were asked for.
        await bob.GetAsync("/api/v1/agents", Token);
        var used = (await QuotaAsync(bob, "agents")).GetProperty("used").GetInt64();

        (await SetAsync(ada, tenant, "agents", used + 1)).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await ApplyAsync(bob, "one")).Status.ShouldBe(HttpStatusCode.Created);
        var (status, code) = await ApplyAsync(bob, "two");
        (status, code).ShouldBe((HttpStatusCode.UnprocessableEntity, "platform.quota_exceeded"));
        (await ApplyAsync(ada, "one")).Status.ShouldBe(HttpStatusCode.Created);
        (await ApplyAsync(ada, "two")).Status.ShouldBe(HttpStatusCode.Created);
        var state = await QuotaAsync(bob, "agents");
        (state.GetProperty("used").GetInt64(), state.GetProperty("limit").GetInt64()).ShouldBe((used + 1, used + 1));

        (await SetAsync(ada, tenant, "agents", null)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ApplyAsync(bob, "two")).Status.ShouldBe(HttpStatusCode.Created);
        (await SetAsync(ada, tenant, "nothing", 1)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await SetAsync(ada, tenant, "agents", -1)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await SetAsync(bob, tenant, "agents", 100)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    private static async Task<(HttpStatusCode Status, string? Code)> SetUpAsync(CodexServer server, string token, string email) =>
        await CodeOfAsync(await server.Client.PostAsJsonAsync("/api/v1/setup", new
        {
            token,
            email,
            displayName = "Bob",
            password = CodexServer.AdministratorPassword,
            transport = "body",
        }, Token));

    private static async Task<HttpStatusCode> SignInAsync(CodexServer server)
    {
        using var answer = await server.Client.PostAsJsonAsync(
            "/api/v1/auth/sign-in",
            new { email = "bob@example.org", password = CodexServer.AdministratorPassword, transport = "body" },
            Token);
        return answer.StatusCode;
    }

    private static async Task<JsonElement> QuotaAsync(HttpClient client, string name)
    {
        var quotas = await client.GetFromJsonAsync<JsonElement>("/api/v1/quotas", Token);
        return quotas.GetProperty("items").EnumerateArray().Single(quota => quota.GetProperty("name").GetString() == name);
    }

    private static Task<HttpResponseMessage> SetAsync(HttpClient client, JsonElement tenant, string quota, long? value) =>
        client.PutAsJsonAsync($"/api/v1/tenants/{tenant}/quotas/{quota}", new { value }, Token);

    private static async Task<(HttpStatusCode Status, string? Code)> ApplyAsync(HttpClient client, string name)
    {
        using var yaml = new StringContent(
            $"name: {name}\ninstructions: Help.\nmodel: scripted:x\n", System.Text.Encoding.UTF8, "application/yaml");
        return await CodeOfAsync(await client.PutAsync("/api/v1/agents", yaml, Token));
    }

    private static async Task<(HttpStatusCode Status, string? Code)> CodeOfAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
            return (answer.StatusCode, body.TryGetProperty("code", out var code) ? code.GetString() : null);
        }
    }
}

/// <summary>On SQLite.</summary>
public sealed class TenantsOnSqliteTests() : TenantTests(() => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL.</summary>
public sealed class TenantsOnPostgresTests(PostgresCluster postgres)
    : TenantTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
