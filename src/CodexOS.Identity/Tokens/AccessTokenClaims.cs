using System.Collections.Frozen;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Tokens;

/// <summary>What an access token says. Whether what it stands for still lives is looked up.</summary>
internal abstract record AccessTokenClaims(TenantId Tenant, UserId User, DateTimeOffset ExpiresAt)
{
    /// <summary>It stands for a session: a person's own, or one that they let a client have.</summary>
    public sealed record OfSession(TenantId Tenant, UserId User, SessionId Session, DateTimeOffset ExpiresAt)
        : AccessTokenClaims(Tenant, User, ExpiresAt)
    {
        /// <summary>The client, with what this token is held to; null in a person's own session.</summary>
        public ClientScopes? Client { get; init; }
    }

    /// <summary>It stands for a service account, for which a client acts.</summary>
    public sealed record OfService(
        TenantId Tenant, UserId User, ClientScopes Client, string TokenId, DateTimeOffset ExpiresAt)
        : AccessTokenClaims(Tenant, User, ExpiresAt);
}

/// <summary>A client, and what it may do at most.</summary>
internal sealed record ClientScopes(OAuthClientId Client, FrozenSet<string> Scopes);
