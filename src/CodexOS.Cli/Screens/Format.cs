namespace CodexOS.Cli.Screens;

/// <summary>Numbers for people.</summary>
internal static class Format
{
    /// <summary>How much of a run's id tables show at least: its first 12 digits are the time in ms.</summary>
    public const int ShortIdDigits = 12;

    public static string Duration(TimeSpan time) => time switch
    {
        { TotalMilliseconds: < 1000 } => $"{Math.Max(0, time.TotalMilliseconds):0} ms",
        { TotalSeconds: < 10 } => $"{time.TotalSeconds:0.0} s",
        { TotalSeconds: < 60 } => $"{time.TotalSeconds:0} s",
        { TotalMinutes: < 60 } => $"{(int)time.TotalMinutes} min {time.Seconds:00} s",
        _ => $"{(int)time.TotalHours} h {time.Minutes:00} min",
    };

    public static string Age(TimeSpan time) => time switch
    {
        { TotalSeconds: < 60 } => $"{Math.Max(0, (int)time.TotalSeconds)} s",
        { TotalMinutes: < 60 } => $"{(int)time.TotalMinutes} min",
        { TotalHours: < 48 } => $"{(int)time.TotalHours} h",
        _ => $"{(int)time.TotalDays} d",
    };

    public static string Size(long bytes) => bytes switch
    {
        < 1024 => $"{bytes} B",
        < 1024 * 1024 => $"{bytes / 1024.0:0.#} KB",
        < 1024 * 1024 * 1024 => $"{bytes / (1024.0 * 1024):0.#} MB",
        _ => $"{bytes / (1024.0 * 1024 * 1024):0.#} GB",
    };

    public static string Money(long microUsd) => microUsd switch
    {
        0 => "$0",
        < 10_000 => $"${microUsd / 1_000_000.0:0.######}",
        _ => $"${microUsd / 1_000_000.0:0.00}",
    };

    public static string Count(long count) => count.ToString("#,0").Replace(',', '\u202F');

    /// <summary>How to say a number of things.</summary>
    public static string Plural(long count, string one) => count == 1 ? $"1 {one}" : $"{Count(count)} {one}s";

    /// <summary>A run's id, cut to as many digits as tell it from the others.</summary>
    public static string ShortId(string id, int digits = ShortIdDigits)
    {
        var length = id.IndexOf('_') + 1 + digits;
        return id.Length <= length ? id : id[..length];
    }

    /// <summary>How many digits tell these ids apart.</summary>
    public static int ShortIdDigitsFor(IReadOnlyCollection<string> ids)
    {
        var digits = ShortIdDigits;
        while (digits < 32 && ids.DistinctBy(id => ShortId(id, digits), StringComparer.Ordinal).Count() < ids.Count)
            digits += 2;
        return digits;
    }
}
