using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.Sql;

/// <summary>A database as a tenant may read it.</summary>
/// <param name="Name">What calls name it.</param>
/// <param name="Description">What is in it.</param>
/// <param name="Database">The database.</param>
/// <param name="Label">What its rows are labelled with.</param>
internal sealed record SqlGrant(string Name, string Description, SqlDatabase Database, Label Label);

/// <summary>The databases that the operator has set up, opened when they are first asked for.</summary>
internal sealed class SqlDatabases(IOptions<SqlOptions> options, TimeProvider clock) : IAsyncDisposable
{
    private const int SecretBytesMax = 16_384;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SqlDatabase> _open = new(StringComparer.Ordinal);

    /// <summary>The names of those that a tenant may read.</summary>
    public IReadOnlyList<string> NamesFor(TenantId tenant) =>
        [
            .. options.Value.Databases.Where(it => IsFor(it.Value, tenant)).Select(static it => it.Key)
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>One of them; another tenant's is as if it were not there.</summary>
    public Result<SqlGrant> Find(TenantId tenant, string name)
    {
        if (!options.Value.Databases.TryGetValue(name, out var given) || !IsFor(given, tenant))
            return SqlFaults.NotFound(name, NamesFor(tenant));
        if (!OpenOnce(name, given).TryGet(out var database, out var fault)) return fault;
        var readers = given.Readers.Count > 0 ? Readers.Of(given.Readers) : Readers.Tenant;
        // Statements can hold any words, and results can repeat them.
        return new SqlGrant(name, given.Description, database, new Label(given.Source, readers) { IsEcho = true });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _open.Values) await database.DisposeAsync();
    }

    private static bool IsFor(SqlDatabaseOptions database, TenantId tenant) =>
        database.Tenants.Contains(SqlDatabaseOptions.AllTenants) || database.Tenants.Contains(tenant.ToString());

    private Result<SqlDatabase> OpenOnce(string name, SqlDatabaseOptions given)
    {
        lock (_lock)
        {
            if (_open.TryGetValue(name, out var known)) return known;
            if (!Make(name, given).TryGet(out var made, out var fault)) return fault;
            _open.Add(name, made);
            return made;
        }
    }

    private Result<SqlDatabase> Make(string name, SqlDatabaseOptions given)
    {
        if (given.Path is { Length: > 0 } path) return new SqliteDatabase(name, path, options.Value, clock);
        var connectionString = given.ConnectionString;
        if (given.ConnectionStringFile is { Length: > 0 } file)
        {
            var facts = new FileInfo(file);
            if (!facts.Exists || facts.Length > SecretBytesMax)
                return SqlFaults.Unavailable(name, "the file of its connection string is missing or too large.");
            connectionString = File.ReadAllText(file).Trim();
        }

        try
        {
            return new PostgresDatabase(name, connectionString!, options.Value, clock);
        }
        catch (ArgumentException)
        {
            // The message could repeat the password.
            return SqlFaults.Unavailable(name, "its connection string cannot be read.");
        }
    }
}
