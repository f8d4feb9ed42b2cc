using CodexOS.Cli.Screens;

namespace CodexOS.Cli.Runs;

/// <summary>Output of commands and tools: dimmed, the beginning and the end of it, unless all was asked for.</summary>
internal sealed class OutputText(Screen screen, bool isFull)
{
    private const int HeadLines = 4;
    private const int TailLines = 10;

    public void Show(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return;
        var lines = PlainText.Of(text).TrimEnd('\n').Split('\n');
        if (isFull || lines.Length <= HeadLines + TailLines + 1)
        {
            foreach (var line in lines) Line(line);
            return;
        }

        foreach (var line in lines[..HeadLines]) Line(line);
        screen.Line($"    … {Format.Plural(lines.Length - HeadLines - TailLines, "more line")} (--full)", Tone.Dim);
        foreach (var line in lines[^TailLines..]) Line(line);
    }

    private void Line(string line) => screen.Line("    " + line, Tone.Dim);
}
