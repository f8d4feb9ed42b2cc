using CodexOS.Identity.Contracts;
using CodexOS.Identity.SingleSignOn.Entry;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;

namespace CodexOS.Identity.Storage;

/// <summary>An identity provider that signs people of the tenant in.</summary>
[Kept("until it is deleted")]
internal sealed class SsoConnectionRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required SsoConnectionId ConnectionId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Name { get; set; }

    /// <summary>As the provider writes it, to the letter.</summary>
    [DataClass(DataClass.Internal)]
    public required string Issuer { get; set; }

    [DataClass(DataClass.Internal)]
    public required string ClientId { get; set; }

    [Confidential]
    [DataClass(DataClass.Restricted)]
    public Sealed? ClientSecret { get; set; }

    /// <summary>Separated by spaces; <c>openid</c> is one of them.</summary>
    [DataClass(DataClass.Internal)]
    public required string Scopes { get; set; }

    [DataClass(DataClass.Internal)]
    public required string GroupsClaim { get; set; }

    /// <summary>See <see cref="SingleSignOn.Connections.GroupRoles"/>.</summary>
    [DataClass(DataClass.Internal)]
    public required string GroupRoles { get; set; }

    /// <summary>The role of whoever is in no listed group; null refuses them.</summary>
    [DataClass(DataClass.Internal)]
    public string? DefaultRole { get; set; }

    /// <summary>Whether somebody who has no account gets one.</summary>
    [DataClass(DataClass.Internal)]
    public required bool Provisioning { get; set; }

    /// <summary>Whether members with an address in one of its domains cannot sign in with a password.</summary>
    [DataClass(DataClass.Internal)]
    public required bool Enforced { get; set; }

    [DataClass(DataClass.Internal)]
    public required bool Enabled { get; set; }

    /// <summary>Whether a second factor that was given at the provider counts here.</summary>
    [DataClass(DataClass.Internal)]
    public required bool AcceptsSecondFactor { get; set; }

    /// <summary>The <c>acr</c> that says so, beside the <c>amr</c> value <c>mfa</c>.</summary>
    [DataClass(DataClass.Internal)]
    public string? SecondFactorAcr { get; set; }

    [DataClass(DataClass.Internal)]
    public required long Revision { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId CreatedBy { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ChangedAt { get; set; }
}

/// <summary>A domain whose addresses lead to a connection, once it is shown to be the tenant's.</summary>
[Kept("until it is taken away, or its connection is deleted")]
internal sealed class SsoDomainRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    /// <summary>In its one ASCII spelling.</summary>
    [DataClass(DataClass.Public)]
    public required string Domain { get; init; }

    [DataClass(DataClass.Internal)]
    public required SsoConnectionId ConnectionId { get; init; }

    /// <summary>What the TXT record has to hold.</summary>
    [DataClass(DataClass.Public)]
    public required string Proof { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? VerifiedAt { get; set; }

    [DataClass(DataClass.Internal)]
    public DomainProof? VerifiedBy { get; set; }
}

/// <summary>Who a provider's subject is here.</summary>
[Kept("until the person leaves the tenant or is erased, or the connection is deleted")]
internal sealed class SsoAccountRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required SsoConnectionId ConnectionId { get; init; }

    [DataClass(DataClass.Confidential, Subject = nameof(UserId))]
    public required string Subject { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId UserId { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A browser that was sent to a provider and is awaited back.</summary>
[Kept("until the browser is back or its time is over")]
internal sealed class SsoAttemptRow : ITenantOwned
{
    [DataClass(DataClass.Restricted)]
    public required byte[] StateHash { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required SsoConnectionId ConnectionId { get; init; }

    /// <summary>The page that the person wanted.</summary>
    [DataClass(DataClass.Confidential)]
    public required string ReturnTo { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>What a provider said when it signed somebody in.</summary>
[Kept("until sessions that came by it can last no longer, or the person is erased")]
internal sealed class SsoSignInRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required SsoSignInId SignInId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required SsoConnectionId ConnectionId { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId UserId { get; init; }

    [DataClass(DataClass.Confidential, Subject = nameof(UserId))]
    public required string Subject { get; init; }

    /// <summary>The <c>sid</c>, where the provider has one.</summary>
    [DataClass(DataClass.Confidential, Subject = nameof(UserId))]
    public string? ProviderSession { get; init; }

    /// <summary>Shown to the provider when the person signs out.</summary>
    [PersonalData(nameof(UserId))]
    [DataClass(DataClass.Restricted, Subject = nameof(UserId))]
    public Sealed? IdToken { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A logout token that was followed.</summary>
[Kept("until the token could not be sent again")]
internal sealed class SsoLogoutTokenRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required SsoConnectionId ConnectionId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string TokenId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }
}
