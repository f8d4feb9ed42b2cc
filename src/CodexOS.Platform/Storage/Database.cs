using System.Collections.Immutable;
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

/// <summary>
/// Opens connections to the configured database: the home database, and the shards beside it, in which the work of tenants can
/// lie. What does not name a place means the home database.
/// </summary>
public sealed class Database : IAsyncDisposable
{
    private readonly string _sqlite = "";
    private readonly int _busyTimeoutMs;
    private readonly string _postgresConnectionString = "";
    private readonly NpgsqlDataSource? _postgres;

    // A pooled connection is opened for every query and keeps what was set; setting it again costs four statements.
    private readonly ConditionalWeakTable<object, object> _configured = [];

    // Connections to shards know whose they are; all others are the home database's.
    private readonly ConditionalWeakTable<DbConnection, Place> _elsewhere = [];

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
            Places = [new Place(Place.HomeName, null, null)];
            return;
        }

        Dialect = SqlDialect.Postgres;
        var connection = ServerOf(given.ConnectionString, given.ConnectionsMax);
        _postgresConnectionString = connection.ConnectionString;
        _postgres = NpgsqlDataSource.Create(connection);
        Places =
        [
            new Place(Place.HomeName, _postgres, OwnerOf(given.MigrationsConnectionString)),
            .. given.Shards.OrderBy(static shard => shard.Key, StringComparer.Ordinal).Select(shard => new Place(
                shard.Key,
                NpgsqlDataSource.Create(ServerOf(shard.Value.ConnectionString, given.ConnectionsMax)),
                OwnerOf(shard.Value.MigrationsConnectionString))),
        ];
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

    /// <summary>Where rows of tenants can lie: the home database, and then the shards by name.</summary>
    public ImmutableArray<Place> Places { get; }

    /// <summary>The home database.</summary>
    public Place Home => Places[0];

    /// <summary>Whether there is any place beside the home database.</summary>
    public bool HasShards => Places.Length > 1;

    /// <summary>The place of a name, or null if the settings do not know it.</summary>
    public Place? FindPlace(string name) => Places.FirstOrDefault(place => place.Name == name);

    /// <summary>Which place a connection goes to.</summary>
    public Place PlaceOf(DbConnection connection) =>
        HasShards && _elsewhere.TryGetValue(connection, out var place) ? place : Home;

    /// <summary>Makes a connection to a place on PostgreSQL, not opened yet.</summary>
    public NpgsqlConnection ConnectionTo(Place place)
    {
        ArgumentNullException.ThrowIfNull(place);
        return Known(place.Postgres.CreateConnection(), place);
    }

    /// <summary>Opens a connection to a place.</summary>
    public async Task<DbConnection> OpenAsync(Place place, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(place);
        return place.IsHome
            ? await OpenAsync(cancellationToken)
            : Known(await place.Postgres.OpenConnectionAsync(cancellationToken), place);
    }

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
        if (_postgres is null)
        {
            SqliteConnection.ClearPool(new SqliteConnection(_sqlite));
            return;
        }

        foreach (var place in Places) await place.Postgres.DisposeAsync();
    }

    private static NpgsqlConnectionStringBuilder ServerOf(string? connectionString, int connectionsMax) =>
        new(connectionString) { MaxPoolSize = connectionsMax, MaxAutoPrepare = 50, ApplicationName = "codexos" };

    private static string? OwnerOf(string? connectionString) => connectionString is null
        ? null
        : new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            ApplicationName = "codexos migrations",
        }.ConnectionString;

    private NpgsqlConnection Known(NpgsqlConnection connection, Place place)
    {
        if (!place.IsHome) _elsewhere.AddOrUpdate(connection, place);
        return connection;
    }
}
