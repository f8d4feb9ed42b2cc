namespace CodexOS.Cli.Contracts;

/// <summary>How <c>codexos database prepare</c> was asked to make the roles of an installation.</summary>
/// <param name="Administrator">
/// The connection string of a PostgreSQL administrator who is to do it; null prints what one would have to do.
/// </param>
/// <param name="Settings">Single settings, by configuration key, over file and environment.</param>
public sealed record PrepareOptions(string? Administrator, IReadOnlyList<KeyValuePair<string, string>> Settings);
