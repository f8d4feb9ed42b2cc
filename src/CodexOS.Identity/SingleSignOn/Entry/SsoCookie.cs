using CodexOS.Identity.SignIn;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Identity.SingleSignOn.Entry;

/// <summary>
/// Holds an attempt in the browser that began it: for some minutes, where scripts cannot read it. It has to come along when
/// the provider sends the browser back, which <c>SameSite=Lax</c> allows and <c>Strict</c> not.
/// </summary>
internal static class SsoCookie
{
    private static readonly HostCookie s_cookie = new("codexos_sso", SsoRoutes.Path, SameSiteMode.Lax);

    public static string? Read(HttpContext context) => s_cookie.Read(context);

    public static void Write(HttpContext context, SsoAttempt attempt, TimeSpan lifetime) =>
        s_cookie.Write(context, attempt.Reveal(), lifetime);

    public static void Clear(HttpContext context) => s_cookie.Clear(context);
}
