using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using CodexOS.Trust.Contracts;

namespace CodexOS.Trust.Audit;

/// <summary>
/// What an entry may look like. Names come from code, so a wrong one is a bug and throws; values may come from anywhere and
/// are cut and cleaned, since no text that somebody sends may keep an action from being recorded.
/// </summary>
internal static partial class AuditText
{
    private const int DetailsMax = 32;
    private const int PersonalMax = 16;
    private const int ValueLengthMax = 1_024;
    private const int IdLengthMax = 256;

    /// <exception cref="ArgumentException">A name is not one.</exception>
    public static void Check(AuditEntry entry)
    {
        if (entry.Action.Length > 64 || !ActionName().IsMatch(entry.Action))
            throw new ArgumentException($"'{entry.Action}' is not the name of an action, as in api_keys.create.", nameof(entry));
        if (entry.Resource is { } resource && !FieldName().IsMatch(resource.Type))
            throw new ArgumentException($"'{resource.Type}' is not the name of a kind of resource.", nameof(entry));
        if (entry.Details.Count > DetailsMax || entry.Personal.Count > PersonalMax)
            throw new ArgumentException($"{entry.Action} has more than {DetailsMax} details or {PersonalMax} personal ones.", nameof(entry));
        if (entry.Details.Keys.Concat(entry.Personal.Keys).FirstOrDefault(static name => !FieldName().IsMatch(name)) is { } wrong)
            throw new ArgumentException($"'{wrong}' is not the name of a detail.", nameof(entry));
    }

    public static string Id(string text) => Clean(text, IdLengthMax);

    public static string Value(string text) => Clean(text, ValueLengthMax);

    public static ImmutableSortedDictionary<string, string> Values(ImmutableSortedDictionary<string, string> values) =>
        values.ToImmutableSortedDictionary(static one => one.Key, static one => Value(one.Value), StringComparer.Ordinal);

    /// <summary>Without NUL, which PostgreSQL does not store, and without halves of characters, which UTF-8 cannot say.</summary>
    private static string Clean(string text, int lengthMax)
    {
        var cut = text.Length <= lengthMax ? text : text[..(lengthMax - 1)] + "…";
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(cut)).Replace('\0', '\uFFFD');
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ActionName();

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,63}\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex FieldName();
}
