namespace CodexOS.Cli.Contracts;

/// <summary>What is to be done to the database of an installation.</summary>
public enum DatabaseTask
{
    /// <summary>Make the roles that the settings name.</summary>
    Prepare,

    /// <summary>Bring the tables up to date.</summary>
    Migrate,
}

/// <summary>How <c>codexos database</c> was asked to do something.</summary>
/// <param name="Task">What.</param>
/// <param name="Administrator">
/// With <see cref="DatabaseTask.Prepare"/>: the connection string of a PostgreSQL administrator who is to do it; null prints
/// what one would have to do.
/// </param>
/// <param name="Settings">Single settings, by configuration key, over file and environment.</param>
public sealed record DatabaseCommand(
    DatabaseTask Task, string? Administrator, IReadOnlyList<KeyValuePair<string, string>> Settings)
{
    /// <summary>The shard that is prepared; null for the home database.</summary>
    public string? Shard { get; init; }
}
