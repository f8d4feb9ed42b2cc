using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.Scim;

/// <summary>Users as identity providers make, change and remove them.</summary>
public sealed class ScimUserTests(PostgresCluster postgres)
{
    private const string SuspendAsOkta = """{"op":"replace","value":{"active":false}}""";
    private const string ResumeAsOkta = """{"op":"replace","value":{"active":true}}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_user_lives_and_leaves_as_okta_says(bool onPostgres)
    {
        await using var tenant = await ScimTenant.StartAsync(onPostgres ? postgres : null);

        // It looks whether it is let in, and whether there is such a user; then it makes one.
        (await tenant.DoAsync(HttpMethod.Get, "/Users?startIndex=1&count=2")).GetProperty("totalResults").GetInt32().ShouldBe(1);
        (await FindAsync(tenant, "userName eq \"hedy@example.org\"")).ShouldBeEmpty();
        var body = Okta("hedy@example.org", "Hedy", "Lamarr");
        using (var made = await tenant.SendAsync(HttpMethod.Post, "/Users", body))
        {
            made.StatusCode.ShouldBe(HttpStatusCode.Created);
            var user = await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
            made.Headers.Location!.ToString()
                .ShouldBe($"https://codexos.example.org{ScimTenant.Base}/Users/{user.GetProperty("id").GetString()}");
            user.GetProperty("meta").GetProperty("location").GetString().ShouldBe(made.Headers.Location.ToString());
        }

        (await tenant.RefusedAsync(HttpMethod.Post, "/Users", body))
            .ShouldBe((HttpStatusCode.Conflict, "identity.scim_user_exists", "uniqueness"));
        var found = (await FindAsync(tenant, "userName eq \"HEDY@example.org\"")).ShouldHaveSingleItem();
        var id = found.GetProperty("id").GetString()!;
        found.GetProperty("externalId").GetString().ShouldBe("00u-hedy@example.org");
        found.GetProperty("name").GetProperty("givenName").GetString().ShouldBe("Hedy");
        found.GetProperty("displayName").GetString().ShouldBe("Hedy Lamarr");
        found.GetProperty("emails")[0].GetProperty("value").GetString().ShouldBe("hedy@example.org");
        found.GetProperty("active").GetBoolean().ShouldBeTrue();
        (await tenant.StandingAsync(id)).ShouldBe("viewer active");

        // It changes her name, suspends her, lets her in again, and removes her.
        await tenant.DoAsync(HttpMethod.Put, $"/Users/{id}", Okta("hedy@example.org", "Hedwig", "Kiesler"));
        (await tenant.DoAsync(HttpMethod.Get, $"/Users/{id}")).GetProperty("displayName").GetString().ShouldBe("Hedwig Kiesler");
        (await tenant.DoAsync(HttpMethod.Patch, $"/Users/{id}", ScimTenant.Patch(SuspendAsOkta)))
            .GetProperty("active").GetBoolean().ShouldBeFalse();
        (await tenant.StandingAsync(id)).ShouldBe("viewer disabled");
        (await FindAsync(tenant, "active eq false")).ShouldHaveSingleItem().GetProperty("id").GetString().ShouldBe(id);
        await tenant.DoAsync(HttpMethod.Patch, $"/Users/{id}", ScimTenant.Patch(ResumeAsOkta));
        (await tenant.StandingAsync(id)).ShouldBe("viewer active");
        await tenant.DoAsync(HttpMethod.Delete, $"/Users/{id}");
        (await tenant.RefusedAsync(HttpMethod.Get, $"/Users/{id}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await tenant.RefusedAsync(HttpMethod.Delete, $"/Users/{id}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await FindAsync(tenant, "externalId eq \"00u-hedy@example.org\"")).ShouldBeEmpty();

        // All of it is on record, done by the service account, and her address can be erased from it.
        var provisioned = (await tenant.AuditAsync("members.provision")).ShouldHaveSingleItem();
        provisioned.GetProperty("actor").GetProperty("kind").GetString().ShouldBe("serviceAccount");
        provisioned.GetProperty("resource").GetProperty("id").GetString().ShouldBe(id);
        provisioned.GetProperty("details").GetRawText().ShouldNotContain("hedy");
        (await tenant.AuditAsync("members.update")).Count.ShouldBe(3);
        (await tenant.AuditAsync("members.remove")).Count.ShouldBe(1);
        // Whoever is provisioned again is the same person.
        (await tenant.MakeUserAsync("hedy@example.org")).ShouldBe(id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_user_lives_as_entra_says(bool onPostgres)
    {
        await using var tenant = await ScimTenant.StartAsync(onPostgres ? postgres : null);
        (await FindAsync(tenant, "externalId eq \"8f2c\"")).ShouldBeEmpty();
        var id = await tenant.MakeUserAsync(
            "grace@example.org",
            ""","externalId":"8f2c","displayName":"Grace Hopper","title":"Admiral","emails":[{"primary":true,"type":"work","value":"g@example.org"}],"meta":{"resourceType":"User"},"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Navy"}""");
        foreach (var filter in (string[])
            ["externalId eq \"8f2c\"", "emails[type eq \"work\"].value eq \"grace@example.org\"", "userName eq \"grace@example.org\" and active eq true", $"id eq \"{id}\""])
        {
            (await FindAsync(tenant, filter)).ShouldHaveSingleItem(filter).GetProperty("id").GetString().ShouldBe(id);
        }

        (await FindAsync(tenant, "externalId eq \"8F2C\"")).ShouldBeEmpty();
        await tenant.DoAsync(HttpMethod.Patch, $"/Users/{id}", ScimTenant.Patch(
            """{"op":"Replace","path":"displayName","value":"Rear Admiral"}""",
            """{"op":"Add","path":"name.familyName","value":"Hopper"}""",
            """{"op":"Replace","path":"userName","value":"Hopper@example.org"}""",
            """{"op":"Replace","path":"externalId","value":"9a"}""",
            """{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Fleet"}"""));
        var changed = (await FindAsync(tenant, "externalId eq \"9a\"")).ShouldHaveSingleItem();
        changed.GetProperty("userName").GetString().ShouldBe("Hopper@example.org");
        changed.GetProperty("displayName").GetString().ShouldBe("Rear Admiral");
        changed.GetProperty("name").GetProperty("familyName").GetString().ShouldBe("Hopper");
        (await FindAsync(tenant, "userName eq \"grace@example.org\"")).ShouldBeEmpty();

        (await tenant.DoAsync(HttpMethod.Patch, $"/Users/{id}", ScimTenant.Patch("""{"op":"Replace","path":"active","value":"False"}""")))
            .GetProperty("active").GetBoolean().ShouldBeFalse();
        (await tenant.StandingAsync(id)).ShouldBe("viewer disabled");
        // What changes nothing is no change.
        var count = (await tenant.AuditAsync("members.update")).Count;
        await tenant.DoAsync(HttpMethod.Patch, $"/Users/{id}", ScimTenant.Patch("""{"op":"Replace","path":"active","value":"False"}"""));
        (await tenant.AuditAsync("members.update")).Count.ShouldBe(count);
        await tenant.DoAsync(HttpMethod.Patch, $"/Users/{id}", ScimTenant.Patch("""{"op":"Replace","path":"active","value":"True"}"""));
        (await tenant.StandingAsync(id)).ShouldBe("viewer active");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_is_suspended_is_out_with_their_next_request_and_comes_back_by_signing_in(bool onPostgres)
    {
        await using var tenant = await ScimTenant.StartAsync(onPostgres ? postgres : null);
        var server = tenant.Server;
        var (grace, id) = await server.JoinAsync(tenant.Owner.AccessToken, "grace@example.org", "developer");
        var key = (await server.DoAsync(
            HttpMethod.Post, "/api/v1/api-keys", grace.AccessToken, new { name = "ci", scopes = new[] { "agents:read" } }))
            .GetProperty("key").GetString()!;
        (await server.MeFaultAsync(grace.AccessToken)).ShouldBeNull();

        await tenant.DoAsync(HttpMethod.Patch, $"/Users/{id}", ScimTenant.Patch(SuspendAsOkta));
        (await server.MeFaultAsync(grace.AccessToken)).ShouldBe("identity.session_ended");
        (await server.MeFaultAsync(key)).ShouldBe("identity.bad_api_key");
        using (var refresh = await server.RefreshAsync(grace.Refresh))
            (await IdentityServer.CodeOfAsync(refresh)).ShouldBe("identity.session_ended");
        using (var signIn = await server.SignInAsync("grace@example.org"))
            signIn.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        await tenant.DoAsync(HttpMethod.Patch, $"/Users/{id}", ScimTenant.Patch(ResumeAsOkta));
        // The old session is over for good; her role is the one that she had.
        (await server.MeFaultAsync(grace.AccessToken)).ShouldBe("identity.session_ended");
        using (var again = await server.SignInAsync("grace@example.org"))
            (await server.MeFaultAsync((await IdentityServer.TokensOfAsync(again)).AccessToken)).ShouldBeNull();
        (await tenant.StandingAsync(id)).ShouldBe("developer active");
        (await server.MeFaultAsync(key)).ShouldBeNull();

        using var last = await server.SignInAsync("grace@example.org");
        var tokens = await IdentityServer.TokensOfAsync(last);
        await tenant.DoAsync(HttpMethod.Delete, $"/Users/{id}");
        (await server.MeFaultAsync(tokens.AccessToken)).ShouldBe("identity.session_ended");
    }

    [Fact]
    public async Task The_last_owner_stays_in_and_no_owner_is_given_another_address()
    {
        await using var tenant = await ScimTenant.StartAsync();
        var ada = (await FindAsync(tenant, $"userName eq \"{IdentityServer.Email}\"")).ShouldHaveSingleItem().GetProperty("id").GetString()!;
        (await tenant.RefusedAsync(HttpMethod.Delete, $"/Users/{ada}")).ShouldBe((HttpStatusCode.Conflict, "identity.last_owner", null));
        (await tenant.RefusedAsync(HttpMethod.Patch, $"/Users/{ada}", ScimTenant.Patch(SuspendAsOkta))).Code.ShouldBe("identity.last_owner");
        (await tenant.RefusedAsync(
            HttpMethod.Patch, $"/Users/{ada}", ScimTenant.Patch("""{"op":"replace","path":"userName","value":"mallory@example.org"}""")))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.owners_only", "mutability"));
        (await tenant.Server.MeFaultAsync(tenant.Owner.AccessToken)).ShouldBeNull();
        (await tenant.StandingAsync(ada)).ShouldBe("owner active");

        // With another owner there, she can be.
        var grace = await tenant.MakeUserAsync("grace@example.org");
        await tenant.Server.DoAsync(HttpMethod.Patch, $"/api/v1/members/{grace}", tenant.Owner.AccessToken, new { role = "owner" });
        await tenant.DoAsync(HttpMethod.Patch, $"/Users/{ada}", ScimTenant.Patch(SuspendAsOkta));
        (await tenant.Server.MeFaultAsync(tenant.Owner.AccessToken)).ShouldBe("identity.session_ended");
    }

    [Fact]
    public async Task Only_addresses_of_verified_domains_are_provisioned_and_of_a_shared_account_only_the_membership_is_touched()
    {
        await using var tenant = await ScimTenant.StartAsync();
        var codexos = tenant.Server.Server;
        using var bob = await codexos.AddTenantAsync(tenant.OwnerClient, "bob", Cancellation);
        (await tenant.RefusedAsync(HttpMethod.Post, "/Users", Okta("eve@elsewhere.example", "Eve", "E")))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.scim_foreign_domain", null));

        // Bob owns another tenant; the domain of his address is verified here.
        var id = await tenant.MakeUserAsync("bob@example.org", ""","displayName":"Robert" """);
        var me = await bob.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", Cancellation);
        me.GetProperty("user").GetProperty("id").GetString().ShouldBe(id);
        me.GetProperty("user").GetProperty("displayName").GetString().ShouldBe("bob");
        (await tenant.StandingAsync(id)).ShouldBe("viewer active");
        (await tenant.RefusedAsync(HttpMethod.Put, $"/Users/{id}", Okta("robert@example.org", "Robert", "B")))
            .ShouldBe((HttpStatusCode.Conflict, "identity.scim_shared_account", "mutability"));
        await tenant.DoAsync(HttpMethod.Patch, $"/Users/{id}", ScimTenant.Patch(SuspendAsOkta));
        (await bob.GetAsync("/api/v1/auth/me", Cancellation)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await tenant.DoAsync(HttpMethod.Delete, $"/Users/{id}");
        (await bob.GetAsync("/api/v1/auth/me", Cancellation)).StatusCode.ShouldBe(HttpStatusCode.OK);

        // Somebody who was invited with an address of their own keeps it, and nobody gets another's.
        var (_, iris) = await tenant.Server.JoinAsync(tenant.Owner.AccessToken, "iris@private.example", "viewer");
        (await tenant.RefusedAsync(HttpMethod.Put, $"/Users/{iris}", Okta("iris@example.org", "Iris", "I")))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.scim_foreign_domain", null));
        var hedy = await tenant.MakeUserAsync("hedy@example.org");
        (await tenant.RefusedAsync(HttpMethod.Put, $"/Users/{hedy}", Okta("bob@example.org", "Hedy", "H")))
            .ShouldBe((HttpStatusCode.Conflict, "identity.scim_address_taken", "uniqueness"));
        (await tenant.RefusedAsync(HttpMethod.Put, $"/Users/{hedy}", Okta("hedy@elsewhere.example", "Hedy", "H"))).Code
            .ShouldBe("identity.scim_foreign_domain");
    }

    [Fact]
    public async Task Lists_have_pages_and_entries_what_was_asked_for()
    {
        await using var tenant = await ScimTenant.StartAsync(null, "viewer", "Scim:PageSizeMax=3");
        foreach (var i in Enumerable.Range(0, 4)) await tenant.MakeUserAsync($"user{i}@example.org");
        var seen = new List<string>();
        foreach (var start in (int[])[1, 4])
        {
            var page = await tenant.DoAsync(HttpMethod.Get, $"/Users?startIndex={start}&count=100&attributes=userName");
            page.GetProperty("totalResults").GetInt32().ShouldBe(5);
            page.GetProperty("startIndex").GetInt32().ShouldBe(start);
            page.GetProperty("itemsPerPage").GetInt32().ShouldBe(page.GetProperty("Resources").GetArrayLength());
            page.GetProperty("itemsPerPage").GetInt32().ShouldBeLessThanOrEqualTo(3);
            foreach (var one in page.GetProperty("Resources").EnumerateArray())
            {
                one.EnumerateObject().Select(static member => member.Name).ShouldBe(["schemas", "id", "userName"], ignoreOrder: true);
                seen.Add(one.GetProperty("userName").GetString()!);
            }
        }

        seen.Distinct().Count().ShouldBe(5);
        (await tenant.DoAsync(HttpMethod.Get, "/Users?count=0")).GetProperty("Resources").GetArrayLength().ShouldBe(0);
        (await tenant.DoAsync(HttpMethod.Get, "/Users?startIndex=-5&count=-1")).GetProperty("startIndex").GetInt32().ShouldBe(1);
        (await tenant.DoAsync(HttpMethod.Get, "/Users?count=1&excludedAttributes=emails,name.givenName")).GetProperty("Resources")[0]
            .EnumerateObject().Select(static member => member.Name).ShouldBe(
                ["schemas", "id", "userName", "name", "displayName", "active", "groups", "meta"], ignoreOrder: true);
        (await tenant.RefusedAsync(HttpMethod.Get, "/Users?startIndex=first")).ShouldBe((HttpStatusCode.BadRequest, "platform.bad_request", null));
        (await tenant.RefusedAsync(HttpMethod.Get, "/Users?filter=userName%20co%20%22a%22"))
            .ShouldBe((HttpStatusCode.BadRequest, "identity.scim_bad_filter", "invalidFilter"));
    }

    [Fact]
    public async Task What_a_provider_says_of_a_person_is_sealed_and_gone_with_them()
    {
        await using var tenant = await ScimTenant.StartAsync();
        var id = await tenant.MakeUserAsync("hedy@example.org", ""","externalId":"ext-4711","name":{"givenName":"Hedwig","familyName":"Kiesler"}""");
        await tenant.MakeGroupAsync("Actors", id);
        await tenant.Server.ChangeAsync(async db =>
        {
            var row = await db.ScimUsers.IgnoreQueryFilters().AsNoTracking().SingleAsync(Cancellation);
            Convert.ToHexString(row.Profile!.ToArray()).ShouldNotContain(Convert.ToHexString("4711"u8));
            row.ExternalIdIndex!.Length.ShouldBe(32);
            Convert.ToHexString(row.Profile!.ToArray()).ShouldNotContain(Convert.ToHexString("Hedwig"u8));
        });
        await tenant.DoAsync(HttpMethod.Delete, $"/Users/{id}");
        await tenant.Server.ChangeAsync(async db =>
        {
            (await db.ScimUsers.IgnoreQueryFilters().CountAsync(Cancellation)).ShouldBe(0);
            (await db.ScimGroupMembers.IgnoreQueryFilters().CountAsync(Cancellation)).ShouldBe(0);
            (await db.ScimGroups.IgnoreQueryFilters().CountAsync(Cancellation)).ShouldBe(1);
        });
    }

    [Fact]
    public async Task A_tenant_has_no_more_members_than_its_quota()
    {
        await using var tenant = await ScimTenant.StartAsync(null, "viewer", "Identity:MembersPerTenantMax=2");
        await tenant.MakeUserAsync("hedy@example.org");
        (await tenant.RefusedAsync(HttpMethod.Post, "/Users", Okta("grace@example.org", "Grace", "Hopper"))).Status
            .ShouldBe(HttpStatusCode.UnprocessableEntity);
    }

    private static string Okta(string email, string given, string family) =>
        $$"""{"schemas":["{{ScimTenant.UserSchema}}"],"userName":"{{email}}","name":{"givenName":"{{given}}","familyName":"{{family}}"},"emails":[{"primary":true,"value":"{{email}}","type":"work"}],"displayName":"{{given}} {{family}}","locale":"en-US","externalId":"00u-{{email}}","groups":[],"password":"1mz050nq","active":true}""";

    private static async Task<List<JsonElement>> FindAsync(ScimTenant tenant, string filter) =>
        [.. (await tenant.DoAsync(HttpMethod.Get, $"/Users?filter={Uri.EscapeDataString(filter)}&startIndex=1&count=100"))
            .GetProperty("Resources").EnumerateArray()];
}
