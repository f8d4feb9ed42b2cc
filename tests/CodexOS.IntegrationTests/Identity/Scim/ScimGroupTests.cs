using System.Net;
using System.Text.Json;
using CodexOS.IntegrationTests.Identity.SingleSignOn;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.Scim;

/// <summary>Groups as identity providers keep them, and the roles that they give.</summary>
public sealed class ScimGroupTests(PostgresCluster postgres)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_group_that_is_listed_gives_its_role_for_as_long_as_somebody_is_in_it(bool onPostgres)
    {
        await using var tenant = await ScimTenant.StartAsync(onPostgres ? postgres : null);
        var (hedy, grace) = (await tenant.MakeUserAsync("hedy@example.org"), await tenant.MakeUserAsync("grace@example.org"));

        // As Okta pushes a group: with its people, then one by one.
        var makers = await tenant.MakeGroupAsync("Makers", hedy);
        (await tenant.StandingAsync(hedy)).ShouldBe("developer active");
        await tenant.DoAsync(HttpMethod.Patch, $"/Groups/{makers}", ScimTenant.Patch(
            $$"""{"op":"add","path":"members","value":[{"value":"{{grace}}","display":"grace@example.org"}]}"""));
        (await tenant.StandingAsync(grace)).ShouldBe("developer active");
        var user = await tenant.DoAsync(HttpMethod.Get, $"/Users/{grace}");
        user.GetProperty("groups")[0].GetProperty("value").GetString().ShouldBe(makers);
        user.GetProperty("groups")[0].GetProperty("display").GetString().ShouldBe("Makers");

        // As Entra does: the group first, known by its id there, then its people.
        var admins = (await tenant.DoAsync(
            HttpMethod.Post, "/Groups", $$"""{"schemas":["{{ScimTenant.GroupSchema}}"],"displayName":"Admins of everything","externalId":"g-admins"}"""))
            .GetProperty("id").GetString()!;
        await tenant.DoAsync(HttpMethod.Patch, $"/Groups/{admins}", ScimTenant.Patch(
            $$"""{"op":"Add","path":"members","value":[{"$ref":null,"value":"{{grace}}"}]}"""));
        // Of several, the first that is listed counts.
        (await tenant.StandingAsync(grace)).ShouldBe("developer active");
        await tenant.DoAsync(HttpMethod.Patch, $"/Groups/{makers}", ScimTenant.Patch(
            $$"""{"op":"Remove","path":"members","value":[{"value":"{{grace}}"}]}"""));
        (await tenant.StandingAsync(grace)).ShouldBe("admin active");
        await tenant.DoAsync(HttpMethod.Patch, $"/Groups/{admins}", ScimTenant.Patch(
            $$"""{"op":"remove","path":"members[value eq \"{{grace}}\"]"}"""));
        (await tenant.StandingAsync(grace)).ShouldBe("viewer active");

        // A name that is taken from a group takes its role, and so does the end of the group.
        await tenant.DoAsync(HttpMethod.Patch, $"/Groups/{makers}", ScimTenant.Patch(
            $$$"""{"op":"replace","value":{"id":"{{{makers}}}","displayName":"Makers of old"}}"""));
        (await tenant.StandingAsync(hedy)).ShouldBe("viewer active");
        await tenant.DoAsync(HttpMethod.Put, $"/Groups/{makers}", ScimTenant.GroupOf("Makers", hedy, grace));
        (await tenant.StandingAsync(hedy)).ShouldBe("developer active");
        await tenant.DoAsync(HttpMethod.Delete, $"/Groups/{makers}");
        (await tenant.StandingAsync(hedy)).ShouldBe("viewer active");
        (await tenant.RefusedAsync(HttpMethod.Get, $"/Groups/{makers}")).Code.ShouldBe("identity.scim_group_not_found");

        (await tenant.AuditAsync("scim_groups.create")).Count.ShouldBe(2);
        (await tenant.AuditAsync("scim_groups.delete")).Count.ShouldBe(1);
        (await tenant.AuditAsync("scim_groups.add_members")).ShouldContain(
            entry => entry.GetProperty("details").GetProperty("members").GetString() == grace);
        (await tenant.AuditAsync("members.update")).ShouldContain(
            entry => entry.GetProperty("resource").GetProperty("id").GetString() == hedy
                && entry.GetProperty("details").GetProperty("role").GetString() == "developer");
    }

    [Fact]
    public async Task A_group_that_is_not_listed_is_kept_and_grants_nothing()
    {
        await using var tenant = await ScimTenant.StartAsync();
        var (_, iris) = await tenant.Server.JoinAsync(tenant.Owner.AccessToken, "iris@example.org", "operator");
        var everybody = await tenant.MakeGroupAsync("Everybody", iris);
        // She keeps the role that she was invited with.
        (await tenant.StandingAsync(iris)).ShouldBe("operator active");
        await tenant.MakeGroupAsync("owner", iris);
        (await tenant.StandingAsync(iris)).ShouldBe("operator active");
        var group = await tenant.DoAsync(HttpMethod.Get, $"/Groups/{everybody}");
        group.GetProperty("members")[0].GetProperty("value").GetString().ShouldBe(iris);
        group.GetProperty("members")[0].GetProperty("display").GetString().ShouldBe("iris");
        (await tenant.DoAsync(HttpMethod.Get, $"/Groups/{everybody}?excludedAttributes=members")).TryGetProperty("members", out _).ShouldBeFalse();
        (await FindAsync(tenant, "displayName eq \"Everybody\"")).ShouldHaveSingleItem();
        (await FindAsync(tenant, $"members eq \"{iris}\"")).Count.ShouldBe(2);
        (await FindAsync(tenant, $"id eq \"{everybody}\" and members.value eq \"{iris}\"")).ShouldHaveSingleItem();
        (await FindAsync(tenant, "externalId eq \"none\"")).ShouldBeEmpty();

        // An address outside of the tenant's domains has no connection that gives roles.
        var (_, guest) = await tenant.Server.JoinAsync(tenant.Owner.AccessToken, "guest@private.example", "viewer");
        await tenant.MakeGroupAsync("Makers", guest);
        (await tenant.StandingAsync(guest)).ShouldBe("viewer active");
    }

    [Fact]
    public async Task Without_a_default_role_nobody_is_in_before_a_group_lets_them()
    {
        await using var tenant = await ScimTenant.StartAsync(null, "");
        var hedy = await tenant.MakeUserAsync("hedy@example.org");
        // For the provider she is active, or else it would try again and again; here she may do nothing.
        (await tenant.DoAsync(HttpMethod.Get, $"/Users/{hedy}")).GetProperty("active").GetBoolean().ShouldBeTrue();
        (await tenant.StandingAsync(hedy)).ShouldBe("viewer disabled");
        await tenant.DoAsync(HttpMethod.Patch, $"/Users/{hedy}", ScimTenant.Patch("""{"op":"replace","path":"active","value":true}"""));
        (await tenant.StandingAsync(hedy)).ShouldBe("viewer disabled");
        var makers = await tenant.MakeGroupAsync("Makers", hedy);
        (await tenant.StandingAsync(hedy)).ShouldBe("developer active");
        await tenant.DoAsync(HttpMethod.Patch, $"/Groups/{makers}", ScimTenant.Patch("""{"op":"remove","path":"members"}"""));
        (await tenant.StandingAsync(hedy)).ShouldBe("developer disabled");
        (await tenant.DoAsync(HttpMethod.Get, $"/Users/{hedy}")).GetProperty("active").GetBoolean().ShouldBeTrue();

        // Suspended meanwhile, she stays out when a group would let her in.
        await tenant.DoAsync(HttpMethod.Patch, $"/Users/{hedy}", ScimTenant.Patch("""{"op":"replace","path":"active","value":false}"""));
        await tenant.DoAsync(HttpMethod.Put, $"/Groups/{makers}", ScimTenant.GroupOf("Makers", hedy));
        (await tenant.StandingAsync(hedy)).ShouldBe("developer disabled");
        await tenant.DoAsync(HttpMethod.Patch, $"/Users/{hedy}", ScimTenant.Patch("""{"op":"replace","path":"active","value":true}"""));
        (await tenant.StandingAsync(hedy)).ShouldBe("developer active");

        // An administrator's decision is not undone.
        await tenant.DoAsync(HttpMethod.Delete, $"/Groups/{makers}");
        await tenant.Server.DoAsync(
            HttpMethod.Patch, $"/api/v1/members/{hedy}", tenant.Owner.AccessToken, new { state = "active", role = "auditor" });
        await tenant.MakeGroupAsync("Others", hedy);
        (await tenant.StandingAsync(hedy)).ShouldBe("auditor active");
    }

    [Fact]
    public async Task Roles_follow_when_the_list_of_groups_is_changed()
    {
        await using var tenant = await ScimTenant.StartAsync();
        var (hedy, grace) = (await tenant.MakeUserAsync("hedy@example.org"), await tenant.MakeUserAsync("grace@example.org"));
        await tenant.MakeGroupAsync("Makers", hedy);
        await tenant.MakeGroupAsync("Watchers", grace);
        await ListAsync(tenant, "viewer", ("Watchers", "auditor"));
        (await tenant.StandingAsync(hedy)).ShouldBe("viewer active");
        (await tenant.StandingAsync(grace)).ShouldBe("auditor active");
        await ListAsync(tenant, "", ("Makers", "operator"));
        (await tenant.StandingAsync(hedy)).ShouldBe("operator active");
        (await tenant.StandingAsync(grace)).ShouldBe("auditor disabled");
        await ListAsync(tenant, "viewer", ("Makers", "operator"));
        (await tenant.StandingAsync(grace)).ShouldBe("viewer active");
    }

    [Fact]
    public async Task Groups_give_the_role_of_owners_only_where_an_owner_said_so_and_never_take_the_last_one()
    {
        await using var tenant = await ScimTenant.StartAsync();
        var hedy = await tenant.MakeUserAsync("hedy@example.org");
        await ListAsync(tenant, "viewer", ("Board", "owner"), ("Makers", "developer"));
        var board = await tenant.MakeGroupAsync("Board", hedy);
        (await tenant.StandingAsync(hedy)).ShouldBe("owner active");
        var ada = (await tenant.Server.JsonAsync("/api/v1/auth/me", tenant.Owner.AccessToken)).GetProperty("user").GetProperty("id").GetString()!;
        // Ada's group makes her less than an owner, while Hedy is one; then Hedy is the last.
        await tenant.MakeGroupAsync("Makers", ada);
        await tenant.DoAsync(HttpMethod.Put, $"/Groups/{board}", ScimTenant.GroupOf("Board"));
        await tenant.Server.ChangeAsync(async db =>
        {
            var members = await db.Memberships.IgnoreQueryFilters().ToListAsync(TestContext.Current.CancellationToken);
            members.Select(static member => $"{member.UserId} {member.Role} {member.State}")
                .ShouldBe([$"{ada} Developer Active", $"{hedy} Owner Active"], ignoreOrder: true);
        });
    }

    [Fact]
    public async Task Groups_have_limits_and_hold_members_of_the_tenant_only()
    {
        await using var tenant = await ScimTenant.StartAsync(
            null, "viewer", "Scim:GroupsPerTenantMax=2", "Scim:MembersPerGroupMax=1", "Scim:PatchOperationsMax=2");
        var (hedy, grace) = (await tenant.MakeUserAsync("hedy@example.org"), await tenant.MakeUserAsync("grace@example.org"));
        var one = await tenant.MakeGroupAsync("One", hedy);
        (await tenant.RefusedAsync(HttpMethod.Post, "/Groups", ScimTenant.GroupOf("One")))
            .ShouldBe((HttpStatusCode.Conflict, "identity.scim_group_exists", "uniqueness"));
        (await tenant.RefusedAsync(HttpMethod.Post, "/Groups", ScimTenant.GroupOf("Two", hedy, grace)))
            .ShouldBe((HttpStatusCode.UnprocessableEntity, "identity.scim_too_many_members", null));
        await tenant.MakeGroupAsync("Two", grace);
        (await tenant.RefusedAsync(HttpMethod.Post, "/Groups", ScimTenant.GroupOf("Three"))).Code.ShouldBe("identity.scim_too_many_groups");
        (await tenant.RefusedAsync(HttpMethod.Put, $"/Groups/{one}", ScimTenant.GroupOf("Two", hedy))).Code.ShouldBe("identity.scim_group_exists");
        (await tenant.RefusedAsync(HttpMethod.Put, $"/Groups/{one}", ScimTenant.GroupOf("One", $"usr_{new string('0', 32)}")))
            .ShouldBe((HttpStatusCode.BadRequest, "identity.scim_unknown_member", "invalidValue"));
        var operation = """{"op":"replace","path":"displayName","value":"x"}""";
        (await tenant.RefusedAsync(HttpMethod.Patch, $"/Groups/{one}", ScimTenant.Patch(operation, operation, operation))).Status
            .ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        // What was refused changed nothing; of two groups with people, a page has as many as fit.
        var list = await tenant.DoAsync(HttpMethod.Get, "/Groups");
        (list.GetProperty("totalResults").GetInt32(), list.GetProperty("itemsPerPage").GetInt32()).ShouldBe((2, 1));
        list.GetProperty("Resources")[0].GetProperty("displayName").GetString().ShouldBeOneOf("One", "Two");
        (await tenant.DoAsync(HttpMethod.Get, "/Groups?excludedAttributes=members")).GetProperty("itemsPerPage").GetInt32().ShouldBe(2);
    }

    /// <summary>Says which roles groups give, as an owner.</summary>
    private static Task<JsonElement> ListAsync(
        ScimTenant tenant, string defaultRole, params (string Group, string Role)[] list) =>
        SsoSetup.DoAsync(
            tenant.OwnerClient, HttpMethod.Patch, $"/api/v1/sso/connections/{tenant.Connection.GetProperty("id").GetString()}",
            new { defaultRole, groupRoles = list.Select(static entry => new { group = entry.Group, role = entry.Role }) });

    private static async Task<List<JsonElement>> FindAsync(ScimTenant tenant, string filter) =>
        [.. (await tenant.DoAsync(HttpMethod.Get, $"/Groups?filter={Uri.EscapeDataString(filter)}")).GetProperty("Resources").EnumerateArray()];
}
