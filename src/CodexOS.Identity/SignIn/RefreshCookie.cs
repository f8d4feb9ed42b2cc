using CodexOS.Identity.Sessions;
using CodexOS.Platform.Faults;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Identity.SignIn;

/// <summary>
/// Carries a browser's refresh token where scripts cannot read it and other sites cannot send it, to the sign-in routes
/// and nowhere else.
/// </summary>
internal static class RefreshCookie
{
    public const string Name = "codexos_refresh";
    public const string Path = "/api/v1/auth";

    private static readonly Fault CrossSite = new(
        "identity.cross_site",
        FaultKind.NotAllowed,
        "A request that carries or sets the session cookie must come from the CodexOS page itself. "
        + "Programs use the transport \"body\".");

    /// <summary>The token the browser sent, or null.</summary>
    public static string? Read(HttpContext context) => context.Request.Cookies[Name];

    public static void Write(HttpContext context, IssuedTokens tokens) => context.Response.Cookies.Append(
        Name, tokens.RefreshToken.Reveal(), Settings(context, tokens.RefreshTokenLifetime));

    public static void Clear(HttpContext context) => context.Response.Cookies.Delete(Name, Settings(context, null));

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

    /// <summary>Secure wherever the browser speaks https, also where a proxy ends TLS before this server.</summary>
    private static CookieOptions Settings(HttpContext context, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Path = Path,
        MaxAge = lifetime,
        IsEssential = true,
        Secure = context.Request.IsHttps
            || context.Request.Headers.Origin.ToString().StartsWith("https://", StringComparison.OrdinalIgnoreCase),
    };
}
