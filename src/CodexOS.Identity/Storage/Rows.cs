using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.SingleSignOn.Entry;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity.Storage;

/// <summary>A tenant: the wall between customers.</summary>
internal sealed class TenantRow
{
    public required TenantId TenantId { get; init; }

    public required string Name { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether it is the first one, whose owners look after the installation.</summary>
    public bool IsHome { get; init; }

    /// <summary>Grows with every change of who belongs to the tenant; see <see cref="Members.MemberStore"/>.</summary>
    public long MembersRevision { get; set; }

    /// <summary>Whether members can do nothing in a session in which they gave no second factor.</summary>
    public bool SecondFactorRequired { get; set; }

    /// <summary>Since when nobody signs in to it, or null.</summary>
    public DateTimeOffset? DisabledAt { get; set; }
}

/// <summary>A link that makes the owner of a tenant, once.</summary>
internal sealed class OwnerLinkRow : ITenantOwned
{
    public required byte[] TokenHash { get; init; }

    public required TenantId TenantId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? UsedAt { get; set; }
}

/// <summary>A person, who may belong to several tenants. Personal data lives here and nowhere else.</summary>
internal sealed class UserRow
{
    public required UserId UserId { get; init; }

    /// <summary>As the user wrote it.</summary>
    public required string Email { get; set; }

    /// <summary>As it is looked up; see <see cref="SignIn.EmailKey"/>.</summary>
    public required string EmailKey { get; set; }

    public required string DisplayName { get; set; }

    /// <summary>Null for someone who does not sign in with a password.</summary>
    public string? PasswordHash { get; set; }

    public required UserState State { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? PasswordChangedAt { get; set; }
}

/// <summary>Whether a user may sign in at all.</summary>
internal enum UserState
{
    Active,
    Disabled,
}

/// <summary>That a user belongs to a tenant, and as what.</summary>
internal sealed class MembershipRow : ITenantOwned
{
    public required TenantId TenantId { get; init; }

    public required UserId UserId { get; init; }

    /// <summary>The built-in role, or null if the member has one of the tenant's own.</summary>
    public Role? Role { get; set; }

    public RoleId? RoleId { get; set; }

    public MemberState State { get; set; } = MemberState.Active;

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>One signed-in device: a family of refresh tokens.</summary>
internal sealed class SessionRow : ITenantOwned
{
    public required SessionId SessionId { get; init; }

    public required TenantId TenantId { get; init; }

    public required UserId UserId { get; init; }

    /// <summary>
    /// How the client named itself (its User-Agent, cut short), so that a person recognises the device.
    /// </summary>
    public required string Client { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset LastUsedAt { get; set; }

    /// <summary>When the session ends whatever happens.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>When a second factor was given in it: at the sign-in, or when one was set up.</summary>
    public DateTimeOffset? SecondFactorAt { get; set; }

    /// <summary>When one was given last for something that asks for it again.</summary>
    public DateTimeOffset? SteppedUpAt { get; set; }

    /// <summary>The OAuth client that acts in it; null in a session of the person's own.</summary>
    public OAuthClientId? ClientId { get; init; }

    /// <summary>What the client may do at most, as <see cref="OAuth.Scopes"/> writes it; null is everything.</summary>
    public string? Scopes { get; init; }

    /// <summary>The identity provider's word that it came by; null if it came by a password.</summary>
    public SsoSignInId? SsoSignInId { get; init; }

    /// <summary>One of <see cref="Sessions.EndReasons"/>.</summary>
    public string? EndReason { get; set; }
}

/// <summary>One refresh token, of which only the hash is known here.</summary>
internal sealed class RefreshTokenRow : ITenantOwned
{
    public required byte[] TokenHash { get; init; }

    public required TenantId TenantId { get; init; }

    public required SessionId SessionId { get; init; }

    /// <summary>Its place in the family, from 0.</summary>
    public required int Generation { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it can no longer be used, because the session lay idle.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? UsedAt { get; set; }

    /// <summary>
    /// The token that replaced this one, readable only with this one; see <see cref="Tokens.RefreshToken"/>.
    /// </summary>
    public byte[]? SealedSuccessor { get; set; }
}

/// <summary>The single row that says whether the installation has an owner.</summary>
internal sealed class SetupStateRow
{
    public const int TheOnly = 1;

    public int SetupStateId { get; init; } = TheOnly;

    public byte[]? TokenHash { get; set; }

    public DateTimeOffset? CompletedAt { get; set; }
}
