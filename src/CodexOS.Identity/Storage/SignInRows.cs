using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.SingleSignOn.Entry;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity.Storage;

/// <summary>Somebody who was asked to join a tenant and has not done so yet.</summary>
[Kept("until it is accepted, withdrawn or over")]
internal sealed class InvitationRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required InvitationId InvitationId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Confidential)]
    public required string Email { get; init; }

    [DataClass(DataClass.Confidential)]
    public required string EmailKey { get; init; }

    /// <summary>The built-in role that the person is to have, or null if it is one of the tenant's own.</summary>
    [DataClass(DataClass.Internal)]
    public Role? Role { get; init; }

    [DataClass(DataClass.Internal)]
    public RoleId? RoleId { get; init; }

    [DataClass(DataClass.Restricted)]
    public required byte[] TokenHash { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId CreatedBy { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>The authenticator app of a user.</summary>
[Kept("until the second factor is removed, or the person is erased")]
internal sealed class TotpFactorRow
{
    [DataClass(DataClass.Internal)]
    public required UserId UserId { get; init; }

    /// <summary>See <see cref="SecondFactor.ISeedSeal"/>.</summary>
    [DataClass(DataClass.Restricted, Subject = nameof(UserId), EncryptedWith = "keys/second-factor*.key")]
    public required byte[] SealedSeed { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When a first code showed that the app has the seed; until then it asks for nothing.</summary>
    [DataClass(DataClass.Internal)]
    public DateTimeOffset? ConfirmedAt { get; set; }

    /// <summary>The step of the last code that was used.</summary>
    [DataClass(DataClass.Internal)]
    public required long LastStep { get; set; }

    /// <summary>How many codes in a row were wrong.</summary>
    [DataClass(DataClass.Internal)]
    public required int Failures { get; set; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? LockedUntil { get; set; }

    /// <summary>Grows with every try.</summary>
    [DataClass(DataClass.Internal)]
    public required long Revision { get; set; }
}

/// <summary>A code for somebody who has lost their authenticator, of which only the hash is known here.</summary>
[Kept("until the second factor is removed, or the person is erased")]
internal sealed class RecoveryCodeRow
{
    [DataClass(DataClass.Restricted, Subject = nameof(UserId))]
    public required byte[] CodeHash { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId UserId { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? UsedAt { get; set; }
}

/// <summary>A sign-in whose password, or identity provider, was right and whose second factor is awaited.</summary>
[Kept("until it is answered or over")]
internal sealed class SignInChallengeRow : ITenantOwned
{
    [DataClass(DataClass.Restricted)]
    public required byte[] ChallengeHash { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId UserId { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The identity provider's word in place of a password.</summary>
    [DataClass(DataClass.Internal)]
    public SsoSignInId? SsoSignInId { get; init; }
}

/// <summary>A ticket by which a page connects to a hub.</summary>
[Kept("until it is used, the person leaves, or it is half a minute old and somebody of the tenant gets another")]
internal sealed class HubTicketRow : ITenantOwned
{
    [DataClass(DataClass.Restricted)]
    public required byte[] TicketHash { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId UserId { get; init; }

    [DataClass(DataClass.Internal)]
    public required SessionId SessionId { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>A link by which somebody may choose another password.</summary>
[Kept("until it is used, another password is chosen in another way, or it is an hour old and somebody asks for one")]
internal sealed class PasswordResetRow
{
    [DataClass(DataClass.Restricted, Subject = nameof(UserId))]
    public required byte[] TokenHash { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId UserId { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }
}
