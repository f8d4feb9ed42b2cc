using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace CodexOS.Tools.Output;

/// <summary>A link in a text.</summary>
/// <param name="Url">As written.</param>
/// <param name="Host">Its host in lower case, or empty if it cannot be told; nothing covers that.</param>
/// <param name="IsImage">Whether showing the text would fetch it.</param>
internal readonly record struct Link(string Url, string Host, bool IsImage);

/// <summary>Finds links in text, in Markdown and in HTML.</summary>
internal static partial class Links
{
    private const int CountMax = 64;

    /// <summary>The links; images first, because they are fetched without anybody's doing.</summary>
    public static List<Link> In(string text)
    {
        var links = new List<Link>();
        if (!MayHave(text)) return links;
        foreach (var match in Image().EnumerateMatches(text))
        {
            if (links.Count == CountMax) return links;
            var url = Url().Match(text, match.Index, match.Length);
            links.Add(new Link(url.Success ? url.Value : "", url.Success ? HostOf(url.Value) : "", IsImage: true));
        }

        foreach (var match in Url().EnumerateMatches(text))
        {
            // More links than can be looked at are one that nothing covers.
            if (links.Count == CountMax)
            {
                links.Add(new Link("", "", false));
                return links;
            }

            var url = text.Substring(match.Index, match.Length).TrimEnd('.', ',', ';', ':', '!', '?');
            links.Add(new Link(url, HostOf(url), IsImage: false));
        }

        return links;
    }

    /// <summary>The host of a URL in lower case; empty where it is not plainly one.</summary>
    public static string HostOf(string url)
    {
        var text = url.Trim();
        if (text.StartsWith("//", StringComparison.Ordinal)) text = $"https:{text}";
        if (!text.Contains("://", StringComparison.Ordinal)) text = $"https://{text}";
        return Uri.TryCreate(text, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"
            && parsed.UserInfo.Length == 0 && !text.AsSpan().ContainsAny('\\', '\0')
                ? parsed.IdnHost.TrimEnd('.').ToLowerInvariant()
                : "";
    }

    /// <summary>Whether a host is on a list. <c>*.example.org</c> is every host below it, and not itself.</summary>
    public static bool IsListed(ImmutableArray<string> hosts, string host)
    {
        if (host.Length == 0 || hosts.IsDefaultOrEmpty) return false;
        foreach (var entry in hosts)
        {
            if (entry == host) return true;
            if (entry.StartsWith("*.", StringComparison.Ordinal) && host.Length > entry.Length - 1
                && host.EndsWith(entry.AsSpan(1), StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a text is worth looking at.</summary>
    public static bool MayHave(string text) => text.Contains("//", StringComparison.Ordinal)
        || text.Contains("www.", StringComparison.OrdinalIgnoreCase)
        || text.Contains("![", StringComparison.Ordinal)
        || text.Contains("<img", StringComparison.OrdinalIgnoreCase);

    /// <summary>A Markdown image, by URL or by reference, or an element of HTML that is fetched.</summary>
    [GeneratedRegex(
        """!\[[^\]\n]{0,1000}\](\([^)\n]{0,4000}\)|\[[^\]\n]{0,200}\])|<(img|image|video|audio|source|iframe|embed|object|link|script)\b[^>]{0,4000}>?""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    internal static partial Regex Image();

    [GeneratedRegex(
        """((https?|ftp|wss?|data|file|javascript):)?//[^\s<>"'`)\]}]{1,4000}|\bwww\.[^\s<>"'`)\]}]{1,4000}""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    internal static partial Regex Url();
}
