using CodexOS.Identity.Sessions;
using CodexOS.Platform.Faults;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Identity.SignIn;

/// <summary>
/// Carries a browser's refresh token where scripts cannot read it and other sites cannot send it. Only the sign-in routes
/// look at it.
/// </summary>
internal static class RefreshCookie
{
    private static readonly HostCookie s_cookie = new("codexos_refresh", "/api/v1/auth", SameSiteMode.Strict);

    private static readonly Fault CrossSite = new(
        "identity.cross_site",
        FaultKind.NotAllowed,
        "A request that carries or sets the session cookie must come from the CodexOS page itself. "
        + "Programs use the transport \"body\".");

    /// <summary>The token the browser sent, or null.</summary>
    public static string? Read(HttpContext context) => s_cookie.Read(context);

    public static void Write(HttpContext context, IssuedTokens tokens) =>
        s_cookie.Write(context, tokens.RefreshToken.Reveal(), tokens.RefreshTokenLifetime);

    public static void Clear(HttpContext context) => s_cookie.Clear(context);

    /// <summary>
    /// Refuses what does not come from a page of this very origin. Browsers say so in Sec-Fetch-Site, or, where that is
    /// not sent (plain http on a network), in Origin; a request that says neither has no business with a cookie.
    /// SameSite=Strict already keeps the cookie from other sites; this also keeps out sibling hosts and other ports.
    /// </summary>
    public static Fault? CheckOrigin(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers.TryGetValue("Sec-Fetch-Site", out var site)) return site == "same-origin" ? null : CrossSite;
        var own = $"{context.Request.Scheme}://{context.Request.Host}";
        return string.Equals(headers.Origin, own, StringComparison.OrdinalIgnoreCase) ? null : CrossSite;
    }
}
