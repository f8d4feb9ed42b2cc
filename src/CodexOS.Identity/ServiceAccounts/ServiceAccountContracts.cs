using System.ComponentModel.DataAnnotations;
using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.ServiceAccounts;

/// <summary>A program that acts in the tenant in its own name, by API keys.</summary>
/// <param name="Id">Its id, as a subject of grants.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Role">Its role, by name.</param>
/// <param name="State">Whether its keys open anything at present.</param>
/// <param name="KeysCount">How many keys it has that can be used.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record ServiceAccount(
    UserId Id, string Name, string Description, string Role, MemberState State, int KeysCount, DateTimeOffset CreatedAt);

/// <summary>A service account to make.</summary>
public sealed record CreateServiceAccountRequest
{
    /// <summary>Its name: 2 to 40 lowercase letters, digits and hyphens, beginning with a letter.</summary>
    [Required(ErrorMessage = "Give the service account a name.")]
    [RegularExpression(RoleNames.Pattern, ErrorMessage = $"A name has {RoleNames.PatternInWords}.")]
    public string Name { get; init; } = "";

    /// <summary>What it is for.</summary>
    [StringLength(500, ErrorMessage = "A description has at most 500 characters.")]
    public string Description { get; init; } = "";

    /// <summary>Its role, by name; any but <c>owner</c> that may do no more than you.</summary>
    [Required(ErrorMessage = "Give the service account a role.")]
    [StringLength(40, ErrorMessage = "There is no role with so long a name.")]
    public string Role { get; init; } = "";
}

/// <summary>What to change of a service account. What is left out stays.</summary>
public sealed record UpdateServiceAccountRequest
{
    /// <summary>What it is for.</summary>
    [StringLength(500, ErrorMessage = "A description has at most 500 characters.")]
    public string? Description { get; init; }

    /// <summary>Another role, by name.</summary>
    [StringLength(40, ErrorMessage = "There is no role with so long a name.")]
    public string? Role { get; init; }

    /// <summary>Whether its keys open anything.</summary>
    public MemberState? State { get; init; }
}
