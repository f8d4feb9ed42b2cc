using System.Net;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

public sealed class ProjectTests(PostgresCluster postgres)
{
    private const string Projects = "/api/v1/projects";
    private const string Bases = "/api/v1/knowledge";
    private const string Agents = "/api/v1/agents";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_belongs_to_a_project_sees_and_uses_its_things_and_no_others(bool onPostgres)
    {
        await using var world = await ProjectWorld.StartAsync(onPostgres ? postgres : null);
        var grace = await world.JoinAsync("grace", "nothing");
        foreach (var name in (string[])["handbook", "payroll"]) await world.MakeBaseAsync(name);
        foreach (var name in (string[])["one", "two"]) await world.ApplyAsync(name);
        await world.MakeProjectAsync("alpha", "knowledge:handbook", "agent:one");
        (await world.RefusedAsync(grace, HttpMethod.Get, Bases)).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await world.RefusedAsync(grace, HttpMethod.Get, $"{Projects}/alpha")).Status.ShouldBe(HttpStatusCode.Forbidden);

        await world.SetMemberAsync("alpha", grace, "operator");
        (await world.NamesAsync(grace, Bases)).ShouldBe(["handbook"]);
        (await world.NamesAsync(grace, Agents)).ShouldBe(["one"]);
        (await world.NamesAsync(grace, Projects)).ShouldBe(["alpha"]);
        (await world.DoAsync(grace, HttpMethod.Get, $"{Bases}/handbook")).GetProperty("name").GetString().ShouldBe("handbook");
        await world.DoAsync(grace, HttpMethod.Patch, $"{Bases}/handbook", new { description = "Hers too." });
        (await world.RefusedAsync(grace, HttpMethod.Get, $"{Bases}/payroll")).Code.ShouldBe("identity.not_allowed");
        (await world.RefusedAsync(grace, HttpMethod.Get, $"{Agents}/two")).Code.ShouldBe("identity.not_allowed");
        (await world.RefusedAsync(grace, HttpMethod.Put, Agents, ProjectWorld.DefinitionOf("one"))).Code
            .ShouldBe("identity.not_allowed");
        (await world.RefusedAsync(grace, HttpMethod.Get, "/api/v1/members")).Code.ShouldBe("identity.not_allowed");

        var me = await world.DoAsync(grace, HttpMethod.Get, "/api/v1/auth/me");
        me.GetProperty("permissions").GetArrayLength().ShouldBe(0);
        var own = me.GetProperty("projects").EnumerateArray().Single();
        own.GetProperty("name").GetString().ShouldBe("alpha");
        own.GetProperty("role").GetString().ShouldBe("operator");
        var held = own.GetProperty("permissions").EnumerateArray().Select(static each => each.GetString()).ToList();
        held.ShouldContain("knowledge:write");
        held.ShouldNotContain("agents:write");
        held.ShouldNotContain("secrets:read");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_change_of_a_project_counts_at_the_next_request(bool onPostgres)
    {
        await using var world = await ProjectWorld.StartAsync(onPostgres ? postgres : null);
        var grace = await world.JoinAsync("grace", "nothing");
        await world.MakeBaseAsync("handbook");
        await world.MakeProjectAsync("alpha", "knowledge:handbook");
        var change = new { description = "Other." };

        await world.SetMemberAsync("alpha", grace, "viewer");
        await world.DoAsync(grace, HttpMethod.Get, $"{Bases}/handbook");
        (await world.RefusedAsync(grace, HttpMethod.Patch, $"{Bases}/handbook", change)).Status.ShouldBe(HttpStatusCode.Forbidden);
        await world.SetMemberAsync("alpha", grace, "operator");
        await world.DoAsync(grace, HttpMethod.Patch, $"{Bases}/handbook", change);

        await world.DoAsync(HttpMethod.Post, "/api/v1/roles", new { name = "editor", permissions = new[] { "knowledge:read" } });
        await world.SetMemberAsync("alpha", grace, "editor");
        (await world.RefusedAsync(grace, HttpMethod.Patch, $"{Bases}/handbook", change)).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await world.RefusedAsync(HttpMethod.Delete, "/api/v1/roles/editor")).Code.ShouldBe("identity.role_in_use");
        await world.DoAsync(
            HttpMethod.Patch, "/api/v1/roles/editor", new { permissions = new[] { "knowledge:read", "knowledge:write" } });
        await world.DoAsync(grace, HttpMethod.Patch, $"{Bases}/handbook", change);

