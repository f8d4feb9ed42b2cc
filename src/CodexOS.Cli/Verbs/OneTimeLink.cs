using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// The one-time link of a new server, <c>http://host:7420/setup#token=…</c>, of an invitation (<c>/join</c>) or for a new
/// password (<c>/reset-password</c>), or the token alone. The token is in the fragment so that browsers and proxies never
/// send or log it.
/// </summary>
internal sealed record OneTimeLink(Uri? Server, string Token)
{
    private const string Marker = "token=";

    public static OneTimeLink Parse(string text)
    {
        var trimmed = text.Trim();
        if (!trimmed.Contains('/') && !trimmed.Contains('#') && trimmed.Length > 0) return new OneTimeLink(null, trimmed);
        if (Uri.TryCreate(trimmed, UriKind.Absolute, out var link)
            && link.Scheme is "http" or "https"
            && link.Fragment.IndexOf(Marker, StringComparison.Ordinal) is >= 0 and var at
            && link.Fragment[(at + Marker.Length)..].Split('&')[0] is { Length: > 0 } token)
        {
            return new OneTimeLink(new Uri(link.GetLeftPart(UriPartial.Authority)), Uri.UnescapeDataString(token));
        }

        throw new CodexOSException(
            "cli.bad_setup_link",
            FaultKind.Invalid,
            "This is not a one-time link. It looks like http://127.0.0.1:7420/setup#token=…, with /join for an invitation and "
            + "/reset-password for a forgotten password; quote it for the shell.");
    }
}
