using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;

namespace CodexOS.Identity.Storage;

/// <summary>What an identity provider said of a member beyond the account and the membership.</summary>
[Kept("until the person leaves the tenant or is erased")]
internal sealed class ScimUserRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId UserId { get; init; }

    /// <summary>The person's id there and the parts of their name; see <see cref="Scim.Users.ScimProfile"/>.</summary>
    [PersonalData(nameof(UserId))]
    [DataClass(DataClass.Confidential, Subject = nameof(UserId))]
    public Sealed? Profile { get; set; }

    /// <summary>What the person's id at the provider is found by.</summary>
    [DataClass(DataClass.Restricted, Subject = nameof(UserId))]
    public byte[]? ExternalIdIndex { get; set; }

    /// <summary>Whether the provider wants the person to be let in.</summary>
    [DataClass(DataClass.Internal, Subject = nameof(UserId))]
    public required bool IsWanted { get; set; }

    /// <summary>Whether no group gives a role, so that the member is kept disabled whatever the provider wants.</summary>
    [DataClass(DataClass.Internal, Subject = nameof(UserId))]
    public required bool LacksRole { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ChangedAt { get; set; }
}

/// <summary>A group that an identity provider keeps here.</summary>
[Kept("until the provider deletes it")]
internal sealed class ScimGroupRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required ScimGroupId GroupId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string DisplayName { get; set; }

    /// <summary>The group's id at the provider.</summary>
    [DataClass(DataClass.Internal)]
    public string? ExternalId { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ChangedAt { get; set; }

    /// <summary>Counts its changes, which its version is made of.</summary>
    [DataClass(DataClass.Internal)]
    public long Revision { get; set; }
}

/// <summary>That somebody is in a group.</summary>
[Kept("until the provider takes the person out of the group, or they leave the tenant or are erased")]
internal sealed class ScimGroupMemberRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required ScimGroupId GroupId { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId UserId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }
}
