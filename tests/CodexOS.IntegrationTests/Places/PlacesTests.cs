using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Platform.Blobs;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Journal;
using CodexOS.Runs.Storage;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Runs;
using CodexOS.Testing.Servers;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Places;

/// <summary>The rows of a tenant's work lie in the database that it was given, and nowhere else.</summary>
public sealed class PlacesTests(PostgresCluster postgres)
{
    /// <summary>What lies beside the rows of tenants in their schemas, and is the installation's.</summary>
    private static readonly string[] s_ofTheInstallation = ["runs.nodes"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tenant_in_a_shard_works_there_and_leaves_no_row_of_it_at_home()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);
        await sharded.PlaceByHandAsync(sharded.His, "east", Token);

        await ShardedServer.MakeAgentAsync(sharded.Bob, "his", Token);
        await ShardedServer.MakeAgentAsync(sharded.Ada, "hers", Token);
        var ended = await sharded.EndAsync(
            sharded.His, await sharded.StartRunAsync(sharded.His, ListProgram.Steps("test.keyed", "a", "b"), Token), Token);

        ended.Status.ShouldBe(RunStatus.Completed);
        var names = await sharded.Bob.GetFromJsonAsync<JsonElement>("/api/v1/agents", Token);
        names.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("name").GetString()).ShouldContain("his");
        (await sharded.EastAsync<long>("SELECT count(*) FROM agents.agents WHERE name = 'his'", Token)).ShouldBe(1);
        (await sharded.EastAsync<long>("SELECT count(*) FROM agents.agents WHERE name = 'hers'", Token)).ShouldBe(0);
        (await sharded.HomeAsync<long>("SELECT count(*) FROM agents.agents WHERE name = 'his'", Token)).ShouldBe(0);
        (await sharded.HomeAsync<long>("SELECT count(*) FROM agents.agents WHERE name = 'hers'", Token)).ShouldBe(1);
        (await sharded.EastAsync<long>("SELECT count(*) FROM runs.run_events", Token)).ShouldBeGreaterThan(4);
        (await sharded.HomeAsync<long>($"SELECT count(*) FROM runs.runs WHERE tenant_id = '{sharded.His.Value}'", Token)).ShouldBe(0);
        // Who he is, is the installation's business.
        (await sharded.HomeAsync<long>("SELECT count(*) FROM identity.tenants", Token)).ShouldBe(2);
        (await sharded.EastAsync<long>("SELECT count(*) FROM identity.tenants", Token)).ShouldBe(0);
        var tenants = await sharded.Ada.GetFromJsonAsync<JsonElement>("/api/v1/tenants", Token);
        tenants.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("place").GetString())
            .ShouldBe(["home", "east"]);
    }

    [Fact]
    public async Task A_connection_to_a_shard_that_names_no_tenant_sees_nothing_there()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);
        await sharded.PlaceByHandAsync(sharded.His, "east", Token);
        await ShardedServer.MakeAgentAsync(sharded.Bob, "his", Token);
        await using var pool = NpgsqlDataSource.Create(sharded.East);

        await using (var his = new ScopedStatement(pool, RowScope.Of(sharded.His), "SELECT count(*) FROM agents.agents"))
            ((long)(await his.ScalarAsync(Token))!).ShouldBeGreaterThan(0);
        await using (var hers = new ScopedStatement(pool, RowScope.Of(sharded.Hers), "SELECT count(*) FROM agents.agents"))
            (await hers.ScalarAsync(Token)).ShouldBe(0L);
        await using var nobody = pool.CreateCommand("SELECT count(*) FROM agents.agents");
        (await nobody.ExecuteScalarAsync(Token)).ShouldBe(0L);
    }

    [Fact]
    public async Task A_context_that_was_used_before_its_tenant_left_is_not_used_afterwards()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);
        using var entered = sharded.Tenants.Enter(sharded.His);
        await using var db = await sharded.Server.Services.GetRequiredService<IDbContextFactory<RunsDbContext>>()
            .CreateDbContextAsync(Token);
        (await db.Runs.CountAsync(Token)).ShouldBe(0);

        await sharded.PlaceByHandAsync(sharded.His, "east", Token);

        (await Should.ThrowAsync<TenantMovingException>(() => db.Runs.CountAsync(Token)))
            .Fault.Code.ShouldBe("platform.tenant_moving");
    }

    [Fact]
    public async Task A_database_that_is_closed_to_a_tenant_refuses_its_rows_whatever_the_server_believes()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);
        await ShardedServer.MakeAgentAsync(sharded.Bob, "his", Token);
        await ShardedServer.MakeAgentAsync(sharded.Ada, "hers", Token);
        await using var pool = NpgsqlDataSource.Create(sharded.Home);
        var home = sharded.Places.All[0];

        await PlaceChanges.FenceAsync(home, sharded.His, Token);

        // It says so, and does not look empty: who finds nothing where there is something would go on.
        (await Should.ThrowAsync<PostgresException>(() => CountAsync(RowScope.Of(sharded.His))))
            .SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        (await CountAsync(RowScope.Of(sharded.Hers))).ShouldBeGreaterThan(0);
        (await CountAsync(PlaceChanges.ScopeOf(sharded.His))).ShouldBeGreaterThan(0);
        await using (var write = new ScopedStatement(
            pool, RowScope.Of(sharded.His), "INSERT INTO agents.agents_seeded (tenant_id, seeded_at) VALUES ($1, now())"))
        {
            (await Should.ThrowAsync<PostgresException>(() => write.With(sharded.His.Value).ExecuteAsync(Token)))
                .SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        }

        // Only the work goes elsewhere: signing in, for instance, goes on.
        using var me = await sharded.Bob.GetAsync(new Uri("/api/v1/auth/me", UriKind.Relative), Token);
        me.IsSuccessStatusCode.ShouldBeTrue();

        await PlaceChanges.LiftAsync(home, sharded.His, Token);
        (await CountAsync(RowScope.Of(sharded.His))).ShouldBeGreaterThan(0);

        async Task<long> CountAsync(RowScope scope)
        {
            await using var count = new ScopedStatement(pool, scope, "SELECT count(*) FROM agents.agents");
            return (long)(await count.ScalarAsync(Token))!;
        }
    }

    [Fact]
    public async Task What_finds_no_row_in_a_database_that_is_closed_to_the_tenant_is_refused_too()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);
        using var entered = sharded.Tenants.Enter(sharded.His);
        await using var db = await sharded.Server.Services.GetRequiredService<IDbContextFactory<RunsDbContext>>()
            .CreateDbContextAsync(Token);
        var witnesses = sharded.Server.Services.GetServices<IBlobWitness>().Where(static one => one.Name != "privacy").ToList();
        var journal = sharded.Server.Services.GetRequiredService<IJournal>();
        (await db.Trash.AnyAsync(Token)).ShouldBeFalse();
        witnesses.Count.ShouldBe(2);
        foreach (var witness in witnesses) (await witness.NamedAsync([new string('a', 64)], Token)).ShouldBeEmpty();
        (await journal.HeadAsync(RunId.New(TimeProvider.System), Token)).ShouldBeNull();

        // As the tenant's rows have gone elsewhere, and this server has not heard of it.
        await PlaceChanges.FenceAsync(sharded.Places.All[0], sharded.His, Token);

        await RefusedAsync(() => db.Trash.AnyAsync(Token));
        await RefusedAsync(() => db.Trash.Where(static blob => blob.Hash == "a").ExecuteDeleteAsync(Token));
        foreach (var witness in witnesses) await RefusedAsync(() => witness.NamedAsync([new string('a', 64)], Token));
        await RefusedAsync(() => journal.HeadAsync(RunId.New(TimeProvider.System), Token));

        static async Task RefusedAsync(Func<Task> asked) => TenantMovingException.Caused(
            await Should.ThrowAsync<Exception>(asked)).ShouldBeTrue();
    }

    [Fact]
    public async Task Every_table_whose_rows_go_with_their_tenant_can_be_moved()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);

        var left = await ListAsync(sharded.Home, """
            SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND platform.is_placed(c.oid::regclass) AND c.relname <> 'schema_versions'
                AND NOT (EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
                    AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'))
            ORDER BY 1
            """);

        left.ShouldBe(s_ofTheInstallation);
        // What the modules say and what the database says is one list.
        var placed = sharded.Server.Services.GetServices<ModulePlacement>()
            .Where(static one => one.Placement is Placement.WithTenant).Select(static one => one.Schema).Order();
        placed.ShouldBe(await ListAsync(sharded.Home, """
            SELECT DISTINCT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE platform.is_placed(c.oid::regclass) ORDER BY 1
            """));
    }

    [Fact]
    public async Task Two_names_for_one_database_are_refused()
    {
        var database = await postgres.CreateDatabaseAsync(Token);

        var refused = await Should.ThrowAsync<DatabaseRefusedException>(() => CodexServer.StartAsync(
            database, ShardedServer.Shard("east", database), cancellationToken: Token));

        refused.Message.ShouldContain("is called home already");
    }

    [Fact]
    public async Task A_server_that_does_not_know_the_place_of_a_tenant_does_not_start()
    {
        string home;
        await using (var sharded = await ShardedServer.StartAsync(postgres, Token))
        {
            home = sharded.Home;
            await sharded.PlaceByHandAsync(sharded.His, "east", Token);
        }

        (await Should.ThrowAsync<DatabaseRefusedException>(() => CodexServer.StartAsync(home, cancellationToken: Token)))
            .Message.ShouldContain("Set Database:Shards:east");
    }

    [Theory]
    [InlineData("home", "Choose another one")]
    [InlineData("East", "lowercase letters")]
    public async Task A_shard_has_a_name_of_its_own(string name, string why)
    {
        var database = await postgres.CreateDatabaseAsync(Token);

        (await Should.ThrowAsync<OptionsValidationException>(() => CodexServer.StartAsync(
            database, ShardedServer.Shard(name, database), cancellationToken: Token))).Message.ShouldContain(why);
    }

    [Fact]
    public async Task Shards_of_a_SQLite_file_are_refused()
    {
        var database = await postgres.CreateDatabaseAsync(Token);

        (await Should.ThrowAsync<OptionsValidationException>(() => CodexServer.StartAsync(
            settings: ShardedServer.Shard("east", database), cancellationToken: Token)))
            .Message.ShouldContain("needs Database:Provider=postgres");
    }

    [Fact]
    public async Task What_is_recorded_in_a_shard_is_in_the_log_once_and_stays_provable()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);
        await sharded.PlaceByHandAsync(sharded.His, "east", Token);

        await ShardedServer.MakeAgentAsync(sharded.Bob, "his", Token);
        var log = await sharded.Bob.GetFromJsonAsync<JsonElement>("/api/v1/audit?action=agents.apply", Token);

        log.GetProperty("items").EnumerateArray()
            .Count(entry => entry.GetProperty("resource").GetProperty("id").GetString() == "his").ShouldBe(1);
        (await sharded.EastAsync<long>("SELECT count(*) FROM trust.audit_pending", Token)).ShouldBe(0);
        (await sharded.EastAsync<long>("SELECT count(*) FROM trust.audit_personal", Token)).ShouldBe(0);
        (await sharded.EastAsync<long>("SELECT count(*) FROM trust.vault_keys", Token)).ShouldBe(0, "Keys are made at home.");
        using var verified = await sharded.Bob.PostAsJsonAsync("/api/v1/audit/verify", new { }, Token);
        (await verified.Content.ReadAsStringAsync(Token)).ShouldContain("\"intact\":true");
    }

    [Fact]
    public async Task What_was_brought_home_and_not_taken_away_is_in_the_log_once()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);
        await sharded.PlaceByHandAsync(sharded.His, "east", Token);
        // A shard that refuses to let go of it is where a crash between the two commits leaves it: at home and there.
        await sharded.EastAsync<object>("""
            CREATE FUNCTION trust.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'kept'; END $$;
            CREATE TRIGGER keep BEFORE DELETE ON trust.audit_pending FOR EACH ROW EXECUTE FUNCTION trust.keep();
            """, Token);

        await ShardedServer.MakeAgentAsync(sharded.Bob, "his", Token);
        using (var refused = await sharded.Bob.GetAsync(new Uri("/api/v1/audit", UriKind.Relative), Token))
            refused.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        var left = await sharded.EastAsync<long>("SELECT count(*) FROM trust.audit_pending WHERE resource_id = 'his'", Token);
        var brought = await sharded.HomeAsync<long>($"""
            SELECT (SELECT count(*) FROM trust.audit_pending WHERE tenant_id = '{sharded.His.Value}' AND resource_id = 'his')
                + (SELECT count(*) FROM trust.audit_entries WHERE tenant_id = '{sharded.His.Value}' AND resource_id = 'his')
            """, Token);
        await sharded.EastAsync<object>("DROP TRIGGER keep ON trust.audit_pending", Token);
        await sharded.RestartAsync(Token);
        var log = await sharded.Bob.GetFromJsonAsync<JsonElement>("/api/v1/audit?action=agents.apply", Token);

        (left, brought).ShouldBe((1, 1));
        log.GetProperty("items").EnumerateArray()
            .Count(entry => entry.GetProperty("resource").GetProperty("id").GetString() == "his").ShouldBe(1);
        (await sharded.EastAsync<long>("SELECT count(*) FROM trust.audit_pending", Token)).ShouldBe(0);
        using var verified = await sharded.Bob.PostAsJsonAsync("/api/v1/audit/verify", new { }, Token);
        (await verified.Content.ReadAsStringAsync(Token)).ShouldContain("\"intact\":true");
    }

    [Fact]
    public async Task A_shard_that_does_not_answer_is_said_and_keeps_nobody_else_from_anything()
    {
        await using var sharded = await ShardedServer.StartAsync(postgres, Token);
        await sharded.PlaceByHandAsync(sharded.His, "east", Token);
        await ShardedServer.MakeAgentAsync(sharded.Bob, "his", Token);

        await sharded.CloseEastAsync(Token);

        foreach (var path in (string[])["/api/v1/audit", "/api/v1/agents"])
        {
            using var silent = await sharded.Bob.GetAsync(new Uri(path, UriKind.Relative), Token);
            silent.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, path);
            silent.Headers.RetryAfter.ShouldNotBeNull();
            (await silent.Content.ReadAsStringAsync(Token)).ShouldContain("platform.database_silent");
            using var hers = await sharded.Ada.GetAsync(new Uri(path, UriKind.Relative), Token);
            hers.StatusCode.ShouldBe(HttpStatusCode.OK, path);
        }

        using (var me = await sharded.Bob.GetAsync(new Uri("/api/v1/auth/me", UriKind.Relative), Token))
            me.StatusCode.ShouldBe(HttpStatusCode.OK);
        await sharded.OpenEastAsync(Token);
        using var again = await sharded.Bob.GetAsync(new Uri("/api/v1/audit", UriKind.Relative), Token);
        again.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<List<string>> ListAsync(string database, string sql)
    {
        await using var all = NpgsqlDataSource.Create(PostgresCluster.AdministratorOf(database));
        await using var command = all.CreateCommand(sql);
        await using var row = await command.ExecuteReaderAsync(Token);
        var values = new List<string>();
        while (await row.ReadAsync(Token)) values.Add(row.GetString(0));
        return values;
    }
}
