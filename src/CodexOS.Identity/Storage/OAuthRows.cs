using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity.Storage;

/// <summary>A program that may ask people of the tenant, or act for one of its service accounts.</summary>
[Kept("until the client is deleted")]
internal sealed class OAuthClientRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required OAuthClientId ClientId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Name { get; init; }

    [DataClass(DataClass.Internal)]
    public required OAuthClientKind Kind { get; init; }

    /// <summary>Whether it registered itself; see <see cref="OAuth.Clients.DynamicClients"/>.</summary>
    [DataClass(DataClass.Internal)]
    public required bool IsDynamic { get; init; }

    /// <summary>Null for a public client.</summary>
    [DataClass(DataClass.Restricted)]
    public byte[]? SecretHash { get; init; }

    /// <summary>One address a line.</summary>
    [DataClass(DataClass.Internal)]
    public required string RedirectUris { get; init; }

    /// <summary>What it may ask for at most; see <see cref="OAuth.Scopes"/>.</summary>
    [DataClass(DataClass.Internal)]
    public required string Scopes { get; init; }

    /// <summary>Whether it may ask through the device flow.</summary>
    [DataClass(DataClass.Internal)]
    public required bool DeviceFlow { get; init; }

    /// <summary>Whom a service client acts for.</summary>
    [DataClass(DataClass.Internal)]
    public UserId? ServiceAccountId { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId CreatedBy { get; init; }
}

/// <summary>What somebody allowed a client, until the client takes it: a code, of which only the hash is known here.</summary>
[Kept("until it is over")]
internal sealed class OAuthCodeRow : ITenantOwned
{
    [DataClass(DataClass.Restricted)]
    public required byte[] CodeHash { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId UserId { get; init; }

    /// <summary>Null for <c>codexos</c> itself, whose people sign in with it.</summary>
    [DataClass(DataClass.Internal)]
    public OAuthClientId? ClientId { get; init; }

    /// <summary>What was allowed; null, for <c>codexos</c> itself, is everything that the person may do.</summary>
    [DataClass(DataClass.Internal)]
    public string? Scopes { get; init; }

    /// <summary>Where the code was sent; null where a device polls for it.</summary>
    [DataClass(DataClass.Internal)]
    public string? RedirectUri { get; init; }

    /// <summary>The PKCE challenge; null where a device polls for it.</summary>
    [DataClass(DataClass.Restricted)]
    public string? Challenge { get; init; }

    /// <summary>What an ID token has to repeat.</summary>
    [DataClass(DataClass.Restricted)]
    public string? Nonce { get; init; }

    /// <summary>Whether a second factor had been given in the session that allowed it.</summary>
    [DataClass(DataClass.Internal)]
    public required bool WithSecondFactor { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? UsedAt { get; set; }

    /// <summary>The session that came from it.</summary>
    [DataClass(DataClass.Internal)]
    public SessionId? SessionId { get; set; }
}

/// <summary>
/// A device that waits for somebody to allow it something. It belongs to no tenant: in which one, if any, is decided by who
/// allows it, and what is allowed is then an <see cref="OAuthCodeRow"/> there.
/// </summary>
[Kept("until it is over")]
internal sealed class DeviceRequestRow
{
    [DataClass(DataClass.Restricted)]
    public required byte[] DeviceHash { get; init; }

    /// <summary>What the person types; it opens nothing without a session.</summary>
    [DataClass(DataClass.Restricted)]
    public required string UserCode { get; init; }

    /// <summary>Null for <c>codexos</c> itself.</summary>
    [DataClass(DataClass.Internal)]
    public OAuthClientId? ClientId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string ClientName { get; init; }

    [DataClass(DataClass.Internal)]
    public string? Scopes { get; init; }

    /// <summary>How the device named itself.</summary>
    [DataClass(DataClass.Confidential)]
    public required string Device { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>How long the device has to wait between two polls; it grows when it does not.</summary>
    [DataClass(DataClass.Internal)]
    public required int IntervalSeconds { get; set; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? PolledAt { get; set; }

    /// <summary>Whether it was allowed; null while nobody has decided.</summary>
    [DataClass(DataClass.Internal)]
    public bool? IsAllowed { get; set; }
}

/// <summary>An access token of a service client that was revoked before its time.</summary>
[Kept("until the token would have ended by itself")]
internal sealed class RevokedTokenRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string TokenId { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }
}
