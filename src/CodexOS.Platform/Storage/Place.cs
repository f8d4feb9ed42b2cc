using Npgsql;

namespace CodexOS.Platform.Storage;

/// <summary>
/// A database in which rows of tenants can lie: the home database, which has everything that is the installation's as well, or
/// a shard, which has the work of tenants and nothing else.
/// </summary>
public sealed class Place
{
    /// <summary>The name of the home database.</summary>
    public const string HomeName = "home";

    private readonly NpgsqlDataSource? _postgres;

    internal Place(string name, NpgsqlDataSource? postgres, string? ownerConnectionString) =>
        (Name, _postgres, OwnerConnectionString) = (name, postgres, ownerConnectionString);

    /// <summary>What the settings call it.</summary>
    public string Name { get; }

    /// <summary>Whether it is the home database.</summary>
    public bool IsHome => Name == HomeName;

    /// <summary>The pool of PostgreSQL connections.</summary>
    /// <exception cref="InvalidOperationException">The database is SQLite.</exception>
    public NpgsqlDataSource Postgres => _postgres ?? throw new InvalidOperationException("The database is SQLite.");

    /// <summary>
    /// The connection string of the role that owns the tables, for migrations; null where this server applies none.
    /// </summary>
    internal string? OwnerConnectionString { get; }

    /// <inheritdoc />
    public override string ToString() => Name;
}

/// <summary>Where the rows of a module lie.</summary>
public enum Placement
{
    /// <summary>In the home database: they are the installation's, or there has to be one place to look for them.</summary>
    Home,

    /// <summary>Each in the place of its tenant.</summary>
    WithTenant,
}
