using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace CodexOS.Platform.Storage;

/// <summary>Where CodexOS keeps its rows.</summary>
public sealed partial class DatabaseOptions : IValidatableObject
{
    /// <summary>Most shards.</summary>
    public const int ShardsMax = 32;

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

    /// <summary>
    /// Further PostgreSQL databases, in which the work of tenants can lie, by the name that <c>codexos tenants move</c> knows
    /// them by: 1 to 32 lowercase letters, digits and dashes.
    /// </summary>
    public Dictionary<string, ShardOptions> Shards { get; } = new(StringComparer.Ordinal);

    /// <summary>Most connections that are open to PostgreSQL at once, to each database.</summary>
    [Range(4, 200)]
    public int ConnectionsMax { get; set; } = 40;

    /// <summary>How long a statement may wait for a lock in SQLite.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Shards.Count == 0) yield break;
        if (Provider != "postgres")
            yield return new ValidationResult("Database:Shards needs Database:Provider=postgres: SQLite is one file.");
        if (Shards.Count > ShardsMax) yield return new ValidationResult($"Database:Shards names more than {ShardsMax} databases.");
        foreach (var (name, shard) in Shards)
        {
            if (!ShardName().IsMatch(name))
            {
                yield return new ValidationResult(
                    $"Database:Shards:{name}: choose a name of 1 to 32 lowercase letters, digits and dashes.");
            }

            if (name == Place.HomeName)
            {
                yield return new ValidationResult(
                    "Database:Shards:home: home is the name of Database:ConnectionString. Choose another one.");
            }

            if (string.IsNullOrEmpty(shard.ConnectionString))
                yield return new ValidationResult($"Database:Shards:{name}:ConnectionString: name the database.");
        }
    }

    [GeneratedRegex("^[a-z0-9-]{1,32}$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ShardName();
}

/// <summary>A further PostgreSQL database, in which the work of tenants can lie.</summary>
public sealed class ShardOptions
{
    /// <summary>The connection string of the role that the server works as, which owns nothing there either.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// How the start signs in to change tables there, as the role that owns them. May be left out as the home database's may.
    /// </summary>
    public string? MigrationsConnectionString { get; set; }
}
