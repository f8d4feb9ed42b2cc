using CodexOS.Identity.Contracts;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Sessions;

/// <summary>What a client gets when it signs in or refreshes.</summary>
/// <param name="AccessToken">Send it as <c>Authorization: Bearer</c> with every call.</param>
/// <param name="ExpiresInSeconds">How long the access token is good for.</param>
/// <param name="RefreshToken">Exchange it for new tokens once; null where it travels in a cookie.</param>
public sealed record SessionTokens(string AccessToken, int ExpiresInSeconds, string? RefreshToken);

/// <summary>The tokens of a session before they are put on their way.</summary>
internal sealed record IssuedTokens(
    TenantId Tenant, UserId User, SessionId Session, string AccessToken, TimeSpan AccessTokenLifetime,
    RefreshToken RefreshToken, TimeSpan RefreshTokenLifetime)
{
    /// <summary>The client that acts in the session, with what the access token is held to; null in a person's own.</summary>
    public ClientScopes? Client { get; init; }
}

/// <summary>Why a session ended, as it is stored.</summary>
internal static class EndReasons
{
    public const string SignedOut = "signed_out";
    public const string Revoked = "revoked";
    public const string Replayed = "refresh_token_replayed";
    public const string TooMany = "too_many_sessions";
    public const string SecondFactorSetUp = "second_factor_set_up";
    public const string PasswordChanged = "password_changed";
    public const string CodeReused = "authorization_code_reused";
    public const string ClientDeleted = "client_deleted";
    public const string ConnectionDeleted = "sso_connection_deleted";
    public const string ProviderLogout = "signed_out_at_provider";
}
