using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace CodexOS.Cli.Screens;

/// <summary>
/// One of the two outputs, as people see it. Lines are written as they are, so that a terminal wraps them and a file
/// gets them whole; tables go through Spectre. A status line is one line at the bottom that goes away when anything is
/// written.
/// </summary>
internal sealed class Screen(TextWriter writer, bool isColourful, bool isTerminal, Func<int> width)
{
    private const char Escape = '\u001B';
    private string? _status;

    public bool IsTerminal => isTerminal;

    /// <summary>How many characters fit in a line.</summary>
    public int Width => isTerminal ? width() : Terminal.WidthUnlimited;

    public void Write(string text, Tone tone = Tone.Plain)
    {
        ClearStatus();
        writer.Write(Styled(text, tone));
    }

    public void Line(string text = "", Tone tone = Tone.Plain)
    {
        ClearStatus();
        writer.WriteLine(Styled(text, tone));
    }

    /// <summary>A line of several pieces, cut to the width of the terminal.</summary>
    public void Line(params ReadOnlySpan<(string Text, Tone Tone)> pieces)
    {
        ClearStatus();
        var left = Width;
        foreach (var (text, tone) in pieces)
        {
            if (left <= 0) break;
            var shown = Fit(text, left);
            left -= shown.GetCellWidth();
            writer.Write(Styled(shown, tone));
        }

        writer.WriteLine();
    }

    /// <summary>Shows a passing line, on a terminal only.</summary>
    public void Status(string text)
    {
        if (!isTerminal) return;
        var shown = Fit(text, Width - 1);
        if (shown == _status) return;
        ClearStatus();
        writer.Write(Styled(shown, Tone.Dim));
        writer.Flush();
        _status = shown;
    }

    public void ClearStatus()
    {
        if (_status is null) return;
        writer.Write(isColourful ? $"\r{Escape}[2K" : $"\r{new string(' ', _status.GetCellWidth())}\r");
        _status = null;
    }

    /// <summary>Empties a terminal, so that what is written next replaces what was there.</summary>
    public void Clear()
    {
        _status = null;
        if (isColourful) writer.Write($"{Escape}[H{Escape}[2J");
        else if (isTerminal) writer.WriteLine();
    }

    public void Flush() => writer.Flush();

    public void Render(IRenderable renderable)
    {
        ClearStatus();
        using var lines = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isColourful ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = isColourful ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new SpectreOutput(lines, isTerminal, Width),
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Write(renderable);
        // The last column is filled up with blanks, which would only wrap in a terminal that is made narrower.
        foreach (var line in lines.ToString().TrimEnd('\n').Split('\n')) writer.WriteLine(line.TrimEnd());
    }

    /// <summary>The text, or its beginning and an ellipsis if it is wider than a number of cells.</summary>
    public static string Fit(string text, int cells)
    {
        if (text.Length * 2 <= cells || text.GetCellWidth() <= cells) return text;
        if (cells <= 1) return cells == 1 ? "…" : "";
        var cut = new StringBuilder();
        var used = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            used += Math.Max(0, rune.ToString().GetCellWidth());
            if (used > cells - 1) break;
            cut.Append(rune);
        }

        return cut.Append('…').ToString();
    }

    private string Styled(string text, Tone tone)
    {
        var code = tone switch
        {
            Tone.Dim => "2",
            Tone.Bold => "1",
            Tone.Good => "32",
            Tone.Bad => "31",
            Tone.Warn => "33",
            Tone.Info => "36",
            _ => null,
        };
        return isColourful && code is not null && text.Length > 0 ? $"{Escape}[{code}m{text}{Escape}[0m" : text;
    }

    private sealed class SpectreOutput(TextWriter writer, bool isTerminal, int width) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => isTerminal;

        public int Width => width;

        public int Height => 24;

        public void SetEncoding(Encoding encoding)
        {
        }
    }
}
