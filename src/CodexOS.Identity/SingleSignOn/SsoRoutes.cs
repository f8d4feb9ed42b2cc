using CodexOS.Identity.Contracts;

namespace CodexOS.Identity.SingleSignOn;

/// <summary>
/// The addresses that browsers and providers use. Each connection has its own, so that no provider's answer is taken for
/// another's (RFC 9700, section 2.1).
/// </summary>
internal static class SsoRoutes
{
    /// <summary>Where the browser's cookie goes, and the addresses below it.</summary>
    public const string Path = "/api/v1/auth/sso";

    public const string AfterSignOut = "/sign-in";

    public static string Callback(SsoConnectionId connection) => $"{Path}/{connection}/callback";

    public static string BackchannelLogout(SsoConnectionId connection) => $"{Path}/{connection}/backchannel-logout";

    public static string SignInPage(SsoConnectionId connection) => $"/sign-in?connection={connection}";
}
