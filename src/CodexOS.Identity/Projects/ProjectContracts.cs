using System.ComponentModel.DataAnnotations;
using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Projects;

/// <summary>Some of the tenant's things, and who may do what with them.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">What it is about, in one line.</param>
/// <param name="MembersCount">How many members and service accounts belong to it.</param>
/// <param name="ThingsCount">How many things lie in it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="CreatedBy">Who made it.</param>
public sealed record Project(
    string Name, string Title, int MembersCount, int ThingsCount, DateTimeOffset CreatedAt, UserId CreatedBy);

/// <summary>Somebody who belongs to a project.</summary>
/// <param name="Subject">Who.</param>
/// <param name="Kind">What they are.</param>
/// <param name="Name">How they are shown to people.</param>
/// <param name="Role">Their role in the project, by name.</param>
/// <param name="Permissions">What the role holds on the project's things, and on the project, sorted.</param>
/// <param name="Since">Since when they belong to it.</param>
public sealed record ProjectMember(
    UserId Subject, SubjectKind Kind, string Name, string Role, IReadOnlyList<string> Permissions, DateTimeOffset Since);

/// <summary>A thing that lies in a project.</summary>
/// <param name="Thing">The thing, as <c>kind:name</c>.</param>
/// <param name="Kind">What kind of thing it is.</param>
/// <param name="Name">Its name or id.</param>
/// <param name="Since">Since when it lies there.</param>
public sealed record ProjectThing(string Thing, string Kind, string Name, DateTimeOffset Since);

/// <summary>A project to make.</summary>
public sealed record CreateProjectRequest
{
    /// <summary>Its name: 2 to 40 lowercase letters, digits and hyphens, beginning with a letter. It stays.</summary>
    [Required(ErrorMessage = "Give the project a name.")]
    [RegularExpression(RoleNames.Pattern, ErrorMessage = $"A name has {RoleNames.PatternInWords}.")]
    public string Name { get; init; } = "";

    /// <summary>What it is about, in one line.</summary>
    [StringLength(200, ErrorMessage = "A title has at most 200 characters.")]
    public string Title { get; init; } = "";
}

/// <summary>What to change of a project. What is left out stays.</summary>
public sealed record UpdateProjectRequest
{
    /// <summary>What it is about, in one line.</summary>
    [StringLength(200, ErrorMessage = "A title has at most 200 characters.")]
    public string? Title { get; init; }
}

/// <summary>What somebody is to be in a project.</summary>
public sealed record SetProjectMemberRequest
{
    /// <summary>
    /// Their role, by name; any but <c>owner</c>. What it holds of what can be granted on single things counts, and you can
    /// give no more of that than you hold in the project yourself.
    /// </summary>
    [Required(ErrorMessage = "Say which role they have in the project.")]
    [StringLength(40, ErrorMessage = "There is no role with so long a name.")]
    public string Role { get; init; } = "";
}
