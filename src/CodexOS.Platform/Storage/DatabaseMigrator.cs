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

    /// <summary>Applies what is missing, in the order in which the modules were registered.</summary>
    /// <exception cref="InvalidOperationException">A migration failed; the start must not go on.</exception>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        // One connection stays open: it keeps SQLite's write-ahead log alive, and holds the lock on PostgreSQL.
        await using var connection = await database.OpenAsync(cancellationToken);
        if (connection is NpgsqlConnection postgres)
        {
            await using var command = postgres.CreateCommand();
            command.CommandText = $"SELECT pg_advisory_lock({AdvisoryLock})";
            command.CommandTimeout = LockTimeoutSeconds;
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        foreach (var module in modules)
        {
            // Most starts find nothing to do; asking that in plain SQL spares them the loading of DbUp.
            if (await IsUpToDateAsync(connection, module, cancellationToken)) continue;
            if (connection is NpgsqlConnection)
            {
                await using var command = connection.CreateCommand();
                command.CommandText = $"CREATE SCHEMA IF NOT EXISTS {module.Schema}";
                await command.ExecuteNonQueryAsync(cancellationToken);
            }

            var result = BuilderFor(module)
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

            foreach (var script in result.Scripts) LogApplied(module.Schema, script.Name);
        }

        Done = true;
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

    private UpgradeEngineBuilder BuilderFor(ModuleMigrations module) => database.Dialect == SqlDialect.Sqlite
        ? DeployChanges.To.SqliteDatabase(database.SqliteConnectionString)
            .JournalToSqliteTable(VersionTableOnSqlite(module))
        : DeployChanges.To.PostgresqlDatabase(new PostgresqlConnectionManager(database.Postgres))
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
