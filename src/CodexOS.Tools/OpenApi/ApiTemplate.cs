using System.Text;

namespace CodexOS.Tools.OpenApi;

/// <summary>
/// Paths with names in braces. What fills a name can never leave its place: it is percent-encoded, and what would climb, in
/// whatever way it is spelled, is refused.
/// </summary>
internal static class ApiTemplate
{
    private const int DecodedMax = 3;

    /// <summary>The names in a path, or null if it cannot be read.</summary>
    public static List<string>? Names(string path)
    {
        if (path.Length == 0 || path[0] != '/') return null;
        if (path.Any(static character => character is <= ' ' or > '~' or '\\' or '?' or '#')) return null;
        var names = new List<string>();
        for (var at = 0; (at = path.IndexOfAny(['{', '}'], at)) >= 0;)
        {
            var end = path.IndexOf('}', at);
            if (path[at] == '}' || end <= at + 1) return null;
            var name = path[(at + 1)..end];
            if (name.Contains('{', StringComparison.Ordinal)) return null;
            names.Add(name);
            at = end + 1;
        }

        return path.Split('/').Any(static segment => segment is "." or "..") ? null : names;
    }

    /// <summary>The path with its names filled, or null where a value would climb or is empty.</summary>
    public static string? Fill(string path, Func<string, string?> valueOf)
    {
        var filled = new StringBuilder(path.Length + 64);
        for (var at = 0; at < path.Length;)
        {
            var from = path.IndexOf('{', at);
            if (from < 0)
            {
                filled.Append(path, at, path.Length - at);
                break;
            }

            var end = path.IndexOf('}', from);
            filled.Append(path, at, from - at);
            if (valueOf(path[(from + 1)..end]) is not { Length: > 0 } value) return null;
            filled.Append(value);
            at = end + 1;
        }

        var whole = filled.ToString();
        return whole.Split('/').Any(static segment => segment is "." or "..") ? null : whole;
    }

    /// <summary>A value for a path, encoded; null if it would climb.</summary>
    public static string? Encode(string value) => Climbs(value) ? null : Uri.EscapeDataString(value);

    private static bool Climbs(string value)
    {
        var text = value;
        for (var i = 0; i < DecodedMax; i++)
        {
            if (text.Any(char.IsControl)) return true;
            foreach (var segment in text.Split('/', '\\', ';'))
            {
                if (segment.Trim() is "." or "..") return true;
            }

            var decoded = Uri.UnescapeDataString(text);
            if (decoded == text) return false;
            text = decoded;
        }

        // What is encoded again and again is up to no good.
        return true;
    }
}
