using System.Text;

namespace CodexOS.Knowledge.Extraction.Texts;

/// <summary>
/// Cuts Markdown into stretches that are parsed one after the other: before a heading where there is one, else between
/// paragraphs. The parser takes far more than twice the time for twice the nesting, and cannot be stopped; short stretches
/// bound that, and the memory with it.
/// </summary>
internal sealed class MarkdownSegments(LineReader lines)
{
    private const int LengthMin = 8 * 1024;
    private const int LengthUsual = 16 * 1024;
    private const int LengthMax = 48 * 1024;
    private const int IndentMax = 200;

    private readonly StringBuilder _segment = new();
    private string? _fence;
    private string? _next;

    /// <summary>The line of the file that the first line of the segment is, less one.</summary>
    public int LinesBefore { get; private set; }

    public string? Next()
    {
        _segment.Clear();
        var line = _next ?? lines.Next();
        if (line is null) return null;
        LinesBefore = lines.Number - 1;
        if (_fence is not null)
        {
            // Code that goes on stays code.
            _segment.Append(_fence).Append('\n');
            LinesBefore--;
        }

        for (_next = null; line is not null; line = lines.Next())
        {
            if (_segment.Length > LengthMin && IsCut(line))
            {
                _next = line;
                break;
            }

            Follow(line);
            _segment.Append(line.AsSpan(Excess(line))).Append('\n');
        }

        return _segment.ToString();
    }

    // Each two columns may be a level of a list; nobody means so many.
    private static int Excess(string line) => Math.Max(0, line.Length - line.AsSpan().TrimStart(' ').Length - IndentMax);

    private bool IsCut(string line)
    {
        if (_segment.Length + line.Length > LengthMax) return true;
        if (_fence is not null) return false;
        return line.StartsWith('#') || (_segment.Length > LengthUsual && line.Length > 0 && !char.IsWhiteSpace(line[0])
            && _segment[^1] == '\n' && _segment[^2] == '\n');
    }

    private void Follow(string line)
    {
        var start = line.AsSpan().TrimStart(' ');
        if (line.Length - start.Length > 3) return;
        var mark = start.StartsWith("```", StringComparison.Ordinal) ? '`' : start.StartsWith("~~~", StringComparison.Ordinal) ? '~' : '\0';
        if (mark == '\0') return;
        var signs = start[..^start.TrimStart(mark).Length];
        if (_fence is null)
        {
            if (mark == '~' || !start[signs.Length..].Contains('`')) _fence = signs.ToString();
        }
        else if (_fence[0] == mark && signs.Length >= _fence.Length && start[signs.Length..].IsWhiteSpace()) _fence = null;
    }
}
