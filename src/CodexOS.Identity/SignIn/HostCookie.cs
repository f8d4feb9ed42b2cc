using Microsoft.AspNetCore.Http;

namespace CodexOS.Identity.SignIn;

/// <summary>
/// A cookie that scripts cannot read. Where the browser speaks https, its name begins with <c>__Host-</c>, which browsers take
/// from this very host alone (RFC 6265bis): no sibling host can plant one. Without https it is sent below one path only.
/// </summary>
internal sealed class HostCookie(string name, string path, SameSiteMode sameSite)
{
    private readonly string _secureName = $"__Host-{name}";

    /// <summary>What the browser sent, or null.</summary>
    public string? Read(HttpContext context) =>
        context.Request.Cookies[_secureName] ?? (context.Request.IsHttps ? null : context.Request.Cookies[name]);

    public void Write(HttpContext context, string value, TimeSpan lifetime) =>
        context.Response.Cookies.Append(NameFor(context), value, Settings(context, lifetime));

    public void Clear(HttpContext context) => context.Response.Cookies.Delete(NameFor(context), Settings(context, null));

    private string NameFor(HttpContext context) => IsSecure(context) ? _secureName : name;

    private CookieOptions Settings(HttpContext context, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = sameSite,
        Path = IsSecure(context) ? "/" : path,
        MaxAge = lifetime,
        IsEssential = true,
        Secure = IsSecure(context),
    };

    /// <summary>Also where a proxy ends TLS before this server and does not say so.</summary>
    private static bool IsSecure(HttpContext context) => context.Request.IsHttps
        || context.Request.Headers.Origin.ToString().StartsWith("https://", StringComparison.OrdinalIgnoreCase);
}
