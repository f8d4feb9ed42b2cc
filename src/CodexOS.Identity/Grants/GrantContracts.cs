using System.ComponentModel.DataAnnotations;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Grants;

/// <summary>What somebody may do with one thing beyond their role.</summary>
/// <param name="Id">Names it, to take it back.</param>
/// <param name="Subject">Who: a member or a service account.</param>
/// <param name="SubjectName">How they are shown to people.</param>
/// <param name="Resource">With what, as <c>kind:name</c>.</param>
/// <param name="Permission">What, as <c>resource:action</c>.</param>
/// <param name="CreatedAt">When it was granted.</param>
/// <param name="CreatedBy">Who granted it.</param>
public sealed record Grant(
    GrantId Id, UserId Subject, string SubjectName, string Resource, string Permission, DateTimeOffset CreatedAt,
    UserId CreatedBy);

/// <summary>Something to grant.</summary>
public sealed record CreateGrantRequest
{
    /// <summary>To whom: the id of a member or a service account.</summary>
    [Required(ErrorMessage = "Say to whom.")]
    [StringLength(64, ErrorMessage = "This is no id of a member or a service account.")]
    public string Subject { get; init; } = "";

    /// <summary>
    /// With what, as <c>kind:name</c>: <c>agent:NAME</c>, <c>connection:NAME</c>, <c>knowledge:NAME</c>,
    /// <c>project:NAME</c> or <c>workspace:ID</c>. It need not exist yet; when it is deleted, the grant ends.
    /// </summary>
    [Required(ErrorMessage = "Say with what.")]
    [StringLength(Platform.Tenancy.Resource.NameLengthMax + 20, ErrorMessage = "There is nothing with so long a name.")]
    public string Resource { get; init; } = "";

    /// <summary>What, as <c>resource:action</c>; one that can be granted on things of this kind.</summary>
    [Required(ErrorMessage = "Say what they may do.")]
    [StringLength(64, ErrorMessage = "There is no permission with so long a name.")]
    public string Permission { get; init; } = "";
}
