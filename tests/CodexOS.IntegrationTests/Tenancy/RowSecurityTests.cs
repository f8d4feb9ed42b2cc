using System.Net.Http.Json;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Tenancy;

/// <summary>
/// PostgreSQL keeps tenants apart by itself. The tables come from the catalogue, so that one that is added later is in.
/// </summary>
public sealed class RowSecurityTests(PostgresCluster postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_table_with_a_tenant_is_protected_partitions_and_those_to_come_included()
    {
        var database = await postgres.CreateDatabaseAsync(Token);
        await using var server = await CodexServer.StartAsync(database, cancellationToken: Token);
        await using var own = NpgsqlDataSource.Create(database);
        (await ScalarAsync(own, "SELECT runs.make_partition('run_events_209901', $1, $2, 100)",
            new Guid("03b1a000-0000-0000-0000-000000000000"), new Guid("03b1b000-0000-0000-0000-000000000000")))
            .ShouldBe("made");

        await using var all = NpgsqlDataSource.Create(PostgresCluster.AdministratorOf(database));
        var open = await ListAsync(all, """
            SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
            WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
                    SELECT 1 FROM pg_policies p WHERE p.schemaname = n.nspname AND p.tablename = c.relname
                        AND p.policyname = 'tenant' AND p.cmd = 'ALL' AND p.roles = '{public}'
                        AND p.qual LIKE '%platform.tenants()%'))
            """);

        open.ShouldBeEmpty();
        var tables = await ListAsync(all, "SELECT name::text FROM platform.tenant_tables");
        tables.ShouldContain("runs.run_events_209901");
        tables.Count.ShouldBeGreaterThan(15);
        // No exception is made for everybody: each names a work, the owner of partitions, or members of one tenant. Which tenants
        // are closed every policy has to know.
        (await ListAsync(all, """
            SELECT tablename || '.' || policyname FROM pg_policies WHERE policyname <> 'tenant'
                AND NOT coalesce(qual, '') ~ 'works_as\(' AND NOT (policyname = 'partitions' AND roles = '{codexos_owner}')
            """)).Order().ShouldBe([
                "closed_tenants.closed_reads", "passkeys.members_have", "users.all_may_be_made", "users.members_change",
                "users.members_see",
            ]);
    }

    [Fact]
    public async Task A_pooled_connection_that_names_no_tenant_sees_and_changes_no_row_of_any_table()
    {
        var database = await postgres.CreateDatabaseAsync(Token);
        await using var server = await CodexServer.StartAsync(database, cancellationToken: Token);
        using var owner = await server.SignInAsync(Token);
        await FillAsync(owner);
        await using var all = NpgsqlDataSource.Create(PostgresCluster.AdministratorOf(database));
        var tables = await ListAsync(all, "SELECT name::text FROM platform.tenant_tables");
        tables.Add("identity.users");
        var tenant = (Guid)(await ScalarAsync(all, "SELECT tenant_id FROM identity.tenants"))!;
        await using var pool = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(database) { MaxPoolSize = 1 }.ConnectionString);

        var filled = 0;
        foreach (var table in tables)
        {
            var rows = (long)(await ScalarAsync(all, $"SELECT count(*) FROM {table}"))!;
            if (!(bool)(await ScalarAsync(pool, "SELECT has_table_privilege($1, 'SELECT, INSERT, UPDATE, DELETE')", table))!)
            {
                // A partition that was made while the server ran is reached through its parent only.
                (await ScalarAsync(all, "SELECT relispartition FROM pg_class WHERE oid = $1::regclass", table)).ShouldBe(true, table);
                continue;
            }

            if (rows > 0) filled++;
            // The one connection of the pool works for a tenant, and is then used by somebody who forgot to say for whom.
            await using (var scoped = new ScopedStatement(
                pool, RowScope.Of(new TenantId(tenant)), $"SELECT count(*) FROM {table}"))
            {
                (await scoped.ScalarAsync(Token)).ShouldBe(rows, table);
            }

            (await ScalarAsync(pool, $"SELECT count(*) FROM {table}")).ShouldBe(0L, table);
            foreach (var change in (string[])["DELETE FROM", "UPDATE"])
            {
                await using var connection = await pool.OpenConnectionAsync(Token);
                await using var transaction = await connection.BeginTransactionAsync(Token);
                var key = table == "identity.users" ? "user_id" : "tenant_id";
                var set = change == "UPDATE" ? $" SET {key} = {key}" : "";
                await using var command = new NpgsqlCommand($"{change} {table}{set}", connection, transaction);
                (await command.ExecuteNonQueryAsync(Token)).ShouldBe(0, table);
            }
        }

        filled.ShouldBeGreaterThan(7, "Too few tables have rows for this to show anything.");
    }

    [Fact]
    public async Task A_query_without_filter_gives_one_tenants_rows_and_a_row_of_another_cannot_be_written()
    {
        var database = await postgres.CreateDatabaseAsync(Token);
        await using var server = await CodexServer.StartAsync(database, cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        using var bob = await server.AddTenantAsync(ada, "bob", Token);
        var tenants = server.Services.GetRequiredService<TenantContext>();
        var contexts = server.Services.GetRequiredService<IDbContextFactory<IdentityDbContext>>();
        var (hers, his) = (await TenantOfAsync(ada), await TenantOfAsync(bob));

        using var entered = tenants.Enter(hers);
        await using var db = await contexts.CreateDbContextAsync(Token);

        (await db.Memberships.IgnoreQueryFilters().Select(row => row.TenantId).ToListAsync(Token)).ShouldBe([hers]);
        (await db.Tenants.Select(row => row.TenantId).ToListAsync(Token)).ShouldBe([hers]);
        (await db.Users.Select(row => row.Email).ToListAsync(Token)).ShouldBe([CodexServer.AdministratorEmail]);
        (await db.Memberships.IgnoreQueryFilters().Where(row => row.TenantId == his).ExecuteDeleteAsync(Token)).ShouldBe(0);
        var user = (await db.Memberships.SingleAsync(Token)).UserId;
        db.Memberships.Add(new MembershipRow
        {
            TenantId = his,
            UserId = user,
            Role = CodexOS.Identity.Contracts.Role.Owner,
            CreatedAt = DateTimeOffset.UnixEpoch,
        });
        (await Should.ThrowAsync<DbUpdateException>(() => db.SaveChangesAsync(Token))).InnerException
            .ShouldBeOfType<PostgresException>().SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
    }

    [Theory]
    [InlineData("codexos_admin", "is a superuser")]
    [InlineData("codexos_owner", "owns the tables")]
    [InlineData("bypassing", "has BYPASSRLS")]
    [InlineData("member_of_owner", "is a member of codexos_owner, which owns the tables")]
    [InlineData("member_of_bypassing", "is a member of bypassing, which it does not hold")]
    public async Task A_server_whose_role_could_get_around_it_does_not_start(string role, string why)
    {
        var database = await postgres.CreateDatabaseAsync(Token);
        await using var all = NpgsqlDataSource.Create(PostgresCluster.AdministratorOf(database));
        await ScalarAsync(all, """
            DO $$ BEGIN
                IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'bypassing') THEN
                    CREATE ROLE bypassing LOGIN BYPASSRLS;
                    CREATE ROLE member_of_owner LOGIN IN ROLE codexos_owner;
                    CREATE ROLE member_of_bypassing LOGIN IN ROLE bypassing;
                END IF;
            END $$
            """);
        var used = new NpgsqlConnectionStringBuilder(database) { Username = role }.ConnectionString;

        var refused = await Should.ThrowAsync<DatabaseRefusedException>(
            () => CodexServer.StartAsync(used, cancellationToken: Token));

        refused.Message.ShouldContain($"as {role}, which {why}");
        refused.Message.ShouldContain("codexos database prepare");
    }

    [Fact]
    public async Task A_server_that_may_not_migrate_starts_on_tables_that_are_ready_and_refuses_those_that_are_not()
    {
        var database = await postgres.CreateDatabaseAsync(Token);
        string[] settings = ["Database:Provider=postgres", $"Database:ConnectionString={database}"];
        (await Should.ThrowAsync<DatabaseRefusedException>(
            () => CodexServer.StartAsync(settings: settings, cancellationToken: Token)))
            .Message.ShouldContain("lacks migrations");

        await using (await CodexServer.StartAsync(database, cancellationToken: Token))
        {
        }

        await using (await CodexServer.StartAsync(settings: settings, cancellationToken: Token))
        {
        }

        await using var all = NpgsqlDataSource.Create(PostgresCluster.AdministratorOf(database));
        await ScalarAsync(all, "ALTER TABLE agents.agents NO FORCE ROW LEVEL SECURITY");
        (await Should.ThrowAsync<DatabaseRefusedException>(
            () => CodexServer.StartAsync(settings: settings, cancellationToken: Token)))
            .Message.ShouldContain("not in force on agents.agents");

        // One that may, puts it in force again.
        await using (await CodexServer.StartAsync(database, cancellationToken: Token))
        {
        }

        await using (await CodexServer.StartAsync(settings: settings, cancellationToken: Token))
        {
        }
    }

    [Fact]
    public async Task A_refused_start_says_why_in_a_sentence_and_ends_with_code_2()
    {
        var database = await postgres.CreateDatabaseAsync(Token);
        using var data = new CodexOS.Testing.TempDirectory();

        var (exitCode, _, errors) = await ServerProcess.RunAsync(
            [
                "serve", "--url", "http://127.0.0.1:0", "--data", data.Path, "--set", "Database:Provider=postgres",
                "--set", $"Database:ConnectionString={PostgresCluster.OwnerOf(database)}",
                "--set", $"Database:MigrationsConnectionString={PostgresCluster.OwnerOf(database)}",
            ],
            Token);

        exitCode.ShouldBe(2);
        errors.ShouldContain("as codexos_owner, which owns the tables");
        errors.ShouldNotContain("   at ");
    }

    private static async Task FillAsync(HttpClient owner)
    {
        using var yaml = new StringContent(
            "name: one\ninstructions: Help.\nmodel: scripted:repo-engineer\n", System.Text.Encoding.UTF8, "application/yaml");
        (await owner.PutAsync(new Uri("/api/v1/agents", UriKind.Relative), yaml, Token)).IsSuccessStatusCode.ShouldBeTrue();
        using var run = await owner.PostAsJsonAsync("/api/v1/agents/one/runs", new { input = "x" }, Token);
        run.IsSuccessStatusCode.ShouldBeTrue(await run.Content.ReadAsStringAsync(Token));
        using var standing = await owner.PostAsJsonAsync(
            "/api/v1/standing-approvals",
            new { agent = "one", tool = "read_file", usesMax = 1, lastsSeconds = 3_600 },
            Token);
        standing.IsSuccessStatusCode.ShouldBeTrue(await standing.Content.ReadAsStringAsync(Token));
    }

    private static async Task<TenantId> TenantOfAsync(HttpClient client)
    {
        var me = await client.GetFromJsonAsync<System.Text.Json.JsonElement>("/api/v1/auth/me", Token);
        return TenantId.Parse(me.GetProperty("tenant").GetProperty("id").GetString()!, null);
    }

    private static async Task<object?> ScalarAsync(NpgsqlDataSource source, string sql, params object[] values)
    {
        await using var command = source.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return await command.ExecuteScalarAsync(Token);
    }

    private static async Task<List<string>> ListAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await using var row = await command.ExecuteReaderAsync(Token);
        var values = new List<string>();
        while (await row.ReadAsync(Token)) values.Add(row.GetString(0));
        return values;
    }
}
