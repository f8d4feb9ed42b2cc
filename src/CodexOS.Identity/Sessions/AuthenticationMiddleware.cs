using CodexOS.Identity.Tokens;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace CodexOS.Identity.Sessions;

/// <summary>
/// Finds out who makes a request from its bearer token, and puts the answer on the request: a caller, or the reason why
/// there is none. It refuses nothing; what an endpoint asks of its caller is decided after it.
/// </summary>
internal sealed class AuthenticationMiddleware(RequestDelegate next, AccessTokens tokens, SessionDirectory sessions)
{
    private const string Scheme = "Bearer ";

    private static readonly Fault BadToken = new(
        "identity.bad_token",
        FaultKind.NotSignedIn,
        "The access token is malformed, expired or not from here. Refresh the session, or sign in again.");

    public async Task InvokeAsync(HttpContext context)
    {
        if (CredentialsOf(context.Request) is { Count: > 0 } credentials)
        {
            var found = await WhoAsync(credentials, context.RequestAborted);
            if (found.TryGet(out var who, out var fault))
            {
                context.Features.Set(who);
                context.Features.Set(who.Caller);
            }
            else
            {
                context.Features.Set(new AuthenticationFault(fault));
                IdentityTelemetry.CountRefusedToken(fault.Code);
            }
        }

        await next(context);
    }

    /// <summary>
    /// A browser cannot put a header on a WebSocket, so SignalR's client names the token in the address of a hub. That is
    /// taken there only, and no cookie is: a page of another site has no token to name.
    /// </summary>
    private static StringValues CredentialsOf(HttpRequest request)
    {
        if (request.Headers.Authorization is { Count: > 0 } header) return header;
        return request.Path.StartsWithSegments("/hubs", StringComparison.Ordinal)
            && request.Query["access_token"] is [{ Length: > 0 } token]
            ? Scheme + token
            : StringValues.Empty;
    }

    private async ValueTask<Result<SignedIn>> WhoAsync(
        StringValues header, CancellationToken cancellationToken)
    {
        if (header is not [{ } value] || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return BadToken;
        if (await tokens.VerifyAsync(value[Scheme.Length..].Trim()) is not { } claims) return BadToken;
        if (await sessions.FindAsync(claims, cancellationToken) is not { } who) return SessionRefresh.SessionEnded;
        return who;
    }
}
