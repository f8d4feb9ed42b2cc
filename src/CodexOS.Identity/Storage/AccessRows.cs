using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity.Storage;

/// <summary>A role that a tenant made itself.</summary>
internal sealed class RoleRow : ITenantOwned
{
    public required RoleId RoleId { get; init; }

    public required TenantId TenantId { get; init; }

    public required string Name { get; init; }

    public required string Description { get; set; }

    /// <summary>As <see cref="PermissionList"/> writes it.</summary>
    public required string Permissions { get; set; }

    /// <summary>Grows with every change, so that of two changes at once only one is made.</summary>
    public required int Revision { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required UserId CreatedBy { get; init; }

    public required DateTimeOffset ChangedAt { get; set; }
}

/// <summary>What somebody may do with one thing beyond their role.</summary>
internal sealed class GrantRow : ITenantOwned
{
    public required GrantId GrantId { get; init; }

    public required TenantId TenantId { get; init; }

    /// <summary>A user or a service account.</summary>
    public required UserId SubjectId { get; init; }

    public required string ResourceKind { get; init; }

    public required string ResourceName { get; init; }

    public required string Permission { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required UserId CreatedBy { get; init; }
}

/// <summary>A program that acts in a tenant in its own name.</summary>
internal sealed class ServiceAccountRow : ITenantOwned
{
    public required UserId ServiceAccountId { get; init; }

    public required TenantId TenantId { get; init; }

    public required string Name { get; init; }

    public required string Description { get; set; }

    /// <summary>Its built-in role, or null if it has one of the tenant's own.</summary>
    public Role? Role { get; set; }

    public RoleId? RoleId { get; set; }

    public required MemberState State { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required UserId CreatedBy { get; init; }
}

/// <summary>An API key, of which only the hash is known here.</summary>
internal sealed class ApiKeyRow : ITenantOwned
{
    public required ApiKeyId ApiKeyId { get; init; }

    public required TenantId TenantId { get; init; }

    public required byte[] KeyHash { get; init; }

    /// <summary>The first characters, by which its owner recognises it.</summary>
    public required string Hint { get; init; }

    public required string Name { get; init; }

    /// <summary>The person it acts for, or null if it is a service account's.</summary>
    public UserId? UserId { get; init; }

    public UserId? ServiceAccountId { get; init; }

    /// <summary>As <see cref="PermissionList"/> writes it.</summary>
    public required string Scopes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required UserId CreatedBy { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>To within <see cref="IdentityOptions.ApiKeyUseNotedEvery"/>.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }
}
