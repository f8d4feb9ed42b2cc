using CodexOS.Identity.Tokens;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Http;

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
        if (context.Request.Headers.Authorization is { Count: > 0 } header)
        {
            var found = await WhoAsync(header, context.RequestAborted);
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

    private async ValueTask<Result<SignedIn>> WhoAsync(
        Microsoft.Extensions.Primitives.StringValues header, CancellationToken cancellationToken)
    {
        if (header is not [{ } value] || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return BadToken;
        if (await tokens.VerifyAsync(value[Scheme.Length..].Trim()) is not { } claims) return BadToken;
        if (await sessions.FindAsync(claims, cancellationToken) is not { } who) return SessionRefresh.SessionEnded;
        return who;
    }
}
