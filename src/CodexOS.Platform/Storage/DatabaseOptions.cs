using System.ComponentModel.DataAnnotations;

namespace CodexOS.Platform.Storage;

/// <summary>Where CodexOS keeps its rows.</summary>
public sealed class DatabaseOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Database";

    /// <summary><c>sqlite</c> (a file in the data directory, the default) or <c>postgres</c>.</summary>
    [Required, RegularExpression("^(sqlite|postgres)$", ErrorMessage = "Database:Provider must be sqlite or postgres.")]
    public string Provider { get; set; } = "sqlite";

    /// <summary>
    /// The connection string; needed for PostgreSQL, and by default <c>codexos.db</c> in the data directory for SQLite.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// How the start signs in to PostgreSQL to change tables: as the role that owns them. The server itself works as the role
    /// of <c>ConnectionString</c>, which owns none, so that row-level security holds it. May be left out where another server,
    /// or an administrator, applies the migrations. <c>codexos database prepare</c> makes both roles.
    /// </summary>
    public string? MigrationsConnectionString { get; set; }

    /// <summary>Most connections that are open to PostgreSQL at once.</summary>
    [Range(4, 200)]
    public int ConnectionsMax { get; set; } = 40;

    /// <summary>How long a statement may wait for a lock in SQLite.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
