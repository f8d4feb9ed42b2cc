using System.Net;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Permissions;
using CodexOS.Platform.Http;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

public sealed class RolesAndGrantsTests(PostgresCluster postgres)
{
    private const string Roles = "/api/v1/roles";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_role_of_the_tenant_s_own_is_made_given_changed_and_deleted_and_counts_on_the_next_request(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var made = await server.DoAsync(HttpMethod.Post, Roles, owner.AccessToken, new
        {
            name = "watcher",
            description = "Watches.",
            permissions = new[] { "runs:read", "agents:read" },
        });
        made.GetProperty("permissions").EnumerateArray().Select(each => each.GetString()).ShouldBe(["agents:read", "runs:read"]);
        var (grace, graceId) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "watcher");
        var me = await server.JsonAsync("/api/v1/auth/me", grace.AccessToken);
        me.GetProperty("role").GetString().ShouldBe("watcher");
        (await server.GetAsync("/api/v1/agents", grace.AccessToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/system", grace.AccessToken)).Code.ShouldBe("identity.not_allowed");

        await server.DoAsync(
            HttpMethod.Patch, $"{Roles}/watcher", owner.AccessToken, new { permissions = new[] { "system:read" }, revision = 1 });
        (await server.GetAsync("/api/v1/system", grace.AccessToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", grace.AccessToken)).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await server.RefusedAsync(
            HttpMethod.Patch, $"{Roles}/watcher", owner.AccessToken, new { description = "x", revision = 1 }))
            .ShouldBe((HttpStatusCode.Conflict, "identity.role_changed"));

        (await server.RefusedAsync(HttpMethod.Delete, $"{Roles}/watcher", owner.AccessToken))
            .ShouldBe((HttpStatusCode.Conflict, "identity.role_in_use"));
        await server.DoAsync(HttpMethod.Patch, $"/api/v1/members/{graceId}", owner.AccessToken, new { role = "viewer" });
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/system", grace.AccessToken)).Status.ShouldBe(HttpStatusCode.Forbidden);
        await server.DoAsync(HttpMethod.Delete, $"{Roles}/watcher", owner.AccessToken);
        (await server.RefusedAsync(HttpMethod.Get, $"{Roles}/watcher", owner.AccessToken))
            .ShouldBe((HttpStatusCode.NotFound, "identity.role_not_found"));

        var actions = await AuditedAsync(server, owner, "roles.*");
        actions.ShouldBe(["roles.create", "roles.delete", "roles.update"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("owner", "agents:read", "identity.role_built_in")]
    [InlineData("helper", "agents:fly", "identity.unknown_permission")]
    [InlineData("Helper", "agents:read", "platform.invalid_fields")]
    [InlineData("x", "agents:read", "platform.invalid_fields")]
    public async Task A_role_that_makes_no_sense_is_refused(string name, string permission, string code)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        (await server.RefusedAsync(
            HttpMethod.Post, Roles, owner.AccessToken, new { name, permissions = new[] { permission } })).Code.ShouldBe(code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nobody_reaches_beyond_what_they_hold_by_any_way(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        string[] some =
        [
            "roles:write", "members:write", "members:read", "access:write", "service_accounts:write", "api_keys:write", "runs:read",
        ];
        await server.DoAsync(HttpMethod.Post, Roles, owner.AccessToken, new { name = "deputy", permissions = some });
        var (deputy, deputyId) = await server.JoinAsync(owner.AccessToken, "deputy@example.org", "deputy");
        var ownerId = (await server.JsonAsync("/api/v1/auth/me", owner.AccessToken)).GetProperty("user").GetProperty("id").GetString();

        (HttpMethod Method, string Path, object Body)[] tries =
        [
            (HttpMethod.Post, Roles, new { name = "more", permissions = new[] { "policy:write" } }),
            (HttpMethod.Patch, $"{Roles}/deputy", new { permissions = (string[])[.. some, "policy:write"] }),
            (HttpMethod.Patch, $"/api/v1/members/{deputyId}", new { role = "admin" }),
            (HttpMethod.Patch, $"/api/v1/members/{deputyId}", new { role = "owner" }),
            (HttpMethod.Patch, $"/api/v1/members/{ownerId}", new { role = "deputy" }),
            (HttpMethod.Patch, $"/api/v1/members/{ownerId}", new { state = "disabled" }),
            (HttpMethod.Delete, $"/api/v1/members/{ownerId}", new { }),
            (HttpMethod.Delete, $"/api/v1/members/{ownerId}/sessions", new { }),
            (HttpMethod.Post, "/api/v1/invitations", new { email = "friend@example.org", role = "admin" }),
            (HttpMethod.Post, "/api/v1/service-accounts", new { name = "robot", role = "developer" }),
            (HttpMethod.Post, "/api/v1/api-keys", new { name = "mine", scopes = new[] { "policy:write" } }),
            (HttpMethod.Post, "/api/v1/grants", new { subject = deputyId, resource = "agent:any", permission = "runs:start" }),
        ];
        foreach (var (method, path, body) in tries)
        {
            var (status, code) = await server.RefusedAsync(method, path, deputy.AccessToken, body);
            status.ShouldBe(HttpStatusCode.Forbidden, $"{method} {path}");
            code.ShouldBeOneOf("identity.beyond_own", "identity.owners_only");
        }

        // What they do hold they can give.
        await server.DoAsync(
            HttpMethod.Post, Roles, deputy.AccessToken, new { name = "reader", permissions = new[] { "runs:read" } });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_grant_opens_one_thing_and_nothing_else_until_it_is_taken_back(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var (viewer, viewerId) = await server.JoinAsync(owner.AccessToken, "viewer@example.org", "viewer");
        // An empty task is refused as such only after the permission was found.
        var run = new { input = "" };
        (await server.RefusedAsync(HttpMethod.Post, "/api/v1/agents/reviewer/runs", viewer.AccessToken, run))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.not_allowed"));

        var given = new { subject = viewerId, resource = "agent:reviewer", permission = "runs:start" };
        var grant = await server.DoAsync(HttpMethod.Post, "/api/v1/grants", owner.AccessToken, given);
        (await server.DoAsync(HttpMethod.Post, "/api/v1/grants", owner.AccessToken, given)).GetProperty("id").GetString()
            .ShouldBe(grant.GetProperty("id").GetString());

        (await server.RefusedAsync(HttpMethod.Post, "/api/v1/agents/reviewer/runs", viewer.AccessToken, run)).Status
            .ShouldBe(HttpStatusCode.BadRequest);
        (await server.RefusedAsync(HttpMethod.Post, "/api/v1/agents/other/runs", viewer.AccessToken, run)).Status
            .ShouldBe(HttpStatusCode.Forbidden);
        (await server.RefusedAsync(HttpMethod.Post, $"/api/v1/runs/run_{new string('0', 32)}/fork", viewer.AccessToken, new { seq = 0 }))
            .Status.ShouldBe(HttpStatusCode.Forbidden);

        var holders = await server.JsonAsync("/api/v1/access?permission=runs:start&resource=agent:reviewer", owner.AccessToken);
        var holder = holders.GetProperty("items").EnumerateArray().Single(each => each.GetProperty("subject").GetString() == viewerId);
        holder.GetProperty("byRole").GetBoolean().ShouldBeFalse();
        holder.GetProperty("byGrants")[0].GetProperty("resource").GetString().ShouldBe("agent:reviewer");
        holders.GetProperty("items").GetArrayLength().ShouldBe(2);
        (await server.JsonAsync("/api/v1/access?permission=runs:start&resource=agent:other", owner.AccessToken))
            .GetProperty("items").GetArrayLength().ShouldBe(1);

        await server.DoAsync(HttpMethod.Delete, $"/api/v1/grants/{grant.GetProperty("id").GetString()}", owner.AccessToken);
        (await server.RefusedAsync(HttpMethod.Post, "/api/v1/agents/reviewer/runs", viewer.AccessToken, run)).Status
            .ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("planet:mars", "runs:start", "identity.bad_resource")]
    [InlineData("agent:x", "runs:fly", "identity.unknown_permission")]
    [InlineData("agent:x", "workspaces:read", "identity.not_grantable")]
    [InlineData("agent:x", "members:write", "identity.not_grantable")]
    public async Task A_grant_that_makes_no_sense_is_refused(string resource, string permission, string code)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var me = await server.JsonAsync("/api/v1/auth/me", owner.AccessToken);
        var subject = me.GetProperty("user").GetProperty("id").GetString();
        (await server.RefusedAsync(HttpMethod.Post, "/api/v1/grants", owner.AccessToken, new { subject, resource, permission }))
            .ShouldBe((HttpStatusCode.BadRequest, code));
        (await server.RefusedAsync(HttpMethod.Post, "/api/v1/grants", owner.AccessToken, new
        {
            subject = $"usr_{new string('0', 32)}",
            resource = "agent:x",
            permission = "runs:start",
        })).ShouldBe((HttpStatusCode.NotFound, "identity.subject_not_found"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_access_review_lists_everything_once_and_no_name_is_a_formula(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var (_, memberId) = await server.JoinAsync(owner.AccessToken, "=cmd@example.org", "developer");
        await server.DoAsync(HttpMethod.Post, "/api/v1/service-accounts", owner.AccessToken, new { name = "robot", role = "operator" });
        await server.DoAsync(HttpMethod.Post, "/api/v1/service-accounts/robot/api-keys", owner.AccessToken, new { name = "robot's key" });
        await server.DoAsync(HttpMethod.Post, "/api/v1/grants", owner.AccessToken, new
        {
            subject = memberId,
            resource = "connection:mail",
            permission = "connections:write",
        });

        var review = await server.JsonAsync("/api/v1/access/review", owner.AccessToken);
        var kinds = review.GetProperty("entries").EnumerateArray().Select(each => each.GetProperty("entry").GetString());
        kinds.ShouldBe(["role", "role", "role", "grant", "apiKey"]);

        using var csv = await server.GetAsync("/api/v1/access/review?format=csv", owner.AccessToken);
        csv.Content.Headers.ContentType!.MediaType.ShouldBe("text/csv");
        csv.Content.Headers.ContentDisposition!.FileName.ShouldStartWith("access-review-");
        var text = await csv.Content.ReadAsStringAsync(Cancellation);
        text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(6);
        text.ShouldNotContain(",=cmd");
        text.ShouldContain("connection:mail");

        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/access/review?format=xml", owner.AccessToken)).Status
            .ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Lists_are_paged_without_losing_or_repeating_anything()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        foreach (var name in (string[])["one", "two", "three"])
        {
            // Ids sort by the clock, which stands still by itself.
            server.Clock.Advance(TimeSpan.FromMilliseconds(1));
            await server.DoAsync(HttpMethod.Post, "/api/v1/service-accounts", owner.AccessToken, new { name, role = "operator" });
        }

        (await AllAsync(server, owner, Roles, "name")).Count.ShouldBe(6);
        (await AllAsync(server, owner, "/api/v1/service-accounts", "name")).ShouldBe(["one", "three", "two"]);
        var holders = await AllAsync(server, owner, "/api/v1/access?permission=runs:start", "name");
        holders.ShouldBe(["Ada", "one", "two", "three"]);
    }

    [Fact]
    public async Task What_endpoints_ask_for_is_in_the_table_and_what_can_be_granted_on_one_thing_names_it()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Cancellation);
        var endpoints = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => (
                endpoint.DisplayName, Route: endpoint.RoutePattern,
                Required: endpoint.Metadata.GetMetadata<RequiredPermission>()))
            .Where(each => each.Required?.Permission is not null)
            .ToList();

        endpoints.ShouldAllBe(each => PermissionTable.Has(each.Required!.Permission!));
        foreach (var (name, route, required) in endpoints)
        {
            var kind = PermissionTable.KindOf(required!.Permission!);
            if (required.Resource is { } resource)
            {
                resource.Kind.ShouldBe(kind, name);
                route.Parameters.ShouldContain(part => part.Name == resource.RouteValue, name);
            }
            else if (required.Through is { } through)
            {
                // What the address names belongs to the thing; who knows to which is asked.
                route.Parameters.ShouldContain(part => part.Name == through.RouteValue, name);
                kind.ShouldNotBeNull(name);
            }
            else if (kind is not null)
            {
                // About things as a whole: there is no one thing in the address that a grant could name.
                route.Parameters.Select(part => part.Name).ShouldBeSubsetOf(["runId", "id"], name);
                route.RawText!.ShouldNotContain($"/{kind}s/{{");
            }
        }

        PermissionEntry.All.Where(entry => entry.ResourceKind is not null)
            .ShouldAllBe(entry => endpoints.Any(each => each.Required!.Permission == entry.Permission
                && (each.Required.Resource != null || each.Required.Through != null)));
    }

    private static async Task<List<string>> AllAsync(IdentityServer server, Tokens owner, string path, string property)
    {
        var all = new List<string>();
        string? cursor = null;
        do
        {
            var joined = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=1"
                + (cursor is null ? "" : $"&cursor={cursor}");
            var page = await server.JsonAsync(joined, owner.AccessToken);
            all.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty(property).GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        return all;
    }

    private static async Task<List<string?>> AuditedAsync(IdentityServer server, Tokens owner, string action)
    {
        var page = await server.JsonAsync($"/api/v1/audit?action={action}", owner.AccessToken);
        return [.. page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("action").GetString())];
    }
}
