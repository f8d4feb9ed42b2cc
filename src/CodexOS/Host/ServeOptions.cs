using System.Collections.Immutable;

namespace CodexOS.Host;

/// <summary>What the command line says about a server; everything else comes from the configuration.</summary>
/// <param name="Url">Where to listen, or null for the configured address.</param>
/// <param name="Data">The data directory, or null for the configured one.</param>
/// <param name="Role">The roles, separated by commas, or null for the configured ones.</param>
/// <param name="Settings">Settings that win over file and environment, each <c>Section:Name=value</c>.</param>
internal sealed record ServeOptions(string? Url, string? Data, string? Role, ImmutableArray<string> Settings);
