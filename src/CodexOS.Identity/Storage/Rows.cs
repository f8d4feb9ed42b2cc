using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.SingleSignOn.Entry;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity.Storage;

/// <summary>A tenant: the wall between customers.</summary>
[Kept("for as long as the tenant is there")]
internal sealed class TenantRow
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Name { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether it is the first one, whose owners look after the installation.</summary>
    [DataClass(DataClass.Internal)]
    public bool IsHome { get; init; }

    /// <summary>Grows with every change of who belongs to the tenant; see <see cref="Members.MemberStore"/>.</summary>
    [DataClass(DataClass.Internal)]
    public long MembersRevision { get; set; }

    /// <summary>Whether members can do nothing in a session in which they gave no second factor.</summary>
    [DataClass(DataClass.Internal)]
    public bool SecondFactorRequired { get; set; }

    /// <summary>Since when nobody signs in to it, or null.</summary>
    [DataClass(DataClass.Internal)]
    public DateTimeOffset? DisabledAt { get; set; }
}

/// <summary>A link that makes the owner of a tenant, once.</summary>
[Kept("for as long as the tenant is there; a used or old link opens nothing")]
internal sealed class OwnerLinkRow : ITenantOwned
{
    [DataClass(DataClass.Restricted)]
    public required byte[] TokenHash { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? UsedAt { get; set; }
}

/// <summary>A person, who may belong to several tenants. Personal data lives here and nowhere else.</summary>
[Kept("until the person is erased")]
internal sealed class UserRow
{
    [DataClass(DataClass.Internal)]
    public required UserId UserId { get; init; }

    /// <summary>As the user wrote it.</summary>
    [DataClass(DataClass.Confidential, Subject = nameof(UserId))]
    public required string Email { get; set; }

    /// <summary>As it is looked up; see <see cref="SignIn.EmailKey"/>.</summary>
    [DataClass(DataClass.Confidential, Subject = nameof(UserId))]
    public required string EmailKey { get; set; }

    [DataClass(DataClass.Confidential, Subject = nameof(UserId))]
    public required string DisplayName { get; set; }

    /// <summary>Null for someone who does not sign in with a password.</summary>
    [DataClass(DataClass.Restricted, Subject = nameof(UserId))]
    public string? PasswordHash { get; set; }

    [DataClass(DataClass.Internal)]
    public required UserState State { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? PasswordChangedAt { get; set; }
}

/// <summary>Whether a user may sign in at all.</summary>
internal enum UserState
{
    Active,
    Disabled,
}

/// <summary>That a user belongs to a tenant, and as what.</summary>
[Kept("until the person leaves the tenant or is erased")]
internal sealed class MembershipRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId UserId { get; init; }

    /// <summary>The built-in role, or null if the member has one of the tenant's own.</summary>
    [DataClass(DataClass.Internal, Subject = nameof(UserId))]
    public Role? Role { get; set; }

    [DataClass(DataClass.Internal, Subject = nameof(UserId))]
    public RoleId? RoleId { get; set; }

    [DataClass(DataClass.Internal, Subject = nameof(UserId))]
    public MemberState State { get; set; } = MemberState.Active;

    [DataClass(DataClass.Internal, Subject = nameof(UserId))]
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>One signed-in device: a family of refresh tokens.</summary>
[Kept("for the retention of ended sessions")]
internal sealed class SessionRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required SessionId SessionId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId UserId { get; init; }

    /// <summary>
    /// How the client named itself (its User-Agent, cut short), so that a person recognises the device.
    /// </summary>
    [DataClass(DataClass.Confidential, Subject = nameof(UserId))]
    public required string Client { get; init; }

    [DataClass(DataClass.Internal, Subject = nameof(UserId))]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal, Subject = nameof(UserId))]
    public required DateTimeOffset LastUsedAt { get; set; }

    /// <summary>When the session ends whatever happens.</summary>
    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>When a second factor was given in it: at the sign-in, or when one was set up.</summary>
    [DataClass(DataClass.Internal)]
    public DateTimeOffset? SecondFactorAt { get; set; }

    /// <summary>When one was given last for something that asks for it again.</summary>
    [DataClass(DataClass.Internal)]
    public DateTimeOffset? SteppedUpAt { get; set; }

    /// <summary>The OAuth client that acts in it; null in a session of the person's own.</summary>
    [DataClass(DataClass.Internal)]
    public OAuthClientId? ClientId { get; init; }

    /// <summary>What the client may do at most, as <see cref="OAuth.Scopes"/> writes it; null is everything.</summary>
    [DataClass(DataClass.Internal)]
    public string? Scopes { get; init; }

    /// <summary>The identity provider's word that it came by; null if it came by a password.</summary>
    [DataClass(DataClass.Internal)]
    public SsoSignInId? SsoSignInId { get; init; }

    /// <summary>One of <see cref="Sessions.EndReasons"/>.</summary>
    [DataClass(DataClass.Internal)]
    public string? EndReason { get; set; }
}

/// <summary>One refresh token, of which only the hash is known here.</summary>
[Kept("for as long as its session")]
internal sealed class RefreshTokenRow : ITenantOwned
{
    [DataClass(DataClass.Restricted)]
    public required byte[] TokenHash { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required SessionId SessionId { get; init; }

    /// <summary>Its place in the family, from 0.</summary>
    [DataClass(DataClass.Internal)]
    public required int Generation { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it can no longer be used, because the session lay idle.</summary>
    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? UsedAt { get; set; }

    /// <summary>
    /// The token that replaced this one, readable only with this one; see <see cref="Tokens.RefreshToken"/>.
    /// </summary>
    [DataClass(DataClass.Restricted, EncryptedWith = "a key derived from the token before it")]
    public byte[]? SealedSuccessor { get; set; }
}

/// <summary>The single row that says whether the installation has an owner.</summary>
[Kept("for good; there is one row")]
internal sealed class SetupStateRow
{
    public const int TheOnly = 1;

    [DataClass(DataClass.Internal)]
    public int SetupStateId { get; init; } = TheOnly;

    [DataClass(DataClass.Restricted)]
    public byte[]? TokenHash { get; set; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? CompletedAt { get; set; }
}
