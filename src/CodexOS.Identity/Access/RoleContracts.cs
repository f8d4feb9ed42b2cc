using System.ComponentModel.DataAnnotations;

namespace CodexOS.Identity.Access;

/// <summary>A role: what its holders may do.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for.</param>
/// <param name="BuiltIn">Whether it comes with CodexOS and cannot be changed.</param>
/// <param name="Permissions">What its holders may do, sorted.</param>
/// <param name="Revision">Grows with every change; 0 for a built-in role.</param>
public sealed record TenantRole(
    string Name, string Description, bool BuiltIn, IReadOnlyList<string> Permissions, int Revision);

/// <summary>A role to make.</summary>
public sealed record CreateRoleRequest
{
    /// <summary>Its name: 2 to 40 lowercase letters, digits and hyphens, beginning with a letter.</summary>
    [Required(ErrorMessage = "Give the role a name.")]
    [RegularExpression(
        RoleNames.Pattern, ErrorMessage = $"A name has {RoleNames.PatternInWords}.")]
    public string Name { get; init; } = "";

    /// <summary>What it is for.</summary>
    [StringLength(500, ErrorMessage = "A description has at most 500 characters.")]
    public string Description { get; init; } = "";

    /// <summary>What its holders may do. You can give only what you hold yourself.</summary>
    [Required(ErrorMessage = "Say what holders of the role may do.")]
    [MaxLength(100, ErrorMessage = "A role has at most 100 permissions.")]
    public IReadOnlyList<string> Permissions { get; init; } = [];
}

/// <summary>What to change of a role. What is left out stays.</summary>
public sealed record UpdateRoleRequest
{
    /// <summary>What it is for.</summary>
    [StringLength(500, ErrorMessage = "A description has at most 500 characters.")]
    public string? Description { get; init; }

    /// <summary>All that its holders may do from now on. You can give only what you hold yourself.</summary>
    [MaxLength(100, ErrorMessage = "A role has at most 100 permissions.")]
    public IReadOnlyList<string>? Permissions { get; init; }

    /// <summary>The revision that is to be changed; another one in between is a conflict.</summary>
    [Range(1, int.MaxValue)]
    public int? Revision { get; init; }
}
