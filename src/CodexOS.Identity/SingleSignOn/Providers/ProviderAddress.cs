using CodexOS.Platform.Egress;

namespace CodexOS.Identity.SingleSignOn.Providers;

/// <summary>Addresses of identity providers.</summary>
internal static class ProviderAddress
{
    public const int LengthMax = 500;

    /// <summary>What is wrong with an address, or null.</summary>
    public static string? ProblemOf(string? text, bool allowPlainHttp)
    {
        if (text is not { Length: > 0 and <= LengthMax } || !Uri.TryCreate(text, UriKind.Absolute, out var uri))
            return "is not an address such as https://login.example.org";
        if (uri.Scheme != Uri.UriSchemeHttps && !(allowPlainHttp && uri.Scheme == Uri.UriSchemeHttp))
            return "does not begin with https:// (SingleSignOn:AllowPlainHttp lets an installation try things out without)";
        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0) return "names a user or has a # in it";
        return HostName.Parse(uri.Host).TryGet(out _, out var fault) ? null : $"does not name a host: {fault.Message}";
    }

    /// <summary>The same for an issuer, which has no query either (OpenID Connect Discovery, section 3).</summary>
    public static string? ProblemOfIssuer(string? text, bool allowPlainHttp) =>
        ProblemOf(text, allowPlainHttp) ?? (text!.Contains('?', StringComparison.Ordinal) ? "has a query" : null);

    /// <summary>Leave to reach the host and port of an address, and nothing else.</summary>
    public static EgressRule RuleOf(Uri address) => new(HostName.Parse(address.Host).Value.Ascii) { Port = address.Port };
}
