using System.Globalization;
using System.Text.RegularExpressions;

namespace CodexOS.Agents.Definitions;

/// <summary>Lengths of time as authors write them: <c>90s</c>, <c>30m</c>, <c>1h30m</c>, <c>7d</c>.</summary>
internal static partial class Duration
{
    public const string Pattern = "^(?=.)([0-9]{1,6}d)?([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$";

    /// <summary>The time in whole seconds, or null if the text is not one.</summary>
    public static long? ReadSeconds(string text)
    {
        if (Form().Match(text) is not { Success: true } match) return null;
        return (Part(match.Groups[1]) * 86_400) + (Part(match.Groups[2]) * 3_600)
            + (Part(match.Groups[3]) * 60) + Part(match.Groups[4]);
    }

    private static long Part(Group group) =>
        group.Success ? long.Parse(group.ValueSpan[..^1], NumberStyles.None, CultureInfo.InvariantCulture) : 0;

#pragma warning disable MA0023 // The groups are read by number: the pattern is also published, without names.
    [GeneratedRegex(Pattern, RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Form();
#pragma warning restore MA0023
}
