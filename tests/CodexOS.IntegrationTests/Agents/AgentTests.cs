using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Agents.Definitions;
using CodexOS.Agents.Demo;
using CodexOS.Agents.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Agents;

/// <summary>Definitions and versions through the real server, on both databases.</summary>
public abstract class AgentTests(AgentsFixture agents)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_demo_agent_is_there_from_the_start()
    {
        var server = agents.Shared;

        var listed = (await server.GetAsync("/agents", Token)).GetProperty("items").EnumerateArray()
            .Single(static agent => agent.GetProperty("name").GetString() == "repo-engineer");
        listed.GetProperty("tools").EnumerateArray().Select(static tool => tool.GetString()).ShouldBe(NoteTool.Names);

        var agent = await server.GetAsync("/agents/repo-engineer", Token);
        agent.GetProperty("id").GetString().ShouldStartWith("agt_");
        agent.GetProperty("title").GetString().ShouldBe("Repository engineer");
        agent.GetProperty("definition").GetString().ShouldBe(DemoAgent.Definition);
        agent.GetProperty("instructions").GetString()!.ShouldContain("careful software engineer");
        agent.GetProperty("limits").GetRawText().ShouldBe(
            """{"stepsMax":100,"wallTimeMaxSeconds":172800,"tokensMax":2000000,"costMaxMicroUsd":5000000}""");
        (await server.GetAsync($"/agents/{agent.GetProperty("id").GetString()}", Token)).GetProperty("name").GetString()
            .ShouldBe("repo-engineer");
        (await server.GetAsync("/agents/repo-engineer/versions/1", Token)).GetProperty("createdBy").GetString()
            .ShouldBe("codexos");
    }

    [Fact]
    public async Task A_deleted_demo_agent_does_not_come_back()
    {
        await using var server = await agents.StartAsync();
        await server.GetAsync("/agents/repo-engineer", Token);
        using (server.Enter(server.Tenant))
        {
            await using var db = await ContextAsync(server);
            await db.Agents.ExecuteDeleteAsync(Token);
            (await db.Versions.AnyAsync(Token)).ShouldBeFalse();
            (await server.Services.GetRequiredService<AgentStore>().SeedAsync(DemoAgent.Definition, Token)).IsOk
                .ShouldBeTrue();
        }

        (await server.GetAsync("/agents", Token)).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Requests_that_come_at_once_get_one_demo_agent()
    {
        await using var server = await agents.StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.GetAsync("/agents", Token)));

        answers.ShouldAllBe(static answer => answer.GetProperty("items").GetArrayLength() == 1);
    }

    [Fact]
    public async Task Applying_makes_a_version_only_where_the_meaning_changed()
    {
        var server = agents.Shared;

        var (created, first) = await server.ApplyAsync(Yaml("changing"), Token);
        var (same, unchanged) = await server.ApplyAsync($"# a comment\n{Yaml("changing")}", Token);
        var (changed, second) = await server.ApplyAsync(Yaml("changing", "Help well."), Token);

        (created, same, changed).ShouldBe((HttpStatusCode.Created, HttpStatusCode.OK, HttpStatusCode.Created));
        (first.GetProperty("version").GetInt32(), unchanged.GetProperty("version").GetInt32()).ShouldBe((1, 1));
        (first.GetProperty("changed").GetBoolean(), unchanged.GetProperty("changed").GetBoolean())
            .ShouldBe((true, false));
        unchanged.GetProperty("digest").GetString().ShouldBe(first.GetProperty("digest").GetString());
        second.GetProperty("version").GetInt32().ShouldBe(2);
        first.GetProperty("createdBy").GetString().ShouldStartWith("usr_");

        var agent = await server.GetAsync("/agents/changing", Token);
        agent.GetProperty("version").GetInt32().ShouldBe(2);
        agent.GetProperty("instructions").GetString().ShouldBe("Help well.");
        var old = await server.GetAsync("/agents/changing/versions/1", Token);
        old.GetProperty("definition").GetString().ShouldBe(Yaml("changing"));
        old.GetProperty("createdAt").GetDateTimeOffset().ShouldBe(first.GetProperty("createdAt").GetDateTimeOffset());
    }

    [Fact]
    public async Task Lists_are_read_page_by_page()
    {
        await using var server = await agents.StartAsync("Agents:DemoAgent=false");
        foreach (var name in (string[])["b", "a-b", "ab", "a", "c"]) await server.ApplyAsync(Yaml(name), Token);
        for (var i = 0; i < 4; i++) await server.ApplyAsync(Yaml("a", $"Help {i}."), Token);

        (await PagesAsync(server, "/agents", static agent => agent.GetProperty("name").GetString()))
            .ShouldBe(["a", "a-b", "ab", "b", "c"]);
        (await PagesAsync(server, "/agents/a/versions", static it => $"{it.GetProperty("version").GetInt32()}"))
            .ShouldBe(["5", "4", "3", "2", "1"]);
    }

    [Fact]
    public async Task Authors_who_apply_at_once_get_versions_of_their_own()
    {
        var server = agents.Shared;

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => server.ApplyAsync(Yaml("at-once", $"Help {i}."), Token)));

        answers.ShouldAllBe(
            static answer => answer.Status == HttpStatusCode.Created || answer.Status == HttpStatusCode.Conflict);
        var versions = answers.Where(static answer => answer.Status == HttpStatusCode.Created)
            .Select(static answer => answer.Body.GetProperty("version").GetInt32()).Order().ToList();
        versions.ShouldBe(Enumerable.Range(1, versions.Count));
        (await server.GetAsync("/agents/at-once", Token)).GetProperty("version").GetInt32().ShouldBe(versions.Count);
    }

    [Fact]
    public async Task Processes_that_share_the_database_make_no_version_twice()
    {
        var server = agents.Shared;
        var stores = Enumerable.Range(0, 4)
            .Select(_ => ActivatorUtilities.CreateInstance<AgentStore>(server.Services)).ToList();
        using var tenant = server.Enter(server.Tenant);

        var applied = await Task.WhenAll(
            stores.Select((store, i) => store.ApplyAsync(Yaml("shared", $"Help {i}."), Author(server), null, Token)));

        applied.Where(static it => !it.IsOk).ShouldAllBe(static it => it.Fault.Code == "agents.apply_conflict");
        var versions = applied.Where(static it => it.IsOk).Select(static it => it.Value.Version).Order().ToList();
        versions.ShouldBe(Enumerable.Range(1, versions.Count));
        versions.ShouldNotBeEmpty();
        stores.ForEach(static store => store.Dispose());
    }

    [Fact]
    public async Task A_version_never_changes_whoever_asks()
    {
        var server = agents.Shared;
        await server.ApplyAsync(Yaml("fixed"), Token);
        using var tenant = server.Enter(server.Tenant);
        await using var db = await ContextAsync(server);

        var change = () => db.Versions.ExecuteUpdateAsync(
            static set => set.SetProperty(static row => row.Definition, "other"), Token);

        (await change.ShouldThrowAsync<System.Data.Common.DbException>()).Message
            .ShouldContain("a version of an agent never changes");
    }

    [Theory]
    [InlineData("name: [a", "agents.malformed_yaml", 400)]
    [InlineData("name: a\nb: *x\n", "agents.malformed_yaml", 400)]
    [InlineData("\u0000", "agents.malformed_yaml", 400)]
    [InlineData("", "agents.malformed_yaml", 400)]
    [InlineData("nmae: a", "agents.invalid_definition", 400)]
    [InlineData("name: a\ninstructions: x\nmodel: scripted:x\ntools: [shel]", "agents.unknown_tool", 400)]
    public async Task A_bad_definition_is_refused_with_its_place(string yaml, string code, int status)
    {
        var server = agents.Shared;

        var (answered, problem) = await server.ApplyAsync(yaml, Token);

        ((int)answered).ShouldBe(status);
        problem.GetProperty("code").GetString().ShouldBe(code);
        problem.GetProperty("line").GetInt32().ShouldBeGreaterThan(0);
        problem.GetProperty("column").GetInt32().ShouldBeGreaterThan(0);
        problem.GetProperty("traceId").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_definition_that_is_too_large_or_no_text_is_refused()
    {
        var server = agents.Shared;

        var (tooLarge, problem) = await server.ApplyAsync($"{Yaml("one")}# {new string('x', 256 * 1024)}", Token);
        tooLarge.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        problem.GetProperty("code").GetString().ShouldBe("agents.definition_too_large");
        using var bytes = new ByteArrayContent([0x6e, 0xff, 0xfe]);
        using var answer = await server.Client.PutAsync("/api/v1/agents", bytes, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Limits_of_the_tenant_are_kept()
    {
        await using var server = await agents.StartAsync("Agents:AgentsPerTenantMax=2", "Agents:VersionsPerAgentMax=1");

        await server.ApplyAsync(Yaml("one"), Token);
        (await CodeAsync(server, Yaml("two"))).ShouldBe("platform.quota_exceeded");
        (await CodeAsync(server, Yaml("one", "Other."))).ShouldBe("agents.too_many_versions");
    }

    [Theory]
    [InlineData("/agents/nobody", "agents.not_found", 404)]
    [InlineData("/agents/agt_0198c0de00007000800000000000dead", "agents.not_found", 404)]
    [InlineData("/agents/no%20body", "agents.not_found", 404)]
    [InlineData("/agents/nobody/versions", "agents.not_found", 404)]
    [InlineData("/agents/nobody/versions/1", "agents.not_found", 404)]
    [InlineData("/agents/repo-engineer/versions/2", "agents.version_not_found", 404)]
    [InlineData("/agents?limit=0", "platform.bad_limit", 400)]
    [InlineData("/agents?cursor=AA", "platform.bad_cursor", 400)]
    [InlineData("/agents/repo-engineer/versions?cursor=AA", "platform.bad_cursor", 400)]
    public async Task What_is_not_there_or_malformed_is_a_problem_with_a_code(string path, string code, int status)
    {
        var server = agents.Shared;

        (await server.GetAsync(path, Token, (HttpStatusCode)status)).GetProperty("code").GetString().ShouldBe(code);
    }

    [Fact]
    public async Task Another_tenants_agents_do_not_exist()
    {
        var server = agents.Shared;
        var (_, mine) = await server.ApplyAsync(Yaml("mine"), Token);
        var store = server.Services.GetRequiredService<AgentStore>();
        using var other = server.Enter(TenantId.New(TimeProvider.System));

        (await store.ListAsync(null, null, 10, Token)).ShouldBeEmpty();
        (await store.FindAsync("mine", null, Token)).Fault.Code.ShouldBe("agents.not_found");
        (await store.FindAsync(mine.GetProperty("agentId").GetString()!, null, Token)).Fault.Code
            .ShouldBe("agents.not_found");
        (await store.ListVersionsAsync("mine", null, 10, Token)).Fault.Code.ShouldBe("agents.not_found");
        (await store.ApplyAsync(Yaml("mine", "Mine."), Author(server), null, Token)).Value.Version.ShouldBe(1);
    }

    [Fact]
    public async Task Nobody_looks_or_applies_without_signing_in()
    {
        var server = agents.Shared;
        foreach (var path in (string[])["/api/v1/agents", "/api/v1/agents/repo-engineer", "/api/v1/tools"])
            (await server.Anonymous.GetAsync(path, Token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var yaml = new StringContent(Yaml("one"), System.Text.Encoding.UTF8, "application/yaml");
        (await server.Anonymous.PutAsync("/api/v1/agents", yaml, Token)).StatusCode
            .ShouldBe(HttpStatusCode.Unauthorized);
        var start = "/api/v1/agents/repo-engineer/runs";
        (await server.Anonymous.PostAsJsonAsync(start, new { input = "x" }, Token)).StatusCode
            .ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Tools_are_listed_with_their_schemas()
    {
        var server = agents.Shared;

        var tools = (await server.GetAsync("/tools", Token)).GetProperty("items").EnumerateArray().ToList();

        tools.Select(static tool => tool.GetProperty("name").GetString()).ShouldBe(NoteTool.Names.Order());
        tools[0].GetProperty("effect").GetString().ShouldBe("reversible");
        tools[0].GetProperty("repeat").GetString().ShouldBe("keyed");
        tools[0].GetProperty("inputSchema").GetProperty("type").GetString().ShouldBe("object");
    }

    private static Caller Author(AgentsServer server) =>
        new(server.Tenant, UserId.New(TimeProvider.System), "Ada", []);

    private static string Yaml(string name, string instructions = "Help.") =>
        $"name: {name}\ninstructions: {instructions}\nmodel: scripted:x\ntools: [shell]\n";

    /// <summary>Rows are seen in their tenant only, so the caller's method goes on in it.</summary>
    private static Task<AgentsDb> ContextAsync(AgentsServer server)
    {
        _ = server.Services.GetRequiredService<TenantContext>().Enter(server.Tenant);
        return server.Services.GetRequiredService<IDbContextFactory<AgentsDb>>().CreateDbContextAsync(Token);
    }

    private static async Task<string?> CodeAsync(AgentsServer server, string yaml) =>
        (await server.ApplyAsync(yaml, Token)).Body.GetProperty("code").GetString();

    private static async Task<List<string?>> PagesAsync(
        AgentsServer server, string path, Func<JsonElement, string?> nameOf)
    {
        var names = new List<string?>();
        string? cursor = null;
        do
        {
            var page = await server.GetAsync($"{path}?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}", Token);
            names.AddRange(page.GetProperty("items").EnumerateArray().Select(nameOf));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        return names;
    }
}

/// <summary>On SQLite.</summary>
public sealed class AgentsOnSqliteTests(AgentsOnSqliteTests.Fixture agents)
    : AgentTests(agents), IClassFixture<AgentsOnSqliteTests.Fixture>
{
    /// <summary>One server for most tests of the class.</summary>
    public sealed class Fixture() : AgentsFixture(static () => Task.FromResult<string?>(null));
}

/// <summary>On PostgreSQL.</summary>
public sealed class AgentsOnPostgresTests(AgentsOnPostgresTests.Fixture agents)
    : AgentTests(agents), IClassFixture<AgentsOnPostgresTests.Fixture>
{
    /// <summary>One server for most tests of the class.</summary>
    public sealed class Fixture(PostgresCluster postgres)
        : AgentsFixture(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
}
