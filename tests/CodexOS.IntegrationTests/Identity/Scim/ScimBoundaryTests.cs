using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.IntegrationTests.Identity.SingleSignOn;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.Scim;

/// <summary>Who may provision, in which tenant, and what a refusal looks like.</summary>
public sealed class ScimBoundaryTests(PostgresCluster postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_who_may_provision_is_let_in_and_may_do_nothing_else()
    {
        await using var tenant = await ScimTenant.StartAsync();
        var key = (await tenant.Server.DoAsync(
            HttpMethod.Post, "/api/v1/api-keys", tenant.Owner.AccessToken, new { name = "ci", scopes = new[] { "members:write" } }))
            .GetProperty("key").GetString()!;
        foreach (var path in (string[])["/Users", "/Groups", "/ServiceProviderConfig", "/Schemas", "/ResourceTypes"])
        {
            (await tenant.RefusedAsync(HttpMethod.Get, path, null, key)).ShouldBe((HttpStatusCode.Forbidden, "identity.not_allowed", null));
            (await tenant.RefusedAsync(HttpMethod.Get, path, null, "cdx_nonsense"))
                .ShouldBe((HttpStatusCode.Unauthorized, "identity.bad_api_key", null));
        }

        (await tenant.RefusedAsync(HttpMethod.Post, "/Users", """{"userName":"eve@example.org"}""", key)).Status
            .ShouldBe(HttpStatusCode.Forbidden);
        using (var anonymous = await tenant.Server.GetAsync($"{ScimTenant.Base}/Users", null))
        {
            anonymous.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            anonymous.Headers.WwwAuthenticate.ShouldHaveSingleItem().Scheme.ShouldBe("Bearer");
        }

        (await tenant.Server.RefusedAsync(HttpMethod.Get, "/api/v1/members", tenant.Key)).Code.ShouldBe("identity.not_allowed");
        // An administrator may manage members and yet make no such key: it would do more than they may.
        var (admin, _) = await tenant.Server.JoinAsync(tenant.Owner.AccessToken, "admin@example.org", "admin");
        (await tenant.Server.RefusedAsync(
            HttpMethod.Post, "/api/v1/api-keys", admin.AccessToken, new { name = "x", scopes = new[] { "scim:provision" } }))
            .Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_another_tenant_s_is_not_found_and_the_attempt_is_on_record(bool onPostgres)
    {
        await using var tenant = await ScimTenant.StartAsync(onPostgres ? postgres : null);
        var hedy = await tenant.MakeUserAsync("hedy@example.org", ""","externalId":"e1" """);
        var makers = await tenant.MakeGroupAsync("Makers", hedy);
        using var bob = await tenant.Server.Server.AddTenantAsync(tenant.OwnerClient, "bob", Cancellation);
        var key = await ScimTenant.MakeKeyAsync(bob);

        foreach (var path in (string[])[$"/Users/{hedy}", $"/Groups/{makers}", "/Users/nobody", "/Groups/none"])
        {
            (await tenant.RefusedAsync(HttpMethod.Get, path, null, key)).Status.ShouldBe(HttpStatusCode.NotFound, path);
            (await tenant.RefusedAsync(HttpMethod.Delete, path, null, key)).Status.ShouldBe(HttpStatusCode.NotFound, path);
            (await tenant.RefusedAsync(HttpMethod.Put, path, "{}", key)).Status.ShouldBe(HttpStatusCode.NotFound, path);
            (await tenant.RefusedAsync(HttpMethod.Patch, path, "{}", key)).Status.ShouldBe(HttpStatusCode.NotFound, path);
        }

        foreach (var filter in (string[])["userName eq \"hedy@example.org\"", "externalId eq \"e1\""])
        {
            using var found = await tenant.SendAsync(HttpMethod.Get, $"/Users?filter={Uri.EscapeDataString(filter)}", null, key);
            (await found.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("totalResults").GetInt32().ShouldBe(0);
        }

        (await tenant.RefusedAsync(HttpMethod.Post, "/Groups", ScimTenant.GroupOf("Makers", hedy), key)).Code
            .ShouldBe("identity.scim_unknown_member");
        // The domain is the other tenant's, and so are its people.
        (await tenant.RefusedAsync(HttpMethod.Post, "/Users", """{"userName":"hedy@example.org"}""", key)).Code
            .ShouldBe("identity.scim_foreign_domain");
        var log = await SsoSetup.DoAsync(bob, HttpMethod.Get, "/api/v1/audit?action=tenants.reach_across&limit=100", null);
        log.GetProperty("items").EnumerateArray().Select(static entry => entry.GetProperty("resource").GetProperty("id").GetString())
            .ShouldBe([makers, makers, makers, makers]);
        (await tenant.DoAsync(HttpMethod.Get, $"/Groups/{makers}")).GetProperty("members").GetArrayLength().ShouldBe(1);
    }

    [Theory]
    [InlineData("{", "identity.scim_bad_syntax", "invalidSyntax")]
    [InlineData("[]", "identity.scim_bad_syntax", "invalidSyntax")]
    [InlineData("", "identity.scim_bad_syntax", "invalidSyntax")]
    [InlineData("""{"userName":"\ud800@example.org"}""", "identity.scim_bad_syntax", "invalidSyntax")]
    [InlineData("""{"a":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}""", "identity.scim_bad_syntax", "invalidSyntax")]
    [InlineData("{}", "identity.scim_bad_value", "invalidValue")]
    [InlineData("""{"userName":"nobody"}""", "identity.scim_bad_value", "invalidValue")]
    public async Task A_body_that_says_nothing_useful_is_refused_in_scim_s_words(string body, string code, string type)
    {
        await using var tenant = await ScimTenant.StartAsync();
        (await tenant.RefusedAsync(HttpMethod.Post, "/Users", body)).ShouldBe((HttpStatusCode.BadRequest, code, type));
    }

    [Fact]
    public async Task Limits_hold_for_providers_as_for_everybody_and_are_told_in_their_form()
    {
        await using var tenant = await ScimTenant.StartAsync(null, "viewer", "RateLimits:PerKey=1", "RateLimits:Burst=00:00:05");
        (await tenant.RefusedAsync(HttpMethod.Post, "/Users", $$"""{"userName":"{{new string('x', 1_100_000)}}"}"""))
            .ShouldBe((HttpStatusCode.RequestEntityTooLarge, "platform.body_too_large", null));
        HttpResponseMessage answer;
        while ((answer = await tenant.SendAsync(HttpMethod.Get, "/Users?count=0")).IsSuccessStatusCode) answer.Dispose();
        using (answer)
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            answer.Headers.RetryAfter.ShouldNotBeNull();
            (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("code").GetString().ShouldBe("platform.rate_limited");
        }
    }

    [Fact]
    public async Task Both_media_types_are_taken_and_no_other()
    {
        await using var tenant = await ScimTenant.StartAsync();
        foreach (var (type, status) in ((string, HttpStatusCode)[])
            [("application/json", HttpStatusCode.Created), ("application/scim+json", HttpStatusCode.Created), ("text/plain", HttpStatusCode.UnsupportedMediaType)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{ScimTenant.Base}/Groups");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tenant.Key);
            request.Content = new StringContent(ScimTenant.GroupOf(type), Encoding.UTF8, type);
            using var answer = await tenant.Server.Server.Client.SendAsync(request, Cancellation);
            answer.StatusCode.ShouldBe(status, type);
        }
    }

    [Fact]
    public async Task A_server_says_what_of_scim_it_can_do()
    {
        await using var tenant = await ScimTenant.StartAsync();
        var config = await tenant.DoAsync(HttpMethod.Get, "/ServiceProviderConfig");
        config.GetProperty("patch").GetProperty("supported").GetBoolean().ShouldBeTrue();
        config.GetProperty("bulk").GetProperty("supported").GetBoolean().ShouldBeFalse();
        config.GetProperty("filter").GetProperty("maxResults").GetInt32().ShouldBe(200);
        config.GetProperty("authenticationSchemes")[0].GetProperty("type").GetString().ShouldBe("oauthbearertoken");
        foreach (var list in (string[])["ResourceTypes", "Schemas"])
        {
            var all = await tenant.DoAsync(HttpMethod.Get, $"/{list}");
            all.GetProperty("totalResults").GetInt32().ShouldBe(2);
            foreach (var one in all.GetProperty("Resources").EnumerateArray())
            {
                var alone = await tenant.DoAsync(HttpMethod.Get, $"/{list}/{one.GetProperty("id").GetString()}");
                alone.GetRawText().ShouldBe(one.GetRawText());
            }
        }

        var user = await tenant.DoAsync(HttpMethod.Get, $"/Schemas/{ScimTenant.UserSchema}");
        user.GetProperty("attributes").EnumerateArray().Select(static one => one.GetProperty("name").GetString())
            .ShouldBe(["userName", "externalId", "displayName", "name", "active", "emails", "groups"]);
        (await tenant.RefusedAsync(HttpMethod.Get, "/Users/none")).Status.ShouldBe(HttpStatusCode.NotFound);
    }
}
