using System.Globalization;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;

namespace CodexOS.Tools.Contracts;

/// <summary>
/// An address on the web, read strictly and written anew: what is checked and what is asked for are the same text. A user,
/// a fragment, or characters that readers disagree on are refused or dropped before anybody else reads them.
/// </summary>
public static class WebAddress
{
    private const int LengthMax = 4_096;

    /// <summary>Reads an absolute address. Faults: <c>egress.bad_url</c> and those of <see cref="HostName"/>.</summary>
    public static Result<Uri> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length is 0 or > LengthMax) return EgressFaults.BadUrl($"it is empty or has more than {LengthMax} characters");
        foreach (var character in text)
        {
            if (char.IsControl(character) || char.IsWhiteSpace(character) || character is '\\' or '<' or '>' or '"' or '^' or '`')
                return EgressFaults.BadUrl("it holds white space or a character that must be percent-encoded");
        }

        var scheme = text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? "https"
            : text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? "http" : null;
        if (scheme is null) return EgressFaults.BadUrl("it does not begin with http:// or https://");
        var rest = text[(scheme.Length + 3)..];
        var end = rest.IndexOfAny(['/', '?', '#']);
        var authority = end < 0 ? rest : rest[..end];
        var path = end < 0 ? "/" : rest[end..];
        if (path.IndexOf('#', StringComparison.Ordinal) is var hash and >= 0) path = path[..hash];
        if (path.Length == 0 || path[0] != '/') path = "/" + path;
        if (authority.Contains('@', StringComparison.Ordinal))
            return EgressFaults.BadUrl("it names a user; secrets are added by the rule of the host");

        var (name, port) = (authority, scheme == "https" ? 443 : 80);
        if (authority.Count(':') == 1)
        {
            var colon = authority.IndexOf(':', StringComparison.Ordinal);
            if (EgressRule.ReadPort(authority.AsSpan(colon + 1)) is not { } given)
                return EgressFaults.BadUrl("its port is not one from 1 to 65535");
            (name, port) = (authority[..colon], given);
        }

        if (!HostName.Parse(name).TryGet(out var host, out var fault)) return fault;
        return Uri.TryCreate(
            string.Create(CultureInfo.InvariantCulture, $"{scheme}://{host}:{port}{path}"), UriKind.Absolute, out var uri)
            && uri.Host == host.Ascii
                ? uri
                : EgressFaults.BadUrl("it cannot be read");
    }

    /// <summary>Where a redirect leads. One from TLS to plain HTTP is refused.</summary>
    public static Result<Uri> Follow(Uri from, Uri location)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(location);
        // Relative ones keep scheme and host, so only their path is new; absolute ones are read like any other.
        if (!Uri.TryCreate(from, location, out var to)) return EgressFaults.BadUrl("a redirect leads nowhere");
        var text = location.IsAbsoluteUri ? location.OriginalString : to.AbsoluteUri;
        if (text.StartsWith("//", StringComparison.Ordinal)) text = $"{from.Scheme}:{text}";
        if (!Parse(text).TryGet(out var read, out var fault)) return fault;
        return from.Scheme == "https" && read.Scheme != "https"
            ? EgressFaults.BadUrl("a redirect leads from TLS to plain HTTP")
            : read;
    }
}
