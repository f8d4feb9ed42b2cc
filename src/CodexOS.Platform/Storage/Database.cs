using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CodexOS.Platform.Storage;

/// <summary>The two databases that CodexOS speaks.</summary>
public enum SqlDialect
{
    /// <summary>Embedded, in the data directory.</summary>
    Sqlite,

    /// <summary>PostgreSQL 15 or newer.</summary>
    Postgres,
}

/// <summary>Opens connections to the one configured database.</summary>
public sealed class Database : IAsyncDisposable
{
    private readonly string _sqlite = "";
    private readonly int _busyTimeoutMs;
    private readonly string _postgresConnectionString = "";
    private readonly string? _ownerConnectionString;
    private readonly NpgsqlDataSource? _postgres;

    // A pooled connection is opened for every query and keeps what was set; setting it again costs four statements.
    private readonly ConditionalWeakTable<object, object> _configured = [];

    /// <summary>Reads where the database is; connects only when asked to.</summary>
    public Database(IOptions<DatabaseOptions> options, DataDirectory data)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(data);
        var given = options.Value;
        _busyTimeoutMs = (int)given.BusyTimeout.TotalMilliseconds;
        if (given.Provider == "sqlite")
        {
            Dialect = SqlDialect.Sqlite;
            _sqlite = given.ConnectionString ?? new SqliteConnectionStringBuilder
            {
                DataSource = data.In("codexos.db"),
                ForeignKeys = true,
            }.ConnectionString;
            return;
        }

        Dialect = SqlDialect.Postgres;
        var connection = new NpgsqlConnectionStringBuilder(given.ConnectionString)
        {
            MaxPoolSize = given.ConnectionsMax,
            MaxAutoPrepare = 50,
            ApplicationName = "codexos",
        };
        _postgresConnectionString = connection.ConnectionString;
        if (given.MigrationsConnectionString is { } owner)
        {
            _ownerConnectionString = new NpgsqlConnectionStringBuilder(owner)
            {
                Pooling = false,
                ApplicationName = "codexos migrations",
            }.ConnectionString;
        }

        _postgres = NpgsqlDataSource.Create(connection);
    }

    /// <summary>Which database this is.</summary>
    public SqlDialect Dialect { get; }

    /// <summary>The pool of PostgreSQL connections.</summary>
    /// <exception cref="InvalidOperationException">The database is SQLite.</exception>
    public NpgsqlDataSource Postgres => _postgres ?? throw new InvalidOperationException("The database is SQLite.");

    /// <summary>The SQLite connection string.</summary>
    /// <exception cref="InvalidOperationException">The database is PostgreSQL.</exception>
    public string SqliteConnectionString =>
        Dialect == SqlDialect.Sqlite ? _sqlite : throw new InvalidOperationException("The database is PostgreSQL.");

    /// <summary>The PostgreSQL connection string, password included, for connections outside of the pool.</summary>
    /// <exception cref="InvalidOperationException">The database is SQLite.</exception>
    public string PostgresConnectionString => Dialect == SqlDialect.Postgres
        ? _postgresConnectionString
        : throw new InvalidOperationException("The database is SQLite.");

    /// <summary>
    /// The connection string of the role that owns the tables, for migrations; null where this server applies none.
    /// </summary>
    internal string? OwnerConnectionString => _ownerConnectionString;

    /// <summary>A table's name in a statement: SQLite has no schemas.</summary>
    public string TableOf(string schema, string table) => Dialect == SqlDialect.Sqlite ? table : $"{schema}.{table}";

    /// <summary>Opens a connection, with SQLite set to write-ahead logging and full synchronisation.</summary>
    public async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (_postgres is not null) return await _postgres.OpenConnectionAsync(cancellationToken);
        var connection = new SqliteConnection(_sqlite);
        await connection.OpenAsync(cancellationToken);
        await ConfigureAsync(connection, cancellationToken);
        return connection;
    }

    /// <summary>
    /// Sets what SQLite keeps per connection; and of a database that is new, that pages which are free can be given back.
    /// </summary>
    internal async Task ConfigureAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var handle = ((SqliteConnection)connection).Handle!;
        if (_configured.TryGetValue(handle, out _)) return;
        await using var command = connection.CreateCommand();
        command.CommandText =
            $"PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout={_busyTimeoutMs};";
        await command.ExecuteNonQueryAsync(cancellationToken);
        _configured.AddOrUpdate(handle, this);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null) await _postgres.DisposeAsync();
        else SqliteConnection.ClearPool(new SqliteConnection(_sqlite));
    }
}
