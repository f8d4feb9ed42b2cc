using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.SingleSignOn.Entry;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity.Storage;

/// <summary>Somebody who was asked to join a tenant and has not done so yet.</summary>
internal sealed class InvitationRow : ITenantOwned
{
    public required InvitationId InvitationId { get; init; }

    public required TenantId TenantId { get; init; }

    public required string Email { get; init; }

    public required string EmailKey { get; init; }

    /// <summary>The built-in role that the person is to have, or null if it is one of the tenant's own.</summary>
    public Role? Role { get; init; }

    public RoleId? RoleId { get; init; }

    public required byte[] TokenHash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required UserId CreatedBy { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>The authenticator app of a user.</summary>
internal sealed class TotpFactorRow
{
    public required UserId UserId { get; init; }

    /// <summary>See <see cref="SecondFactor.ISeedSeal"/>.</summary>
    public required byte[] SealedSeed { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When a first code showed that the app has the seed; until then it asks for nothing.</summary>
    public DateTimeOffset? ConfirmedAt { get; set; }

    /// <summary>The step of the last code that was used.</summary>
    public required long LastStep { get; set; }

    /// <summary>How many codes in a row were wrong.</summary>
    public required int Failures { get; set; }

    public DateTimeOffset? LockedUntil { get; set; }

    /// <summary>Grows with every try.</summary>
    public required long Revision { get; set; }
}

/// <summary>A code for somebody who has lost their authenticator, of which only the hash is known here.</summary>
internal sealed class RecoveryCodeRow
{
    public required byte[] CodeHash { get; init; }

    public required UserId UserId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? UsedAt { get; set; }
}

/// <summary>A sign-in whose password, or identity provider, was right and whose second factor is awaited.</summary>
internal sealed class SignInChallengeRow : ITenantOwned
{
    public required byte[] ChallengeHash { get; init; }

    public required TenantId TenantId { get; init; }

    public required UserId UserId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The identity provider's word in place of a password.</summary>
    public SsoSignInId? SsoSignInId { get; init; }
}
