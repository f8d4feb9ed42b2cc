using CodexOS.Identity.Contracts;
using CodexOS.Identity.SingleSignOn.Entry;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;

namespace CodexOS.Identity.Storage;

/// <summary>An identity provider that signs people of the tenant in.</summary>
internal sealed class SsoConnectionRow : ITenantOwned
{
    public required SsoConnectionId ConnectionId { get; init; }

    public required TenantId TenantId { get; init; }

    public required string Name { get; set; }

    /// <summary>As the provider writes it, to the letter.</summary>
    public required string Issuer { get; set; }

    public required string ClientId { get; set; }

    [Confidential]
    public Sealed? ClientSecret { get; set; }

    /// <summary>Separated by spaces; <c>openid</c> is one of them.</summary>
    public required string Scopes { get; set; }

    public required string GroupsClaim { get; set; }

    /// <summary>See <see cref="SingleSignOn.Connections.GroupRoles"/>.</summary>
    public required string GroupRoles { get; set; }

    /// <summary>The role of whoever is in no listed group; null refuses them.</summary>
    public string? DefaultRole { get; set; }

    /// <summary>Whether somebody who has no account gets one.</summary>
    public required bool Provisioning { get; set; }

    /// <summary>Whether members with an address in one of its domains cannot sign in with a password.</summary>
    public required bool Enforced { get; set; }

    public required bool Enabled { get; set; }

    /// <summary>Whether a second factor that was given at the provider counts here.</summary>
    public required bool AcceptsSecondFactor { get; set; }

    /// <summary>The <c>acr</c> that says so, beside the <c>amr</c> value <c>mfa</c>.</summary>
    public string? SecondFactorAcr { get; set; }

    public required long Revision { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required UserId CreatedBy { get; init; }

    public required DateTimeOffset ChangedAt { get; set; }
}

/// <summary>A domain whose addresses lead to a connection, once it is shown to be the tenant's.</summary>
internal sealed class SsoDomainRow : ITenantOwned
{
    public required TenantId TenantId { get; init; }

    /// <summary>In its one ASCII spelling.</summary>
    public required string Domain { get; init; }

    public required SsoConnectionId ConnectionId { get; init; }

    /// <summary>What the TXT record has to hold.</summary>
    public required string Proof { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? VerifiedAt { get; set; }

    public DomainProof? VerifiedBy { get; set; }
}

/// <summary>Who a provider's subject is here.</summary>
internal sealed class SsoAccountRow : ITenantOwned
{
    public required SsoConnectionId ConnectionId { get; init; }

    public required string Subject { get; init; }

    public required TenantId TenantId { get; init; }

    public required UserId UserId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A browser that was sent to a provider and is awaited back.</summary>
internal sealed class SsoAttemptRow : ITenantOwned
{
    public required byte[] StateHash { get; init; }

    public required TenantId TenantId { get; init; }

    public required SsoConnectionId ConnectionId { get; init; }

    /// <summary>The page that the person wanted.</summary>
    public required string ReturnTo { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>What a provider said when it signed somebody in.</summary>
internal sealed class SsoSignInRow : ITenantOwned
{
    public required SsoSignInId SignInId { get; init; }

    public required TenantId TenantId { get; init; }

    public required SsoConnectionId ConnectionId { get; init; }

    public required UserId UserId { get; init; }

    public required string Subject { get; init; }

    /// <summary>The <c>sid</c>, where the provider has one.</summary>
    public string? ProviderSession { get; init; }

    /// <summary>Shown to the provider when the person signs out.</summary>
    [PersonalData(nameof(UserId))]
    public Sealed? IdToken { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A logout token that was followed.</summary>
internal sealed class SsoLogoutTokenRow : ITenantOwned
{
    public required SsoConnectionId ConnectionId { get; init; }

    public required string TokenId { get; init; }

    public required TenantId TenantId { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}