        await world.DoAsync(HttpMethod.Delete, $"{Projects}/alpha/things/knowledge:handbook");
        (await world.RefusedAsync(grace, HttpMethod.Get, $"{Bases}/handbook")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await world.NamesAsync(grace, Bases)).ShouldBeEmpty();
        await world.DoAsync(HttpMethod.Put, $"{Projects}/alpha/things/knowledge:handbook");
        await world.DoAsync(grace, HttpMethod.Get, $"{Bases}/handbook");

        await world.DoAsync(HttpMethod.Delete, $"{Projects}/alpha/members/{grace.Id}");
        (await world.RefusedAsync(grace, HttpMethod.Get, $"{Bases}/handbook")).Status.ShouldBe(HttpStatusCode.Forbidden);
        await world.SetMemberAsync("alpha", grace, "editor");
        await world.DoAsync(grace, HttpMethod.Get, $"{Bases}/handbook");
        await world.DoAsync(HttpMethod.Delete, $"{Projects}/alpha");
        (await world.RefusedAsync(grace, HttpMethod.Get, $"{Bases}/handbook")).Status.ShouldBe(HttpStatusCode.Forbidden);
        await world.DoAsync(HttpMethod.Get, $"{Bases}/handbook");
        (await world.RefusedAsync(HttpMethod.Get, $"{Projects}/alpha")).Code.ShouldBe("identity.project_not_found");

