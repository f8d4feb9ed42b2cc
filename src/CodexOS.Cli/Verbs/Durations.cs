using System.CommandLine;
using System.Globalization;

namespace CodexOS.Cli.Verbs;

/// <summary>Times as people type them: a number and its unit, such as <c>24h</c> or <c>7d</c>; 0 needs none.</summary>
internal static class Durations
{
    private const int DaysMax = 3_650;

    public static Option<string?> Option(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "TIME" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && Read(result.Tokens[^1].Value) is null)
                result.AddError($"'{result.Tokens[^1].Value}' is no time: write a number with s, m, h or d, such as 24h.");
        });
        return option;
    }

    /// <summary>The time of an option that was given and let through, or null if it was not given.</summary>
    public static TimeSpan? Of(string? text) => text is null ? null : Read(text);

    private static TimeSpan? Read(string text)
    {
        if (text == "0") return TimeSpan.Zero;
        if (text.Length < 2 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return null;
        TimeSpan? unit = text[^1] switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            _ => null,
        };
        return unit is { } one && count <= TimeSpan.FromDays(DaysMax) / one ? one * count : null;
    }
}
