using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity.Storage;

/// <summary>A program that may ask people of the tenant, or act for one of its service accounts.</summary>
internal sealed class OAuthClientRow : ITenantOwned
{
    public required TenantId TenantId { get; init; }

    public required OAuthClientId ClientId { get; init; }

    public required string Name { get; init; }

    public required OAuthClientKind Kind { get; init; }

    /// <summary>Whether it registered itself; see <see cref="OAuth.Clients.DynamicClients"/>.</summary>
    public required bool IsDynamic { get; init; }

    /// <summary>Null for a public client.</summary>
    public byte[]? SecretHash { get; init; }

    /// <summary>One address a line.</summary>
    public required string RedirectUris { get; init; }

    /// <summary>What it may ask for at most; see <see cref="OAuth.Scopes"/>.</summary>
    public required string Scopes { get; init; }

    /// <summary>Whether it may ask through the device flow.</summary>
    public required bool DeviceFlow { get; init; }

    /// <summary>Whom a service client acts for.</summary>
    public UserId? ServiceAccountId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required UserId CreatedBy { get; init; }
}

/// <summary>What somebody allowed a client, until the client takes it: a code, of which only the hash is known here.</summary>
internal sealed class OAuthCodeRow : ITenantOwned
{
    public required byte[] CodeHash { get; init; }

    public required TenantId TenantId { get; init; }

    public required UserId UserId { get; init; }

    /// <summary>Null for <c>codexos</c> itself, whose people sign in with it.</summary>
    public OAuthClientId? ClientId { get; init; }

    /// <summary>What was allowed; null, for <c>codexos</c> itself, is everything that the person may do.</summary>
    public string? Scopes { get; init; }

    /// <summary>Where the code was sent; null where a device polls for it.</summary>
    public string? RedirectUri { get; init; }

    /// <summary>The PKCE challenge; null where a device polls for it.</summary>
    public string? Challenge { get; init; }

    /// <summary>What an ID token has to repeat.</summary>
    public string? Nonce { get; init; }

    /// <summary>Whether a second factor had been given in the session that allowed it.</summary>
    public required bool WithSecondFactor { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? UsedAt { get; set; }

    /// <summary>The session that came from it.</summary>
    public SessionId? SessionId { get; set; }
}

/// <summary>
/// A device that waits for somebody to allow it something. It belongs to no tenant: in which one, if any, is decided by who
/// allows it, and what is allowed is then an <see cref="OAuthCodeRow"/> there.
/// </summary>
internal sealed class DeviceRequestRow
{
    public required byte[] DeviceHash { get; init; }

    /// <summary>What the person types; it opens nothing without a session.</summary>
    public required string UserCode { get; init; }

    /// <summary>Null for <c>codexos</c> itself.</summary>
    public OAuthClientId? ClientId { get; init; }

    public required string ClientName { get; init; }

    public string? Scopes { get; init; }

    /// <summary>How the device named itself.</summary>
    public required string Device { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>How long the device has to wait between two polls; it grows when it does not.</summary>
    public required int IntervalSeconds { get; set; }

    public DateTimeOffset? PolledAt { get; set; }

    /// <summary>Whether it was allowed; null while nobody has decided.</summary>
    public bool? IsAllowed { get; set; }
}

/// <summary>An access token of a service client that was revoked before its time.</summary>
internal sealed class RevokedTokenRow : ITenantOwned
{
    public required TenantId TenantId { get; init; }

    public required string TokenId { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}
