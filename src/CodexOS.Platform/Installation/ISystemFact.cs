using System.Reflection;
using CodexOS.Platform.Storage;

namespace CodexOS.Platform.Installation;

/// <summary>One member of what <c>GET /api/v1/system</c> says about this installation. Registered by its owner.</summary>
public interface ISystemFact
{
    /// <summary>The member's name, camelCase.</summary>
    string Name { get; }

    /// <summary>The type of its value; the API document describes it.</summary>
    Type ValueType { get; }

    /// <summary>Its present value. It never holds a secret.</summary>
    ValueTask<object> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>The version of CodexOS.</summary>
public sealed class VersionFact : ISystemFact
{
    /// <summary>The version, for instance <c>0.1.0</c>.</summary>
    public static string Version { get; } =
        typeof(VersionFact).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <inheritdoc />
    public string Name => "version";

    /// <inheritdoc />
    public Type ValueType => typeof(string);

    /// <inheritdoc />
    public ValueTask<object> ReadAsync(CancellationToken cancellationToken) => ValueTask.FromResult<object>(Version);
}

/// <summary>The kind of database.</summary>
internal sealed class DatabaseFact(Database database) : ISystemFact
{
    public string Name => "database";

    public Type ValueType => typeof(SqlDialect);

    public ValueTask<object> ReadAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<object>(database.Dialect);
}

/// <summary>What keeps the rows of tenants apart.</summary>
/// <param name="ByDatabase">Whether the database does so itself, and not only the server's queries.</param>
/// <param name="Tables">How many tables have rows of tenants.</param>
/// <param name="Unprotected">Tables on which the database does not, by name; empty where it is not asked to.</param>
/// <param name="Note">What that means.</param>
public sealed record TenantIsolation(bool ByDatabase, int Tables, IReadOnlyList<string> Unprotected, string Note);

/// <summary>What keeps the rows of tenants apart, looked up in the database's catalogue.</summary>
internal sealed class IsolationFact(Database database) : ISystemFact
{
    public string Name => "isolation";

    public Type ValueType => typeof(TenantIsolation);

    public async ValueTask<object> ReadAsync(CancellationToken cancellationToken)
    {
        if (database.Dialect is SqlDialect.Sqlite)
        {
            return new TenantIsolation(
                false, await TablesOnSqliteAsync(cancellationToken), [],
                "The server's queries filter by tenant; SQLite has no row-level security.");
        }

        var (count, open, role) = (0, new List<string>(), "");
        foreach (var place in database.Places)
        {
            await using var command = place.Postgres.CreateCommand(
                "SELECT name::text, is_protected, current_user::text FROM platform.tenant_tables ORDER BY 1 LIMIT 10000");
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                count++;
                if (!row.GetBoolean(1)) open.Add(place.IsHome ? row.GetString(0) : $"{place}: {row.GetString(0)}");
                if (place.IsHome) role = row.GetString(2);
            }
        }

        return new TenantIsolation(
            open.Count == 0, count, open,
            open.Count == 0
                ? $"Row-level security is forced on every table of tenants; the server works as {role}, which owns none."
                : "Row-level security is not in force on some tables. Restart with Database:MigrationsConnectionString.");
    }

    private async Task<int> TablesOnSqliteAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT count(*) FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'tenant_id'";
        return (int)(long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
