using System.ComponentModel.DataAnnotations;

namespace CodexOS.Identity.Scim;

/// <summary>What identity providers may do over SCIM at once, and how much of it there may be.</summary>
public sealed class ScimOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Scim";

    /// <summary>How many users or groups one answer lists at most; a provider that asks for more is given so many.</summary>
    [Range(1, 1_000)]
    public int PageSizeMax { get; set; } = 200;

    /// <summary>How many groups a tenant may have.</summary>
    [Range(1, 100_000)]
    public int GroupsPerTenantMax { get; set; } = 2_000;

    /// <summary>How many people a group may have.</summary>
    [Range(1, 100_000)]
    public int MembersPerGroupMax { get; set; } = 10_000;

    /// <summary>How many operations one PATCH may have.</summary>
    [Range(1, 10_000)]
    public int PatchOperationsMax { get; set; } = 1_000;
}
