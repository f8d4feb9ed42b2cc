using System.ComponentModel.DataAnnotations;

namespace CodexOS.Agents;

/// <summary>The bounds of what authors and callers may send.</summary>
public sealed class AgentsOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Agents";

    /// <summary>Most bytes of a definition's text.</summary>
    [Range(1_024, 4 * 1024 * 1024)]
    public int DefinitionSizeBytesMax { get; set; } = 256 * 1024;

    /// <summary>Most agents of a tenant.</summary>
    [Range(1, 100_000)]
    public int AgentsPerTenantMax { get; set; } = 1_000;

    /// <summary>Most versions of an agent.</summary>
    [Range(1, 100_000)]
    public int VersionsPerAgentMax { get; set; } = 10_000;

    /// <summary>Whether a tenant is given the demo agent once.</summary>
    public bool DemoAgent { get; set; } = true;
}
