using CodexOS.Cli.Contracts;
using CodexOS.Host;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Npgsql;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Tenancy;

/// <summary>What an administrator does once, and again after an upgrade from a version that knew one role.</summary>
public sealed class DatabasePreparationTests(PostgresCluster postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Prepared_twice_by_an_administrator_a_database_is_one_that_a_server_starts_on()
    {
        var database = await postgres.CreateDatabaseAsync(Token);
        var name = new NpgsqlConnectionStringBuilder(database).Database + "_prepared";
        var server = new NpgsqlConnectionStringBuilder(database) { Username = "prepared server", Database = name };
        var owner = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = "prepared_owner" };
        string[] settings =
        [
            "Database:Provider=postgres", $"Database:ConnectionString={server}",
            $"Database:MigrationsConnectionString={owner}",
        ];
        var options = new DatabaseCommand(
            DatabaseTask.Prepare,
            new NpgsqlConnectionStringBuilder(PostgresCluster.AdministratorOf(database)) { Database = "postgres" }.ConnectionString,
            [.. settings.Select(Setting)]);

        (await DatabasePreparation.RunAsync(options, Token)).ShouldBe(0);
        // A server that does not know the owner starts once somebody who does has migrated.
        string[] withoutOwner = [.. settings.SkipLast(1)];
        await Should.ThrowAsync<CodexOS.Platform.Storage.DatabaseRefusedException>(
            () => CodexServer.StartAsync(settings: withoutOwner, cancellationToken: Token));
        var migrate = options with { Task = DatabaseTask.Migrate, Administrator = null };
        (await DatabaseMigration.RunAsync(migrate, Token)).ShouldBe(0);
        (await DatabaseMigration.RunAsync(migrate, Token)).ShouldBe(0);
        await using (await CodexServer.StartAsync(settings: withoutOwner, cancellationToken: Token))
        {
        }

        (await DatabasePreparation.RunAsync(options, Token)).ShouldBe(0);
        await using (await CodexServer.StartAsync(settings: settings, cancellationToken: Token))
        {
        }
    }

    [Fact]
    public async Task Tables_of_a_version_that_knew_one_role_are_handed_over_to_the_owner()
    {
        var database = await postgres.CreateDatabaseAsync(Token);
        await using (await CodexServer.StartAsync(database, cancellationToken: Token))
        {
        }

        var server = new NpgsqlConnectionStringBuilder(database);
        var owner = new NpgsqlConnectionStringBuilder(PostgresCluster.OwnerOf(database));
        await using var all = NpgsqlDataSource.Create(PostgresCluster.AdministratorOf(database));
        // As it was: the server's role owned everything, and nothing was protected.
        await ExecuteAsync(all, DatabasePreparation.SqlFor(owner, server));
        await ExecuteAsync(all, "ALTER TABLE runs.runs DISABLE ROW LEVEL SECURITY");
        await Should.ThrowAsync<CodexOS.Platform.Storage.DatabaseRefusedException>(
            () => CodexServer.StartAsync(database, cancellationToken: Token));

        await ExecuteAsync(all, DatabasePreparation.SqlFor(server, owner));

        await using (await CodexServer.StartAsync(database, cancellationToken: Token))
        {
        }
    }

    [Fact]
    public void The_printed_statements_have_no_password_in_them()
    {
        var server = new NpgsqlConnectionStringBuilder("Host=x;Database=d;Username=s;Password=correct horse");
        var owner = new NpgsqlConnectionStringBuilder("Host=x;Database=d;Username=o;Password=battery staple");

        var sql = DatabasePreparation.SqlFor(server, owner);

        sql.ShouldContain("SCRAM-SHA-256$4096:");
        sql.ShouldNotContain("correct horse");
        sql.ShouldNotContain("battery staple");
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }

    private static KeyValuePair<string, string> Setting(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return new(text[..at], text[(at + 1)..]);
    }
}
