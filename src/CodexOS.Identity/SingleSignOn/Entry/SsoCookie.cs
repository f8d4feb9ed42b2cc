using Microsoft.AspNetCore.Http;

namespace CodexOS.Identity.SingleSignOn.Entry;

/// <summary>
/// Holds an attempt in the browser that began it: for some minutes, where scripts cannot read it, and sent to the callbacks
/// only. It has to come along when the provider sends the browser back, which <c>SameSite=Lax</c> allows and <c>Strict</c> not.
/// </summary>
internal static class SsoCookie
{
    private const string Name = "codexos_sso";

    public static string? Read(HttpContext context) => context.Request.Cookies[Name];

    public static void Write(HttpContext context, SsoAttempt attempt, TimeSpan lifetime) =>
        context.Response.Cookies.Append(Name, attempt.Reveal(), Settings(context, lifetime));

    public static void Clear(HttpContext context) => context.Response.Cookies.Delete(Name, Settings(context, null));

    private static CookieOptions Settings(HttpContext context, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Path = SsoRoutes.Path,
        MaxAge = lifetime,
        IsEssential = true,
        Secure = context.Request.IsHttps
            || context.Request.Headers.Origin.ToString().StartsWith("https://", StringComparison.OrdinalIgnoreCase),
    };
}
