using System.ComponentModel.DataAnnotations;

namespace CodexOS.Trust.Holds;

/// <summary>Limits of legal holds.</summary>
public sealed class HoldOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Holds";

    /// <summary>How many holds a tenant may have in force at once.</summary>
    [Range(1, 10_000)]
    public int HoldsMax { get; set; } = 500;
}
