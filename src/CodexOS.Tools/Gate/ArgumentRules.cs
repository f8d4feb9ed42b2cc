using System.Collections.Immutable;
using System.Text.Json;

namespace CodexOS.Tools.Gate;

/// <summary>
/// The values that a grant asks of arguments. In a pattern, <c>*</c> stands for any run of characters but control
/// characters, and a value that climbs (<c>..</c> as a path segment) matches no pattern that has one, so that
/// <c>src/*</c> never lets <c>src/../secret</c> through.
/// </summary>
internal static class ArgumentRules
{
    /// <summary>The first rule that the arguments break, in words; null if they break none.</summary>
    public static string? FirstBroken(ImmutableDictionary<string, JsonElement>? rules, JsonElement arguments)
    {
        if (rules is null) return null;
        foreach (var (name, rule) in rules.OrderBy(static rule => rule.Key, StringComparer.Ordinal))
        {
            if (!arguments.TryGetProperty(name, out var value)) return $"'{name}' must be given, and {Words(rule)}";
            if (!Fits(rule, value)) return $"'{name}' must {Words(rule)}";
        }

        return null;
    }

    private static bool Fits(JsonElement rule, JsonElement value) => rule.ValueKind is JsonValueKind.String
        ? value.ValueKind is JsonValueKind.String && Matches(rule.GetString()!, value.GetString()!)
        : JsonElement.DeepEquals(rule, value);

    private static string Words(JsonElement rule) => rule.ValueKind is not JsonValueKind.String
        ? $"be {rule.GetRawText()}"
        : rule.GetString()!.Contains('*', StringComparison.Ordinal)
            ? $"match {rule.GetRawText()}"
            : $"be {rule.GetRawText()}";

    /// <summary>Matches the whole value, in time linear in pattern times value.</summary>
    internal static bool Matches(string pattern, string value)
    {
        if (!pattern.Contains('*', StringComparison.Ordinal)) return pattern == value;
        if (Climbs(value)) return false;

        int p = 0, v = 0, star = -1, starAt = 0;
        while (v < value.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                starAt = v;
            }
            else if (p < pattern.Length && pattern[p] == value[v])
            {
                p++;
                v++;
            }
            else if (star >= 0 && !char.IsControl(value[starAt]))
            {
                p = star + 1;
                v = ++starAt;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    private static bool Climbs(string value)
    {
        foreach (var segment in value.AsSpan().SplitAny('/', '\\'))
        {
            if (value.AsSpan(segment) is "..") return true;
        }

        return false;
    }
}
