using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Projects;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity.Storage;

/// <summary>A project: some of a tenant's things, and who may do what with them.</summary>
[Kept("until the project is deleted")]
internal sealed class ProjectRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required ProjectId ProjectId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Name { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Title { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId CreatedBy { get; init; }
}

/// <summary>Who belongs to a project, and as what.</summary>
[Kept("until they leave the project or the tenant, or the project is deleted")]
internal sealed class ProjectMemberRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required ProjectId ProjectId { get; init; }

    /// <summary>A user or a service account.</summary>
    [DataClass(DataClass.Internal)]
    public required UserId SubjectId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    /// <summary>Their built-in role in the project, or null if they have one of the tenant's own.</summary>
    [DataClass(DataClass.Internal)]
    public Role? Role { get; set; }

    [DataClass(DataClass.Internal)]
    public RoleId? RoleId { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId CreatedBy { get; init; }
}

/// <summary>A thing that lies in a project, by the name that the API has for it.</summary>
[Kept("until it is taken out or deleted, or the project is deleted")]
internal sealed class ProjectThingRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string ResourceKind { get; init; }

    [DataClass(DataClass.Internal)]
    public required string ResourceName { get; init; }

    [DataClass(DataClass.Internal)]
    public required ProjectId ProjectId { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId CreatedBy { get; init; }
}
