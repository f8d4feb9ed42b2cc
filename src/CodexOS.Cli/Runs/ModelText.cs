using System.Text;
using CodexOS.Cli.Screens;

namespace CodexOS.Cli.Runs;

/// <summary>
/// Model text as it comes, indented. The whole text at the end completes what was lost on the way; if what was shown is
/// not its beginning (the step was performed anew), it is shown again from the start.
/// </summary>
internal sealed class ModelText(Screen screen, string step)
{
    private const string Indent = "  ";

    private readonly PlainText _plain = new();
    private readonly StringBuilder _shown = new();
    private bool _isAtLineStart = true;

    public string Step => step;

    /// <summary>Adds what is new of a piece: after a lost connection the text comes from its beginning again.</summary>
    public void Add(string piece, int offset)
    {
        var known = _shown.Length - offset;
        if (known < piece.Length) Add(piece[Math.Max(known, 0)..]);
    }

    private void Add(string piece)
    {
        _shown.Append(piece);
        Write(_plain.Next(piece));
    }

    public void End(string? whole = null)
    {
        if (whole is not null)
        {
            var shown = _shown.ToString();
            if (whole.StartsWith(shown, StringComparison.Ordinal))
            {
                Add(whole[shown.Length..]);
            }
            else
            {
                Break();
                Write(PlainText.Of(whole));
            }
        }

        Break();
    }

    private void Write(string text)
    {
        var isFirst = true;
        foreach (var line in text.Split('\n'))
        {
            if (!isFirst) Break(isEvenIfEmpty: true);
            isFirst = false;
            if (line.Length == 0) continue;
            screen.Write(_isAtLineStart ? Indent + line : line, Tone.Info);
            _isAtLineStart = false;
        }
    }

    private void Break(bool isEvenIfEmpty = false)
    {
        if (!_isAtLineStart || (isEvenIfEmpty && _shown.Length > 0)) screen.Line();
        _isAtLineStart = true;
    }
}
