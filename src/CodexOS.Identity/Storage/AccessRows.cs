using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity.Storage;

/// <summary>A role that a tenant made itself.</summary>
[Kept("until the role is deleted")]
internal sealed class RoleRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required RoleId RoleId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Name { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Description { get; set; }

    /// <summary>As <see cref="PermissionList"/> writes it.</summary>
    [DataClass(DataClass.Internal)]
    public required string Permissions { get; set; }

    /// <summary>Grows with every change, so that of two changes at once only one is made.</summary>
    [DataClass(DataClass.Internal)]
    public required int Revision { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId CreatedBy { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ChangedAt { get; set; }
}

/// <summary>What somebody may do with one thing beyond their role.</summary>
[Kept("until it is taken back, or whom it is for leaves")]
internal sealed class GrantRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required GrantId GrantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    /// <summary>A user or a service account.</summary>
    [DataClass(DataClass.Internal)]
    public required UserId SubjectId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string ResourceKind { get; init; }

    [DataClass(DataClass.Internal)]
    public required string ResourceName { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Permission { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId CreatedBy { get; init; }
}

/// <summary>A program that acts in a tenant in its own name.</summary>
[Kept("until the account is deleted")]
internal sealed class ServiceAccountRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required UserId ServiceAccountId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Name { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Description { get; set; }

    /// <summary>Its built-in role, or null if it has one of the tenant's own.</summary>
    [DataClass(DataClass.Internal)]
    public Role? Role { get; set; }

    [DataClass(DataClass.Internal)]
    public RoleId? RoleId { get; set; }

    [DataClass(DataClass.Internal)]
    public required MemberState State { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId CreatedBy { get; init; }
}

/// <summary>An API key, of which only the hash is known here.</summary>
[Kept("until its owner leaves or is erased")]
internal sealed class ApiKeyRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required ApiKeyId ApiKeyId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Restricted)]
    public required byte[] KeyHash { get; init; }

    /// <summary>The first characters, by which its owner recognises it.</summary>
    [DataClass(DataClass.Internal)]
    public required string Hint { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Name { get; init; }

    /// <summary>The person it acts for, or null if it is a service account's.</summary>
    [DataClass(DataClass.Internal)]
    public UserId? UserId { get; init; }

    [DataClass(DataClass.Internal)]
    public UserId? ServiceAccountId { get; init; }

    /// <summary>As <see cref="PermissionList"/> writes it.</summary>
    [DataClass(DataClass.Internal)]
    public required string Scopes { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId CreatedBy { get; init; }

    /// <summary>When it ends; of one that was replaced, the end of the overlap.</summary>
    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; set; }

    /// <summary>The key that was made in its place.</summary>
    [DataClass(DataClass.Internal)]
    public ApiKeyId? ReplacedBy { get; set; }

    /// <summary>To within <see cref="IdentityOptions.ApiKeyUseNotedEvery"/>.</summary>
    [DataClass(DataClass.Internal)]
    public DateTimeOffset? LastUsedAt { get; set; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? RevokedAt { get; set; }
}
