using System.Data.Common;
using System.Text;
using DbUp;
using DbUp.Builder;
using DbUp.Engine;
using DbUp.Engine.Output;
using DbUp.Postgresql;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CodexOS.Platform.Storage;

/// <summary>Brings every module's schema up to date, each with a version table of its own, before anything is served.</summary>
internal sealed partial class DatabaseMigrator(
    Database database, IEnumerable<ModuleMigrations> modules, ILogger<DatabaseMigrator> log)
{
    private const long AdvisoryLock = 0x436F646578_4F53;
    private const string VersionTableOnPostgres = "schema_versions";

    // Servers that start together wait while one of them migrates, which takes as long as it takes with large tables.
    private const int LockTimeoutSeconds = 3_600;

    /// <summary>Whether this process has brought the database up to date.</summary>
    public bool Done { get; private set; }

    /// <summary>
    /// Applies what is missing, in the order in which the modules were registered. On PostgreSQL that is the work of the role
    /// that owns the tables; afterwards the server's own role is looked at, which must own none.
    /// </summary>
    /// <exception cref="InvalidOperationException">A migration failed; the start must not go on.</exception>
    /// <exception cref="DatabaseRefusedException">The database or the role is not one to serve with.</exception>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        if (database.Dialect is SqlDialect.Sqlite)
        {
            // One connection stays open, which keeps the write-ahead log alive.
            await using var connection = await database.OpenAsync(cancellationToken);
            await ApplyAsync(connection, null, cancellationToken);
        }
        else
        {
            foreach (var place in database.Places) await MigratePostgresAsync(place, cancellationToken);
        }

        Done = true;
    }

    /// <summary>
    /// A shard gets the tables of all modules, of which it uses few: so there is one set of migrations, and one version.
    /// </summary>
    private async Task MigratePostgresAsync(Place place, CancellationToken cancellationToken)
    {
        try
        {
            await MigratePlaceAsync(place, cancellationToken);
        }
        catch (DatabaseRefusedException refused) when (!place.IsHome)
        {
            throw new DatabaseRefusedException($"In the shard {place}: {refused.Message}");
        }
    }

    private async Task MigratePlaceAsync(Place place, CancellationToken cancellationToken)
    {
        await using var server = await place.Postgres.OpenConnectionAsync(cancellationToken);
        if (place.OwnerConnectionString is { } owner)
        {
            try
            {
                await MigrateAsOwnerAsync(owner, await RowSecurity.UserOfAsync(server, cancellationToken), cancellationToken);
            }
            catch (Exception error) when ((error as PostgresException ?? error.InnerException as PostgresException)
                is { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused)
            {
                throw RowSecurity.NotTheOwner(refused.MessageText);
            }
        }
        else
        {
            foreach (var module in modules)
            {
                if (!await IsUpToDateForServerAsync(server, module, cancellationToken)) throw RowSecurity.MigrationsMissing;
            }
        }

        await RowSecurity.CheckAsync(server, cancellationToken);
        await ClaimNameAsync(server, place, cancellationToken);
    }

    /// <summary>Two names for one database would make a move copy rows onto themselves.</summary>
    private static async Task ClaimNameAsync(NpgsqlConnection server, Place place, CancellationToken cancellationToken)
    {
        await using var claim = new NpgsqlBatch(server)
        {
            BatchCommands =
            {
                new("INSERT INTO platform.own_place (own_place_id, name) VALUES (1, $1) ON CONFLICT DO NOTHING")
                {
                    Parameters = { new() { Value = place.Name } },
                },
                new("SELECT name FROM platform.own_place"),
            },
        };
        if (await claim.ExecuteScalarAsync(cancellationToken) is string name && name != place.Name)
        {
            throw new DatabaseRefusedException(
                $"The database that the settings call {place} is called {name} already. Each of Database:ConnectionString (home) "
                + "and Database:Shards needs a database of its own, under the name that it had at first.");
        }
    }

    private async Task MigrateAsOwnerAsync(string connectionString, string server, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        // Holds the lock for as long as it is open.
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = $"SELECT pg_advisory_lock({AdvisoryLock})";
            command.CommandTimeout = LockTimeoutSeconds;
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        var applied = await ApplyAsync(connection, source, cancellationToken);
        if (applied > 0 || !await RowSecurity.IsAppliedAsync(connection, server, cancellationToken))
            await RowSecurity.ApplyAsync(connection, server, cancellationToken);
    }

    /// <summary>Applies the migrations of all modules; how many there were to apply.</summary>
    private async Task<int> ApplyAsync(
        DbConnection connection, NpgsqlDataSource? postgres, CancellationToken cancellationToken)
    {
        var applied = 0;
        foreach (var module in modules)
        {
            // Most starts find nothing to do; asking that in plain SQL spares them the loading of DbUp.
            if (await IsUpToDateAsync(connection, module, cancellationToken)) continue;
            if (postgres is not null)
            {
                await using var command = connection.CreateCommand();
                command.CommandText = $"CREATE SCHEMA IF NOT EXISTS {module.Schema}";
                await command.ExecuteNonQueryAsync(cancellationToken);
            }

            var result = BuilderFor(module, postgres)
                .WithScripts(ScriptsOf(module))
                .WithTransactionPerScript()
                .WithVariablesDisabled()
                .LogTo(new NoLog())
                .Build()
                .PerformUpgrade();
            if (!result.Successful)
            {
                throw new InvalidOperationException(
                    $"The migration {module.Schema}/{result.ErrorScript?.Name} failed: {result.Error.Message}",
                    result.Error);
            }

            foreach (var script in result.Scripts)
            {
                LogApplied(module.Schema, script.Name);
                applied++;
            }
        }

        return applied;
    }

    /// <summary>The same as the server's role, which may not even be allowed to look.</summary>
    private async Task<bool> IsUpToDateForServerAsync(
        NpgsqlConnection server, ModuleMigrations module, CancellationToken cancellationToken)
    {
        try
        {
            return await IsUpToDateAsync(server, module, cancellationToken);
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.InsufficientPrivilege)
        {
            return false;
        }
    }

    /// <summary>Whether every script of a module is in its version table.</summary>
    private async Task<bool> IsUpToDateAsync(
        DbConnection connection, ModuleMigrations module, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        var versions = database.Dialect == SqlDialect.Sqlite
            ? VersionTableOnSqlite(module)
            : $"{module.Schema}.{VersionTableOnPostgres}";
        command.CommandText = database.Dialect == SqlDialect.Sqlite
            ? $"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{versions}'"
            : $"SELECT 1 WHERE to_regclass('{versions}') IS NOT NULL";
        if (await command.ExecuteScalarAsync(cancellationToken) is null) return false;

        command.CommandText = $"SELECT scriptname FROM {versions}";
        var applied = new HashSet<string>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken)) applied.Add(rows.GetString(0));
        return NamesOf(module).All(name => applied.Contains(name[Folder.Length..]));
    }

    private UpgradeEngineBuilder BuilderFor(ModuleMigrations module, NpgsqlDataSource? postgres) => postgres is null
        ? DeployChanges.To.SqliteDatabase(database.SqliteConnectionString)
            .JournalToSqliteTable(VersionTableOnSqlite(module))
        : DeployChanges.To.PostgresqlDatabase(new PostgresqlConnectionManager(postgres))
            .JournalToPostgresqlTable(module.Schema, VersionTableOnPostgres);

    private static string VersionTableOnSqlite(ModuleMigrations module) => $"{module.Schema}_schema_versions";

    private string Folder => database.Dialect == SqlDialect.Sqlite ? "sqlite/" : "postgres/";

    private IEnumerable<string> NamesOf(ModuleMigrations module) => module.Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private IEnumerable<SqlScript> ScriptsOf(ModuleMigrations module)
    {
        foreach (var name in NamesOf(module))
        {
            using var stream = module.Assembly.GetManifestResourceStream(name)!;
            yield return SqlScript.FromStream(name[Folder.Length..], stream, Encoding.UTF8);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied the migration {Module}/{Script}.")]
    private partial void LogApplied(string module, string script);

    /// <summary>DbUp's own chatter is not wanted: what was applied is logged above, what failed is thrown.</summary>
    private sealed class NoLog : IUpgradeLog
    {
        public void LogTrace(string format, params object[] args) { }

        public void LogDebug(string format, params object[] args) { }

        public void LogInformation(string format, params object[] args) { }

        public void LogWarning(string format, params object[] args) { }

        public void LogError(string format, params object[] args) { }

        public void LogError(Exception ex, string format, params object[] args) { }
    }
}
