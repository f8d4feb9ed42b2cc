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

    /// <summary>Most connections that are open to PostgreSQL at once.</summary>
    [Range(4, 200)]
    public int ConnectionsMax { get; set; } = 40;

    /// <summary>How long a statement may wait for a lock in SQLite.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
