using System.Globalization;
using System.Text;

namespace CodexOS.Platform.Http;

/// <summary>Strings in the one spelling that RFC 8785 has for them: no escape but those that JSON needs.</summary>
public static class CanonicalString
{
    /// <summary>Appends a string with its quotes.</summary>
    public static StringBuilder AppendCanonical(this StringBuilder text, string value)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(value);
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

        return text.Append('"');
    }
}
