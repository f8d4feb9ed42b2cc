namespace CodexOS.Cli.Contracts;

/// <summary>How <c>codexos serve</c> was asked to start; what is null or empty is left to the configuration.</summary>
/// <param name="Url">Where to listen.</param>
/// <param name="Data">The data directory.</param>
/// <param name="Roles">The roles of this process.</param>
/// <param name="Settings">Single settings, by configuration key.</param>
public sealed record ServeOptions(
    Uri? Url, string? Data, IReadOnlyList<string> Roles, IReadOnlyList<KeyValuePair<string, string>> Settings);