        (await world.AuditedAsync("projects.*")).ShouldBe(
            [
                "projects.create", "projects.put_thing", "projects.set_member", "projects.set_member", "projects.set_member",
                "projects.take_thing", "projects.put_thing", "projects.remove_member", "projects.set_member", "projects.delete",
            ],
            ignoreOrder: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_made_in_a_project_lies_in_it_and_a_name_that_is_taken_lets_nothing_in(bool onPostgres)
    {
        await using var world = await ProjectWorld.StartAsync(onPostgres ? postgres : null);
        var grace = await world.JoinAsync("grace", "nothing");
        await world.MakeBaseAsync("payroll");
        await world.MakeProjectAsync("alpha");
        await world.MakeProjectAsync("beta");
        await world.SetMemberAsync("alpha", grace, "admin");
        await world.SetMemberAsync("beta", grace, "viewer");

        (await world.RefusedAsync(grace, HttpMethod.Post, Bases, new { name = "notes" })).Code.ShouldBe("identity.not_allowed");
        (await world.RefusedAsync(grace, HttpMethod.Post, $"{Bases}?project=beta", new { name = "notes" })).Code
            .ShouldBe("identity.not_allowed");
        (await world.RefusedAsync(grace, HttpMethod.Post, $"{Bases}?project=alpha&project=beta", new { name = "notes" })).Code
            .ShouldBe("identity.not_allowed");
        await world.DoAsync(grace, HttpMethod.Post, $"{Bases}?project=alpha", new { name = "notes" });
        await world.DoAsync(grace, HttpMethod.Get, $"{Bases}/notes");
        (await world.RefusedAsync(grace, HttpMethod.Post, $"{Bases}?project=alpha", new { name = "payroll" })).Status
            .ShouldBe(HttpStatusCode.Conflict);
        (await world.RefusedAsync(grace, HttpMethod.Get, $"{Bases}/payroll")).Status.ShouldBe(HttpStatusCode.Forbidden);

        var workspace = (await world.DoAsync(grace, HttpMethod.Post, "/api/v1/workspaces?project=alpha", new { sample = "calc" }))
            .GetProperty("id").GetString();
        await world.DoAsync(grace, HttpMethod.Get, $"/api/v1/workspaces/{workspace}/files");
        await world.DoAsync(
            grace, HttpMethod.Post, "/api/v1/connections?project=alpha",
            new { name = "pets", openApi = new { document = ProjectWorld.PetsApi } });
        (await world.NamesAsync(grace, "/api/v1/connections")).ShouldBe(["pets"]);
        // A secret is the tenant's, and a project sends it nowhere.
        (await world.RefusedAsync(
            grace, HttpMethod.Post, "/api/v1/connections?project=alpha",
            new { name = "thief", mcpHttp = new { url = "https://thief.example/mcp", secret = "token" } })).Code
            .ShouldBe("identity.not_allowed");
        (await world.RefusedAsync(
            grace, HttpMethod.Patch, "/api/v1/connections/pets",
            new { openApi = new { document = ProjectWorld.PetsApi, secret = "token" } })).Code.ShouldBe("identity.not_allowed");

        object[] places =
        [
            new { git = new { url = "https://git.example/a.git", secret = "token" } }, new { folder = new { path = "/srv" } },
        ];
        foreach (var place in places)
        {
            (await world.RefusedAsync(grace, HttpMethod.Post, $"{Bases}/notes/sources", new { name = "s", place })).Code
                .ShouldBe("identity.not_allowed");
        }

        await world.DoAsync(HttpMethod.Put, $"{Agents}?project=alpha", ProjectWorld.DefinitionOf("helper"));
        await world.DoAsync(HttpMethod.Put, $"{Agents}?project=alpha", ProjectWorld.DefinitionOf("helper"));
        await world.DoAsync(grace, HttpMethod.Get, $"{Agents}/helper");
        await world.ApplyAsync("outsider");
        (await world.RefusedAsync(HttpMethod.Put, $"{Agents}?project=alpha", ProjectWorld.DefinitionOf("outsider", "Do."))).Code
            .ShouldBe("identity.thing_was_there");
        (await world.DoAsync(HttpMethod.Get, $"{Agents}/outsider")).GetProperty("version").GetInt32().ShouldBe(1);
        (await world.RefusedAsync(grace, HttpMethod.Get, $"{Agents}/outsider")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await world.RefusedAsync(HttpMethod.Post, $"{Bases}?project=gamma", new { name = "lost" })).Code
            .ShouldBe("identity.project_not_found");
        (await world.RefusedAsync(HttpMethod.Get, $"{Bases}/lost")).Status.ShouldBe(HttpStatusCode.NotFound);

        (await world.DoAsync(HttpMethod.Get, $"{Projects}/alpha/things")).GetProperty("items").EnumerateArray()
            .Select(static thing => thing.GetProperty("thing").GetString())
            .ShouldBe(["agent:helper", "connection:pets", "knowledge:notes", $"workspace:{workspace}"]);
    }

    [Fact]
    public async Task The_agent_that_a_tenant_begins_with_can_be_put_into_a_project_before_anybody_looked_at_agents()
    {
        await using var world = await ProjectWorld.StartAsync(null);

        await world.MakeProjectAsync("alpha", "agent:repo-engineer");

        var grace = await world.JoinAsync("grace", "nothing");
        await world.SetMemberAsync("alpha", grace, "operator");
        (await world.NamesAsync(grace, Agents)).ShouldBe(["repo-engineer"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_thing_that_is_deleted_leaves_its_project_and_its_grants_and_its_successor_has_neither(bool onPostgres)
    {
        await using var world = await ProjectWorld.StartAsync(onPostgres ? postgres : null);
        var grace = await world.JoinAsync("grace", "nothing");
        var heidi = await world.JoinAsync("heidi", "nothing");
        await world.MakeBaseAsync("handbook");
        await world.DoAsync(
            HttpMethod.Post, "/api/v1/connections", new { name = "pets", openApi = new { document = ProjectWorld.PetsApi } });
        await world.MakeProjectAsync("alpha", "knowledge:handbook", "connection:pets");
        await world.SetMemberAsync("alpha", grace, "viewer");
        await world.DoAsync(
            HttpMethod.Post, "/api/v1/grants", new { subject = heidi.Id, resource = "knowledge:handbook", permission = "knowledge:read" });
        await world.DoAsync(heidi, HttpMethod.Get, $"{Bases}/handbook");

        await world.DoAsync(HttpMethod.Delete, $"{Bases}/handbook?confirm=handbook");
        await world.DoAsync(HttpMethod.Delete, "/api/v1/connections/pets");
        (await world.DoAsync(HttpMethod.Get, $"{Projects}/alpha/things")).GetProperty("items").GetArrayLength().ShouldBe(0);
        (await world.AuditedAsync("access.thing_gone")).Count.ShouldBe(2);
        await world.MakeBaseAsync("handbook");
        foreach (var person in (Person[])[grace, heidi])
        {
            (await world.RefusedAsync(person, HttpMethod.Get, $"{Bases}/handbook")).Status.ShouldBe(HttpStatusCode.Forbidden);
        }
    }

    [Fact]
    public async Task What_a_lost_deletion_left_behind_is_not_taken_for_the_new_thing_of_that_name()
    {
        await using var world = await ProjectWorld.StartAsync(null);
        var grace = await world.JoinAsync("grace", "nothing");
        await world.MakeBaseAsync("handbook");
        await world.MakeProjectAsync("alpha", "knowledge:handbook");
        await world.SetMemberAsync("alpha", grace, "viewer");
        // As if the server had died after the base was deleted, and before it left the project.
        await world.Server.ChangeAsync(static db => db.ProjectThings.IgnoreQueryFilters().ExecuteUpdateAsync(
            static set => set.SetProperty(thing => thing.ResourceName, "manual"), TestContext.Current.CancellationToken));
        await world.MakeBaseAsync("manual");
        (await world.RefusedAsync(grace, HttpMethod.Get, $"{Bases}/manual")).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_projects_side_by_side_share_nothing_and_a_thing_lies_in_one(bool onPostgres)
    {
        await using var world = await ProjectWorld.StartAsync(onPostgres ? postgres : null);
        var grace = await world.JoinAsync("grace", "nothing");
        var heidi = await world.JoinAsync("heidi", "nothing");
        await world.MakeBaseAsync("handbook");
        await world.MakeBaseAsync("payroll");
        await world.MakeProjectAsync("alpha", "knowledge:handbook");
        await world.MakeProjectAsync("beta", "knowledge:payroll");
        await world.SetMemberAsync("alpha", grace, "admin");
        await world.SetMemberAsync("beta", heidi, "admin");
        (await world.NamesAsync(grace, Bases)).ShouldBe(["handbook"]);
        (await world.NamesAsync(heidi, Bases)).ShouldBe(["payroll"]);
        (await world.NamesAsync(heidi, Projects)).ShouldBe(["beta"]);
        (await world.RefusedAsync(HttpMethod.Put, $"{Projects}/beta/things/knowledge:handbook"))
            .ShouldBe((HttpStatusCode.Conflict, "identity.thing_in_project"));
        (await world.RefusedAsync(HttpMethod.Put, $"{Projects}/beta/things/knowledge:nothing")).Code
            .ShouldBe("identity.thing_not_found");
        (await world.RefusedAsync(HttpMethod.Put, $"{Projects}/beta/things/project:alpha")).Code
            .ShouldBe("identity.bad_resource");
        (await world.RefusedAsync(HttpMethod.Delete, $"{Projects}/beta/things/knowledge:handbook")).Code
            .ShouldBe("identity.thing_not_in_project");
        (await world.RefusedAsync(HttpMethod.Post, Projects, new { name = "alpha" })).Code.ShouldBe("identity.project_exists");
        (await world.RefusedAsync(HttpMethod.Post, Projects, new { name = "No" })).Code.ShouldBe("platform.invalid_fields");

        // Somebody in both has in each what their role there says.
        await world.SetMemberAsync("beta", grace, "viewer");
        (await world.NamesAsync(grace, Bases)).ShouldBe(["handbook", "payroll"]);
        await world.DoAsync(grace, HttpMethod.Patch, $"{Bases}/handbook", new { description = "x" });
        (await world.RefusedAsync(grace, HttpMethod.Patch, $"{Bases}/payroll", new { description = "x" })).Status
            .ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_runs_a_project_reaches_nothing_outside_of_it(bool onPostgres)
    {
        await using var world = await ProjectWorld.StartAsync(onPostgres ? postgres : null);
        var mallory = await world.JoinAsync("mallory", "nothing");
        var keeper = await world.JoinAsync("keeper", "nothing");
        var friend = await world.JoinAsync("friend", "nothing");
        await world.MakeBaseAsync("handbook");
        await world.MakeBaseAsync("payroll");
        await world.MakeProjectAsync("alpha", "knowledge:handbook");
        await world.MakeProjectAsync("beta", "knowledge:payroll");
        await world.SetMemberAsync("alpha", mallory, "admin");
        string[] wide = ["knowledge:read", "knowledge:write", "policy:write"];
        await world.DoAsync(HttpMethod.Post, "/api/v1/roles", new { name = "wide", permissions = wide });
        await world.DoAsync(
            HttpMethod.Post, "/api/v1/grants", new { subject = keeper.Id, resource = "project:beta", permission = "projects:write" });
        await world.DoAsync(
            HttpMethod.Post, "/api/v1/grants", new { subject = mallory.Id, resource = "knowledge:payroll", permission = "knowledge:read" });

        (Person Who, HttpMethod Method, string Path, object? Body, string Code)[] tries =
        [
            (mallory, HttpMethod.Put, $"{Projects}/beta/members/{mallory.Id}", new { role = "viewer" }, "identity.not_allowed"),
            (mallory, HttpMethod.Put, $"{Projects}/alpha/members/{mallory.Id}", new { role = "owner" }, "identity.project_owner"),
            (mallory, HttpMethod.Put, $"{Projects}/alpha/things/knowledge:payroll", null, "identity.beyond_own"),
            (mallory, HttpMethod.Put, $"{Projects}/alpha/things/agent:any", null, "identity.beyond_own"),
            (mallory, HttpMethod.Post, Projects, new { name = "mine" }, "identity.not_allowed"),
            (mallory, HttpMethod.Post, "/api/v1/grants", new { subject = mallory.Id, resource = "knowledge:payroll", permission = "knowledge:read" }, "identity.not_allowed"),
            (mallory, HttpMethod.Post, "/api/v1/roles", new { name = "mine", permissions = wide }, "identity.not_allowed"),
            (mallory, HttpMethod.Delete, $"{Projects}/beta", null, "identity.not_allowed"),
            (keeper, HttpMethod.Put, $"{Projects}/beta/members/{keeper.Id}", new { role = "viewer" }, "identity.beyond_own"),
            (keeper, HttpMethod.Put, $"{Projects}/beta/members/{keeper.Id}", new { role = "wide" }, "identity.beyond_own"),
            (keeper, HttpMethod.Put, $"{Projects}/beta/things/knowledge:handbook", null, "identity.beyond_own"),
            (keeper, HttpMethod.Get, $"{Bases}/payroll", null, "identity.not_allowed"),
        ];
        foreach (var (who, method, path, body, code) in tries)
            (await world.RefusedAsync(who, method, path, body)).Code.ShouldBe(code, $"{method} {path}");

        // Of a role's permissions only what can be granted on things counts in a project, for the giver and for who gets it.
        await world.DoAsync(mallory, HttpMethod.Put, $"{Projects}/alpha/members/{friend.Id}", new { role = "wide" });
        (await world.RefusedAsync(friend, HttpMethod.Get, "/api/v1/policy")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await world.NamesAsync(friend, Bases)).ShouldBe(["handbook"]);
        // Who holds less in the project than somebody does not change them.
        await world.SetMemberAsync("beta", friend, "operator");
        (await world.RefusedAsync(keeper, HttpMethod.Delete, $"{Projects}/beta/members/{friend.Id}")).Code
            .ShouldBe("identity.beyond_own");
        // What they were given on a project ends with it: another one of that name is nobody's.
        await world.DoAsync(HttpMethod.Delete, $"{Projects}/beta");
        await world.MakeProjectAsync("beta", "knowledge:payroll");
        (await world.RefusedAsync(keeper, HttpMethod.Patch, $"{Projects}/beta", new { title = "Mine" })).Code
            .ShouldBe("identity.not_allowed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Members_of_a_project_see_and_steer_runs_of_its_agents_and_others_are_not_there(bool onPostgres)
    {
        await using var world = await ProjectWorld.StartAsync(onPostgres ? postgres : null);
        var grace = await world.JoinAsync("grace", "nothing");
        foreach (var name in (string[])["one", "two"]) await world.ApplyAsync(name);
        await world.MakeProjectAsync("alpha", "agent:one");
        await world.SetMemberAsync("alpha", grace, "viewer");
        var one = await world.RunAsync("one");
        var two = await world.RunAsync("two");
        var unknown = $"run_{new string('0', 32)}";
        const string runs = "/api/v1/runs";

        (await world.DoAsync(grace, HttpMethod.Get, runs)).GetProperty("items").EnumerateArray()
            .Select(static run => run.GetProperty("id").GetString()).ShouldBe([one]);
        await world.DoAsync(grace, HttpMethod.Get, "/api/v1/approvals");
        foreach (var part in (string[])["", "/events", "/checkpoints", "/state"])
        {
            await world.DoAsync(grace, HttpMethod.Get, $"{runs}/{one}{part}");
            var other = await world.ProblemAsync(grace, HttpMethod.Get, $"{runs}/{two}{part}");
            other.ShouldBe(
                (await world.ProblemAsync(grace, HttpMethod.Get, $"{runs}/{unknown}{part}")).Replace(unknown, two, StringComparison.Ordinal));
            other.ShouldStartWith("404 runs.not_found");
        }

        (await world.FollowAsync(grace, one)).ShouldContain("run.created");
        foreach (var other in (string[])[two, unknown])
            (await world.FollowAsync(grace, other)).ShouldContain("runs.not_found: ");

        // Looking is not steering, and what is not seen is not refused but not there.
        (await world.RefusedAsync(grace, HttpMethod.Post, $"{runs}/{one}/cancel", new { })).Code.ShouldBe("identity.not_allowed");
        (await world.RefusedAsync(grace, HttpMethod.Post, $"{runs}/{two}/cancel", new { })).Code.ShouldBe("runs.not_found");
        (await world.RefusedAsync(grace, HttpMethod.Post, $"{Agents}/one/runs", new { input = "" })).Status
            .ShouldBe(HttpStatusCode.Forbidden);
        await world.SetMemberAsync("alpha", grace, "operator");
        var own = (await world.DoAsync(grace, HttpMethod.Post, $"{Agents}/one/runs", new { input = "Say hello." }))
            .GetProperty("id").GetString();
        await world.DoAsync(grace, HttpMethod.Get, $"{runs}/{own}");
        (await world.RefusedAsync(grace, HttpMethod.Post, $"{runs}/{two}/cancel", new { })).Code.ShouldBe("runs.not_found");
        (await world.RefusedAsync(grace, HttpMethod.Post, $"{runs}/{two}/fork", new { seq = 0 })).Code.ShouldBe("runs.not_found");
        (await world.RefusedAsync(grace, HttpMethod.Post, $"{runs}/{one}/approvals/apr_{new string('0', 32)}", new { approve = true })).Code
            .ShouldNotBe("identity.not_allowed");
        (await world.RefusedAsync(grace, HttpMethod.Post, $"{Agents}/two/runs", new { input = "x" })).Status
            .ShouldBe(HttpStatusCode.Forbidden);

        // An agent is no way to files that they cannot reach.
        var workspace = (await world.DoAsync(HttpMethod.Post, "/api/v1/workspaces", new { sample = "calc" })).GetProperty("id").GetString();
        var task = new { input = "Read it.", workspace = new { id = workspace } };
        (await world.RefusedAsync(grace, HttpMethod.Post, $"{Agents}/one/runs", task)).Code.ShouldBe("agents.workspace_not_yours");
        await world.DoAsync(HttpMethod.Put, $"{Projects}/alpha/things/workspace:{workspace}");
        await world.DoAsync(grace, HttpMethod.Post, $"{Agents}/one/runs", task);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Keys_of_a_service_account_have_what_its_projects_give_and_are_no_way_there_for_others(bool onPostgres)
    {
        await using var world = await ProjectWorld.StartAsync(onPostgres ? postgres : null);
        await world.MakeBaseAsync("handbook");
        await world.MakeProjectAsync("alpha", "knowledge:handbook");
        var robot = (await world.DoAsync(HttpMethod.Post, "/api/v1/service-accounts", new { name = "robot", role = "nothing" }))
            .GetProperty("id").GetString()!;
        await world.DoAsync(HttpMethod.Put, $"{Projects}/alpha/members/{robot}", new { role = "operator" });
        var made = await world.DoAsync(
            HttpMethod.Post, "/api/v1/service-accounts/robot/api-keys", new { name = "k", scopes = new[] { "knowledge:read" } });
        var key = new Person(robot, made.GetProperty("key").GetString()!);
        (await world.NamesAsync(key, Bases)).ShouldBe(["handbook"]);
        // The key was given less than the account has.
        (await world.RefusedAsync(key, HttpMethod.Patch, $"{Bases}/handbook", new { description = "x" })).Status
            .ShouldBe(HttpStatusCode.Forbidden);

        // Who may make keys for accounts makes none that reaches what they do not.
        await world.DoAsync(
            HttpMethod.Post, "/api/v1/roles",
            new { name = "key-maker", permissions = new[] { "service_accounts:write", "service_accounts:read" } });
        var mallory = await world.JoinAsync("mallory", "key-maker");
        await world.MakeProjectAsync("gamma");
        await world.SetMemberAsync("gamma", mallory, "operator");
        (await world.RefusedAsync(
            mallory, HttpMethod.Post, "/api/v1/service-accounts/robot/api-keys", new { name = "k2", scopes = new[] { "knowledge:read" } })).Code
            .ShouldBe("identity.beyond_own");

        await world.DoAsync(HttpMethod.Delete, "/api/v1/service-accounts/robot");
        (await world.DoAsync(HttpMethod.Get, $"{Projects}/alpha/members")).GetProperty("items").GetArrayLength().ShouldBe(0);
        (await world.RefusedAsync(HttpMethod.Put, $"{Projects}/alpha/members/{robot}", new { role = "viewer" })).Code
            .ShouldBe("identity.subject_not_found");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Roles_in_projects_are_in_who_can_do_what_and_in_the_access_review(bool onPostgres)
    {
        await using var world = await ProjectWorld.StartAsync(onPostgres ? postgres : null);
        var grace = await world.JoinAsync("grace", "nothing");
        await world.MakeBaseAsync("handbook");
        await world.MakeBaseAsync("payroll");
        await world.MakeProjectAsync("alpha", "knowledge:handbook");
        await world.SetMemberAsync("alpha", grace, "operator");

        (await HoldersAsync("knowledge:write")).ShouldContain(grace.Id);
        (await HoldersAsync("knowledge:write&resource=knowledge:handbook")).ShouldContain(grace.Id);
        (await HoldersAsync("knowledge:write&resource=knowledge:payroll")).ShouldNotContain(grace.Id);
        (await HoldersAsync("projects:read&resource=project:alpha")).ShouldContain(grace.Id);
        (await HoldersAsync("connections:write")).ShouldNotContain(grace.Id);
        (await HoldersAsync("secrets:read")).ShouldNotContain(grace.Id);

        var review = await world.DoAsync(HttpMethod.Get, "/api/v1/access/review");
        var entry = review.GetProperty("entries").EnumerateArray()
            .Single(static each => each.GetProperty("entry").GetString() == "project");
        entry.GetProperty("subject").GetString().ShouldBe(grace.Id);
        entry.GetProperty("role").GetString().ShouldBe("operator");
        entry.GetProperty("resource").GetString().ShouldBe("project:alpha");
        entry.GetProperty("permissions").GetString()!.ShouldContain("knowledge:write");

        await world.DoAsync(HttpMethod.Delete, $"/api/v1/members/{grace.Id}");
        (await world.DoAsync(HttpMethod.Get, $"{Projects}/alpha")).GetProperty("membersCount").GetInt32().ShouldBe(0);

        async Task<List<string?>> HoldersAsync(string query) =>
            [.. (await world.DoAsync(HttpMethod.Get, $"/api/v1/access?permission={query}")).GetProperty("items").EnumerateArray()
                .Select(static each => each.GetProperty("subject").GetString())];
    }

    [Fact]
    public async Task Projects_have_limits_and_are_listed_in_pages()
    {
        await using var world = await ProjectWorld.StartAsync(
            null, "Identity:ProjectsMax=3", "Identity:ProjectMembersMax=1", "Identity:ProjectThingsMax=1",
            "Identity:ProjectsPerSubjectMax=1");
        var grace = await world.JoinAsync("grace", "nothing");
        var heidi = await world.JoinAsync("heidi", "nothing");
        foreach (var name in (string[])["handbook", "payroll"]) await world.MakeBaseAsync(name);
        foreach (var name in (string[])["alpha", "beta", "gamma"]) await world.MakeProjectAsync(name);
        (await world.RefusedAsync(HttpMethod.Post, Projects, new { name = "delta" }))
            .ShouldBe((HttpStatusCode.UnprocessableEntity, "identity.too_many_projects"));
        var first = await world.DoAsync(HttpMethod.Get, $"{Projects}?limit=2");
        var rest = await world.DoAsync(HttpMethod.Get, $"{Projects}?limit=2&cursor={first.GetProperty("nextCursor").GetString()}");
        rest.GetProperty("items").EnumerateArray().Select(static each => each.GetProperty("name").GetString()).ShouldBe(["gamma"]);

        await world.SetMemberAsync("alpha", grace, "operator");
        (await world.RefusedAsync(HttpMethod.Put, $"{Projects}/alpha/members/{heidi.Id}", new { role = "viewer" })).Code
            .ShouldBe("identity.too_many_project_members");
        (await world.RefusedAsync(HttpMethod.Put, $"{Projects}/beta/members/{grace.Id}", new { role = "viewer" })).Code
            .ShouldBe("identity.in_too_many_projects");
        await world.DoAsync(HttpMethod.Put, $"{Projects}/alpha/things/knowledge:handbook");
        (await world.RefusedAsync(HttpMethod.Put, $"{Projects}/alpha/things/knowledge:payroll")).Code
            .ShouldBe("identity.too_many_project_things");
        // What would not fit is not made either.
        (await world.RefusedAsync(grace, HttpMethod.Post, $"{Bases}?project=alpha", new { name = "notes" })).Code
            .ShouldBe("identity.too_many_project_things");
        (await world.RefusedAsync(HttpMethod.Get, $"{Bases}/notes")).Status.ShouldBe(HttpStatusCode.NotFound);
    }
}
