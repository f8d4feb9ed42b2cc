using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.WebUtilities;

namespace CodexOS.Identity.OAuth;

/// <summary>
/// The addresses that people are sent back to. A request's must be one of the client's to the letter; only the port of a
/// loopback address is up to the request, since a program on somebody's device takes one that is free (RFC 8252, section 7.3).
/// </summary>
internal static class RedirectUris
{
    public const int CountMax = 10;
    public const int LengthMax = 500;

    /// <summary>What is wrong with an address that a client wants to register, or null.</summary>
    public static string? ProblemOf(string text)
    {
        if (text.Length > LengthMax) return $"has more than {LengthMax} characters";
        if (text.Any(c => c is <= ' ' or > '~' or '\\') || !Uri.TryCreate(text, UriKind.Absolute, out var uri))
            return "is no absolute address in ASCII";
        if (text.Contains('#', StringComparison.Ordinal)) return "has a fragment";
        if (text.Contains('*', StringComparison.Ordinal)) return "has a wildcard";
        if (uri.UserInfo.Length > 0) return "has a user name";
        return uri.Scheme switch
        {
            "https" => uri.Host.Length > 0 ? null : "has no host",
            "http" => uri.IsLoopback ? null : "is not encrypted; http is for loopback addresses only",
            // RFC 8252, section 7.1: a scheme of one's own is a domain name in reverse, which others will not take.
            _ => uri.Scheme.Contains('.', StringComparison.Ordinal)
                ? null
                : "has a scheme that anybody could take; use https, a loopback address or a scheme like com.example.app",
        };
    }

    /// <summary>Whether a request may be answered at an address, by what the client registered.</summary>
    public static bool Allow(IReadOnlyCollection<string> registered, string asked) =>
        registered.Contains(asked, StringComparer.Ordinal)
        || (ProblemOf(asked) is null && WithoutLoopbackPort(asked) is { } bare
            && registered.Any(one => WithoutLoopbackPort(one) == bare));

    /// <summary>An address with the members of an answer.</summary>
    public static string With(string redirectUri, IEnumerable<KeyValuePair<string, string?>> members) =>
        QueryHelpers.AddQueryString(redirectUri, members.Where(member => member.Value is not null));

    /// <summary>What is shown to people of where they are sent: the host, or the scheme of an app.</summary>
    public static string HostOf(string redirectUri)
    {
        var uri = new Uri(redirectUri);
        return uri.Scheme is "https" or "http" ? uri.IdnHost : uri.Scheme;
    }

    /// <summary>The loopback addresses are literal: a name could be resolved to elsewhere (RFC 8252, section 8.3).</summary>
    private static string? WithoutLoopbackPort(string text)
    {
        foreach (var start in (string[])["http://127.0.0.1", "http://[::1]"])
        {
            if (!text.StartsWith(start, StringComparison.Ordinal)) continue;
            var rest = text[start.Length..];
            if (!TryTakePort(ref rest)) return null;
            return rest is "" or ['/' or '?', ..] ? start + rest : null;
        }

        return null;
    }

    private static bool TryTakePort([NotNullWhen(true)] ref string? rest)
    {
        if (rest is not [':', ..]) return rest is not null;
        var digits = rest.AsSpan(1).IndexOfAnyExceptInRange('0', '9');
        var length = digits < 0 ? rest.Length - 1 : digits;
        if (length is 0 or > 5) return false;
        rest = rest[(1 + length)..];
        return true;
    }
}
