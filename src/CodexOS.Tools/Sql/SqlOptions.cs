using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using CodexOS.Platform.Ids;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Sql;

/// <summary>
/// The databases that the tools <c>sql_query</c> and <c>sql_schema</c> may read, and the bounds of what they read.
/// </summary>
public sealed partial class SqlOptions : IValidatableObject
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Tools:Sql";

    /// <summary>The databases, by the name that calls use: lowercase letters, digits, dashes and underscores.</summary>
    public Dictionary<string, SqlDatabaseOptions> Databases { get; } = new(StringComparer.Ordinal);

    /// <summary>How long a statement may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan TimeMax { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Most rows of a result.</summary>
    [Range(1, 10_000)]
    public int RowsMax { get; set; } = 500;

    /// <summary>Most characters of a result; the row that exceeds it is the last.</summary>
    [Range(1_000, 1_000_000)]
    public int ResultLengthMax { get; set; } = 50_000;

    /// <summary>Most characters that are shown of a value; of binary ones, most bytes.</summary>
    [Range(16, 1_000_000)]
    public int ValueLengthMax { get; set; } = 4_000;

    /// <summary>Most connections to one database at once; further calls wait for their turn within their time.</summary>
    [Range(1, 100)]
    public int ConnectionsMax { get; set; } = 4;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, database) in Databases)
        {
            var path = $"{Section}:{nameof(Databases)}:{name}";
            if (!DatabaseName().IsMatch(name))
                yield return new ValidationResult($"{path}: choose a name of lowercase letters, digits, dashes and underscores.");
            foreach (var wrong in database.WhatIsWrong()) yield return new ValidationResult($"{path}: {wrong}");
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9_-]{0,62}$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex DatabaseName();
}

/// <summary>A database that may be read: a SQLite file, or a PostgreSQL database by its connection string.</summary>
public sealed class SqlDatabaseOptions
{
    /// <summary>The word for all tenants.</summary>
    public const string AllTenants = "*";

    /// <summary>What is in it, for the model; one or two sentences.</summary>
    public string Description { get; set; } = "";

    /// <summary>The absolute path of a SQLite file. It is opened read-only.</summary>
    public string? Path { get; set; }

    /// <summary>
    /// A PostgreSQL connection string. Its role must not be a superuser, nor be able to reach files, programs or other servers.
    /// Prefer <see cref="ConnectionStringFile"/>, which keeps the password out of the process's environment.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>A file that holds the connection string and nothing else.</summary>
    public string? ConnectionStringFile { get; set; }

    /// <summary>The tenants that may read it, by id; <c>*</c> is all of them. Nobody may read one without.</summary>
    public IList<string> Tenants { get; } = [];

    /// <summary>
    /// How far what is in it can be trusted: Web if strangers can write some of it, Tool if nobody vouches for it, Tenant if only
    /// members of the tenant write it.
    /// </summary>
    public Integrity Source { get; set; } = Integrity.Web;

    /// <summary>
    /// Who may read its rows: addresses, or the words tenant, owner, everyone; the members of the tenant if empty.
    /// </summary>
    public IList<string> Readers { get; } = [];

    /// <summary>What is wrong with it, in words.</summary>
    internal IEnumerable<string> WhatIsWrong()
    {
        var ways = ((string?[])[Path, ConnectionString, ConnectionStringFile]).Count(static way => !string.IsNullOrEmpty(way));
        if (ways != 1) yield return "set one of Path, ConnectionString and ConnectionStringFile.";
        if (Path is { Length: > 0 } path && !System.IO.Path.IsPathRooted(path)) yield return "Path must be absolute.";
        if (Source is not (Integrity.Web or Integrity.Tool or Integrity.Tenant)) yield return "Source must be Web, Tool or Tenant.";
        if (Description.Length > 500) yield return "Description has at most 500 characters.";
        foreach (var tenant in Tenants)
        {
            if (tenant != AllTenants && !TenantId.TryParse(tenant, null, out _)) yield return $"'{tenant}' is no tenant's id, and not *.";
        }
    }
}
