using CodexOS.Identity.Contracts;
using CodexOS.Identity.Sessions;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodexOS.Identity.SignIn;

/// <summary>How tokens and refusals leave the server.</summary>
internal static class TokenAnswers
{
    /// <summary>Puts the refresh token on the way it was asked for, and returns the body.</summary>
    public static SessionTokens Deliver(HttpContext context, IssuedTokens issued, Transport transport)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (transport is Transport.Cookie) RefreshCookie.Write(context, issued);
        return new SessionTokens(
            issued.AccessToken,
            (int)issued.AccessTokenLifetime.TotalSeconds,
            transport is Transport.Body ? issued.RefreshToken.Reveal() : null);
    }

    /// <summary>The problem of a fault, with Retry-After where it has one.</summary>
    public static ProblemHttpResult Refuse(HttpContext context, Fault fault)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (fault.RetryAfter is { } wait)
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
        return fault.Problem();
    }
}
