using System.Text;

namespace CodexOS.Cli.Screens;

/// <summary>
/// Makes text from elsewhere safe to print: escape sequences and control characters are taken out, and characters that
/// reorder a line are shown as what they are. A terminal must not be steered by what a tool or a model wrote. One
/// instance reads one stream, in pieces that may end anywhere, even inside an escape sequence.
/// </summary>
internal sealed class PlainText
{
    private enum State
    {
        Text,
        Escape,
        EscapeIntermediate,
        Control,
        String,
        StringEscape,
    }

    private const StringSplitOptions Parts = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;

    private State _state;

    /// <summary>Text of several lines; of a line that redraws itself, its last state.</summary>
    public static string Of(string? text)
    {
        if (text is null) return "";
        if (!text.Contains('\r')) return new PlainText().Next(text);
        var lines = text.Replace("\r\n", "\n").Split('\n').Select(line => line.TrimEnd('\r'));
        return new PlainText().Next(string.Join('\n', lines.Select(line => line[(line.LastIndexOf('\r') + 1)..])));
    }

    /// <summary>Text for one line: breaks and tabs become spaces.</summary>
    public static string LineOf(string? text)
    {
        var plain = Of(text);
        return plain.AsSpan().IndexOfAny('\n', '\t') < 0
            ? plain.Trim()
            : string.Join(' ', plain.Split(['\n', '\t'], Parts));
    }

    /// <summary>The next piece of the stream, made safe.</summary>
    public string Next(string piece)
    {
        if (_state == State.Text && !NeedsWork(piece)) return piece;
        var safe = new StringBuilder(piece.Length);
        foreach (var each in piece) Take(each, safe);
        return safe.ToString();
    }

    private static bool NeedsWork(string piece)
    {
        foreach (var each in piece)
        {
            if (each is not ('\n' or '\t') && (char.IsControl(each) || IsReordering(each))) return true;
        }

        return false;
    }

    private static bool IsReordering(char each) =>
        each is >= '\u2028' and <= '\u202E' or >= '\u2066' and <= '\u2069' or '\u200E' or '\u200F';

    // The states of a VT500 parser, as far as they are needed to find the end of a sequence.
    private void Take(char each, StringBuilder safe)
    {
        switch (_state)
        {
            case State.Text:
                TakeText(each, safe);
                break;
            case State.Escape:
                _state = each switch
                {
                    '[' => State.Control,
                    ']' or 'P' or '_' or '^' or 'X' => State.String,
                    >= ' ' and <= '/' => State.EscapeIntermediate,
                    _ => State.Text,
                };
                if (each == '\n') safe.Append(each);
                break;
            case State.EscapeIntermediate:
                if (each is < ' ' or > '/') _state = State.Text;
                break;
            case State.Control:
                if (each is >= '@' and <= '~' or '\n') _state = State.Text;
                if (each == '\n') safe.Append(each);
                break;
            case State.String:
                if (each is '\a' or '\u009C') _state = State.Text;
                else if (each == '\u001B') _state = State.StringEscape;
                else if (each == '\n') TakeText(each, safe);
                break;
            default:
                _state = each == '\\' ? State.Text : State.String;
                break;
        }
    }

    private void TakeText(char each, StringBuilder safe)
    {
        _state = each switch
        {
            '\u001B' => State.Escape,
            '\u009B' => State.Control,
            '\u009D' or '\u0090' or '\u0098' or '\u009E' or '\u009F' => State.String,
            _ => State.Text,
        };
        if (_state != State.Text) return;
        if (each is '\n' or '\t' || (!char.IsControl(each) && !IsReordering(each))) safe.Append(each);
        else if (IsReordering(each)) safe.Append($"<U+{(int)each:X4}>");
    }
}
