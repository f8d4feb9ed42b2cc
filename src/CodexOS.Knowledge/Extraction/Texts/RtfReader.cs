using System.Text;
using CodexOS.Knowledge.Extraction.Office;

namespace CodexOS.Knowledge.Extraction.Texts;

/// <summary>Reads rich text (RTF): the words, headings by outline level, and tables; not how they look.</summary>
internal sealed class RtfReader : IDocumentReader
{
    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        var story = new RtfStory(new RtfScanner(content), context);
        while (story.Next())
        {
            while (story.Ready.TryDequeue(out var block)) yield return block;
        }

        while (story.Ready.TryDequeue(out var block)) yield return block;
    }
}

/// <summary>The text as it is read.</summary>
internal sealed class RtfStory(RtfScanner scanner, ReadContext context)
{
    private const int ParagraphLengthMax = 64 * 1024;
    private const int MultiByteMax = 512;

    // Parts of the file that are not its text.
    private static readonly HashSet<string> s_skipped = new(StringComparer.Ordinal)
    {
        "fonttbl", "colortbl", "stylesheet", "pict", "object", "header", "headerl", "headerr", "headerf", "footer", "footerl",
        "footerr", "footerf", "listtable", "listoverridetable", "rsidtbl", "generator", "themedata", "datastore", "xmlnstbl",
        "fldinst", "revtbl", "nonshppict", "annotation", "atnid", "atnauthor", "bkmkstart", "bkmkend", "pntext", "pnseclvl",
        "company", "operator", "keywords", "comment", "doccomm", "subject", "category", "manager", "creatim", "revtim", "printim",
    };

    private readonly Stack<State> _groups = new();
    private readonly StringBuilder _text = new();
    private readonly List<byte> _bytes = [];
    private State _now = new();
    private OfficeTable? _table;
    private Encoding _encoding = TextEncodings.Western;
    private int _outline;
    private int _list;
    private int _skipCharacters;
    private bool _isInTable;

    private record struct State(bool IsSkipped, string? Field, int UnicodeSkip = 1)
    {
        public State() : this(false, null)
        {
        }
    }

    public Queue<Block> Ready { get; } = new();

    public bool Next()
    {
        context.Check();
        var token = scanner.Next();
        if (token is not RtfToken.Byte) FlushBytes();
        switch (token)
        {
            case RtfToken.End:
                EndParagraph();
                EndTable();
                return false;
            case RtfToken.Open:
                context.CheckDepth(_groups.Count);
                _groups.Push(_now);
                break;
            case RtfToken.Close: Close(); break;
            case RtfToken.Byte: Byte((byte)scanner.Number!.Value); break;
            case RtfToken.Character: Say(((char)scanner.Number!.Value).ToString()); break;
            case RtfToken.Word: Control(scanner.Word, scanner.Number); break;
        }

        return true;
    }

    private void Close()
    {
        if (_now.Field is { } field && (!_groups.TryPeek(out var outer) || outer.Field is null))
        {
            var value = BlockText.Collapse(_text.ToString());
            _text.Clear();
            context.Metadata = field == "title"
                ? context.Metadata with { Title = value }
                : context.Metadata with { Author = value };
        }

        if (_groups.TryPop(out var state)) _now = state;
    }

    private void Control(string word, int? number)
    {
        if (_now.IsSkipped)
        {
            if (word == "bin") scanner.Pass(Math.Max(0, number ?? 0));
            return;
        }

        if (word == "*" || s_skipped.Contains(word))
        {
            _now = _now with { IsSkipped = true };
            return;
        }

        switch (word)
        {
            case "bin": scanner.Pass(Math.Max(0, number ?? 0)); break;
            case "title" or "author": (_now, _) = (_now with { Field = word }, _text.Clear()); break;
            case "ansicpg" when number is { } codePage: _encoding = TextEncodings.ByCodePage(codePage); break;
            case "uc": _now = _now with { UnicodeSkip = Math.Clamp(number ?? 1, 0, 8) }; break;
            case "u" when number is { } unit:
                Say(((char)(ushort)unit).ToString());
                _skipCharacters = _now.UnicodeSkip;
                break;
            case "pard": (_outline, _list, _isInTable) = (0, 0, false); break;
            case "intbl": _isInTable = true; break;
            case "outlinelevel": _outline = Math.Clamp((number ?? 0) + 1, 1, 9); break;
            case "ilvl": _list = Math.Clamp((number ?? 0) + 1, 1, 9); break;
            case "ls" when number > 0: _list = Math.Max(1, _list); break;
            case "par" or "sect" or "page": EndParagraph(); break;
            case "line": Say("\n"); break;
            case "tab": Say("\t"); break;
            case "~": Say(" "); break;
            case "_": Say("-"); break;
            case "emdash": Say("—"); break;
            case "endash": Say("–"); break;
            case "bullet": Say("•"); break;
            case "lquote": Say("‘"); break;
            case "rquote": Say("’"); break;
            case "ldblquote": Say("“"); break;
            case "rdblquote": Say("”"); break;
            case "trowd" when _table is null:
                EndParagraph();
                _table = new OfficeTable(null);
                _table.BeginRow();
                break;
            case "cell" when _table is not null:
                _table.BeginCell();
                _table.Say(_text.ToString());
                _table.EndCell();
                _text.Clear();
                break;
            case "row" when _table is not null:
                if (_table.EndRow() is { } full) Ready.Enqueue(full);
                _table.BeginRow();
                break;
        }
    }

    private void Byte(byte value)
    {
        if (_now.IsSkipped) return;
        if (_skipCharacters > 0)
        {
            _skipCharacters--;
            return;
        }

        // Characters of two bytes come in two tokens, so bytes are gathered first.
        _bytes.Add(value);
        if (_bytes.Count >= MultiByteMax && value < 0x80) FlushBytes();
    }

    private void FlushBytes()
    {
        if (_bytes.Count == 0) return;
        var text = _encoding.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes));
        _bytes.Clear();
        Say(text);
    }

    private void Say(string text)
    {
        if (_now.IsSkipped) return;
        _text.Append(text);
        if (_text.Length > ParagraphLengthMax && _table is null) EndParagraph();
    }

    private void EndParagraph()
    {
        if (_now.Field is not null) return;
        if (_isInTable && _table is not null)
        {
            _text.Append(' ');
            return;
        }

        var text = _text.ToString();
        if (string.IsNullOrWhiteSpace(text)) return;
        EndTable();
        _text.Clear();
        Ready.Enqueue(_outline > 0 ? new Block(BlockKind.Heading, BlockText.Collapse(text), _outline)
            : _list > 0 ? new Block(BlockKind.ListItem, text, _list)
            : new Block(BlockKind.Paragraph, text));
    }

    private void EndTable()
    {
        if (_table?.Finish() is { } block) Ready.Enqueue(block);
        _table = null;
    }
}
