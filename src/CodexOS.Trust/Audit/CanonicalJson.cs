using System.Globalization;
using System.Text;

namespace CodexOS.Trust.Audit;

/// <summary>
/// Writes JSON in the one form of RFC 8785 (no space, members by name, least escaping), as far as leaves need it: strings,
/// whole numbers, objects. Any library for that form rebuilds the same bytes.
/// </summary>
internal static class CanonicalJson
{
    /// <summary>An object of strings.</summary>
    public static string Object(IEnumerable<KeyValuePair<string, string>> members)
    {
        var text = new StringBuilder("{");
        foreach (var (name, value) in members.OrderBy(static member => member.Key, StringComparer.Ordinal))
        {
            if (text.Length > 1) text.Append(',');
            String(text, name);
            text.Append(':');
            String(text, value);
        }

        return text.Append('}').ToString();
    }

    /// <summary>A string with its quotes.</summary>
    public static void String(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var character in value)
        {
            _ = character switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\t' => text.Append("\\t"),
                '\n' => text.Append("\\n"),
                '\f' => text.Append("\\f"),
                '\r' => text.Append("\\r"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => text.Append(character),
            };
        }

        text.Append('"');
    }
}
