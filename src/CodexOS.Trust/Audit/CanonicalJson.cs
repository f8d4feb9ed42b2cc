using System.Text;
using CodexOS.Platform.Http;

namespace CodexOS.Trust.Audit;

/// <summary>
/// Writes JSON in the one form of RFC 8785 (no space, members by name, least escaping), as far as leaves need it: objects of
/// strings. Any library for that form rebuilds the same bytes.
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
            text.AppendCanonical(name).Append(':').AppendCanonical(value);
        }

        return text.Append('}').ToString();
    }
}
