namespace CodexOS.Cli.Screens;

/// <summary>Shows a unified diff in colours.</summary>
internal static class DiffText
{
    /// <summary>Shows the diff, at most so many lines of it; says how many are left out.</summary>
    public static void Show(Screen screen, string diff, string indent, int linesMax)
    {
        var lines = PlainText.Of(diff).TrimEnd('\n').Split('\n');
        foreach (var line in lines.Take(linesMax)) screen.Line(indent + line, ToneOf(line));
        if (lines.Length > linesMax)
            screen.Line($"{indent}… {Format.Plural(lines.Length - linesMax, "more line")} (--full)", Tone.Dim);
    }

    /// <summary>How many lines a diff adds and removes.</summary>
    public static (int Added, int Removed) Count(string diff)
    {
        var (added, removed) = (0, 0);
        var isInHunk = false;
        foreach (var line in diff.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("@@")) isInHunk = true;
            else if (line.StartsWith("diff ")) isInHunk = false;
            else if (isInHunk && line.StartsWith("+")) added++;
            else if (isInHunk && line.StartsWith("-")) removed++;
        }

        return (added, removed);
    }

    private static Tone ToneOf(string line) => line switch
    {
        _ when line.StartsWith("+++", StringComparison.Ordinal) => Tone.Bold,
        _ when line.StartsWith("---", StringComparison.Ordinal) => Tone.Bold,
        _ when line.StartsWith("diff ", StringComparison.Ordinal) => Tone.Bold,
        _ when line.StartsWith('+') => Tone.Good,
        _ when line.StartsWith('-') => Tone.Bad,
        _ when line.StartsWith("@@", StringComparison.Ordinal) => Tone.Info,
        _ => Tone.Plain,
    };
}
