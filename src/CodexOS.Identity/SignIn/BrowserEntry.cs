using CodexOS.Identity.Contracts;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Tokens;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Identity.SignIn;

/// <summary>
/// Lets a browser in. It has one session at a time: a new one ends the one that its cookie held, which nobody could end by
/// signing out any more.
/// </summary>
internal sealed class BrowserEntry(OwnSessions sessions)
{
    /// <summary>Delivers the tokens of a new session; the answer's body.</summary>
    public async Task<SessionTokens> EnterAsync(
        HttpContext context, IssuedTokens issued, Transport transport, CancellationToken cancellationToken)
    {
        if (transport is Transport.Cookie) await EndFormerAsync(context, cancellationToken);
        return TokenAnswers.Deliver(context, issued, transport);
    }

    /// <summary>
    /// Ends the session of the browser's cookie, if there is one. The origin of the request has been checked before.
    /// </summary>
    public async Task EndFormerAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (RefreshToken.TryParse(RefreshCookie.Read(context), out var former))
            await sessions.SignOutAsync(former, cancellationToken);
    }
}
