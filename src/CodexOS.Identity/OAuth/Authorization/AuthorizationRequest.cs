using System.Collections.Frozen;
using CodexOS.Identity.OAuth.Clients;
using CodexOS.Platform.Faults;

namespace CodexOS.Identity.OAuth.Authorization;

/// <summary>A client's request that is in order.</summary>
internal sealed record AuthorizationRequest(
    OAuthClient Client, string RedirectUri, string? State, FrozenSet<string> Scopes, string Challenge, string? Nonce);

/// <summary>What a client's request comes to.</summary>
internal abstract record AuthorizationVerdict
{
    private AuthorizationVerdict()
    {
    }

    /// <summary>It can be put to the person.</summary>
    public sealed record InOrder(AuthorizationRequest Request) : AuthorizationVerdict;

    /// <summary>It is refused, and the client is told at its own address.</summary>
    public sealed record Refused(OAuthClient Client, string RedirectUri, string? State, OAuthError Error)
        : AuthorizationVerdict;

    /// <summary>It is refused, and only the person is told: who asks, or where to answer, is not certain.</summary>
    public sealed record Untold(Fault Fault) : AuthorizationVerdict;
}
