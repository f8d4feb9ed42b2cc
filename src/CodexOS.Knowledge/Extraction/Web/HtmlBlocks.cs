using System.Collections.Frozen;
using System.Text;

namespace CodexOS.Knowledge.Extraction.Web;

/// <summary>
/// What a page says, in blocks, without how it looks and without what stands on every page of a site. Used for pages, the
/// chapters of books and the HTML in e-mails.
/// </summary>
internal sealed class HtmlBlocks
{
    private const int BlockLengthMax = 16 * 1024;
    private const int TablesDepthMax = 8;

    // What people do not read. What is inside is passed over by counting, so the depth costs nothing.
    private static readonly FrozenSet<string> s_skipped = FrozenSet.Create(StringComparer.Ordinal,
        "script", "style", "noscript", "template", "svg", "canvas", "iframe", "object", "nav", "select", "button", "textarea",
        "audio", "video", "dialog", "footer", "map", "datalist", "annotation", "annotation-xml");

    private static readonly FrozenSet<string> s_raw = FrozenSet.Create(StringComparer.Ordinal, "script", "style", "textarea", "iframe");

    private static readonly FrozenSet<string> s_void = FrozenSet.Create(StringComparer.Ordinal,
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr");

    private static readonly FrozenSet<string> s_blocks = FrozenSet.Create(StringComparer.Ordinal,
        "address", "article", "aside", "blockquote", "body", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "form",
        "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "summary", "table", "tbody",
        "thead", "tfoot", "tr", "td", "th", "ul", "caption", "fieldset", "legend", "center", "title", "option");

    private readonly HtmlScanner _scanner;
    private readonly ReadContext _context;
    private readonly Place? _place;
    private readonly Queue<Block> _ready = new();
    private readonly Stack<HtmlTable> _tables = new();
    private readonly Stack<int?> _lists = new();
    private readonly StringBuilder _text = new();
    private readonly bool _isMainOnly;
    private string _mainName = "";
    private int _mainDepth;
    private BlockKind _kind;
    private int _level;
    private int _quotes;
    private int _pre;
    private bool _isTitle;
    private bool _isSpaceDue;

    private HtmlBlocks(TextReader text, ReadContext context, Place? place, bool isMainOnly)
    {
        _isMainOnly = isMainOnly;
        _scanner = new HtmlScanner(text);
        _context = context;
        _place = place;
    }

    /// <summary>The blocks of a page, each at the given place.</summary>
    /// <param name="isMainOnly">Whether only the part that is marked as the main one is read.</param>
    public static IEnumerable<Block> Read(TextReader text, ReadContext context, Place? place, bool isMainOnly = false)
    {
        var page = new HtmlBlocks(text, context, place, isMainOnly);
        HtmlToken token;
        do
        {
            context.Check();
            token = page._scanner.Next();
            page.Take(token);
            while (page._ready.TryDequeue(out var block)) yield return block;
        }
        while (token is not HtmlToken.End);
    }

    private void Take(HtmlToken token)
    {
        switch (token)
        {
            case HtmlToken.Text: Say(_scanner.Value); break;
            case HtmlToken.Open: Enter(_scanner.Value); break;
            case HtmlToken.Close: Leave(_scanner.Value); break;
            case HtmlToken.End:
                Break();
                while (_tables.Count > 0) EndTable();
                break;
        }
    }

    private void Enter(string name)
    {
        if (s_skipped.Contains(name) || IsHidden())
        {
            if (!s_void.Contains(name) && !_scanner.IsSelfClosing) Pass(name);
            return;
        }

        if (s_blocks.Contains(name)) Break();
        if (_mainDepth == 0 ? name is "main" || _scanner.Attribute("role") is "main" : name == _mainName)
            (_mainName, _mainDepth) = (name, _mainDepth + 1);
        switch (name)
        {
            case "br": _text.Append('\n'); _isSpaceDue = false; break;
            case "pre": _pre++; _kind = BlockKind.Code; break;
            case "ul": _lists.Push(null); break;
            case "ol": _lists.Push(int.TryParse(_scanner.Attribute("start"), out var first) ? first : 1); break;
            case "li": BeginItem(); break;
            case "blockquote": _quotes++; break;
            case "title": _isTitle = true; break;
            case "meta": Meta(); break;
            case "img" when _scanner.Attribute("alt") is { Length: > 1 } alternative: Say(" " + alternative + " "); break;
            case "table" when _tables.Count < TablesDepthMax: _tables.Push(new HtmlTable(_place)); break;
            case "tr": Table?.BeginRow(); break;
            case "td" or "th": Table?.BeginCell(_scanner.Attribute("colspan"), _scanner.Attribute("rowspan")); break;
            case ['h', >= '1' and <= '6']: (_kind, _level) = (BlockKind.Heading, name[1] - '0'); break;
        }
    }

    // The numbers of a list are what its readers refer to.
    private void BeginItem()
    {
        _kind = BlockKind.ListItem;
        if (!_lists.TryPop(out var number)) return;
        _lists.Push(number + 1);
        if (number is not null && (!_isMainOnly || _mainDepth > 0)) _text.Append(number).Append(". ");
    }

    private HtmlTable? Table => _tables.TryPeek(out var table) ? table : null;

    private void Leave(string name)
    {
        if (name is "title" && _isTitle)
        {
            var metadata = _context.Metadata;
            _context.Metadata = metadata with { Title = metadata.Title ?? BlockText.Collapse(_text.ToString()) };
            _text.Clear();
            _isTitle = false;
        }

        if (s_blocks.Contains(name)) Break();
        if (name == _mainName && _mainDepth > 0) _mainDepth--;
        switch (name)
        {
            case "pre": _pre = Math.Max(0, _pre - 1); break;
            case "ul" or "ol": _lists.TryPop(out _); break;
            case "blockquote": _quotes = Math.Max(0, _quotes - 1); break;
            case "table" when _tables.Count > 0: EndTable(); break;
        }
    }

    // A table inside a cell becomes text of that cell; one by itself becomes a block.
    private void EndTable()
    {
        var table = _tables.Pop();
        if (Table is { IsInCell: true } outer) outer.Say(table.AsText());
        else foreach (var block in table.Finish()) _ready.Enqueue(block);
    }

    private void Say(string words)
    {
        if (_isMainOnly && _mainDepth == 0 && !_isTitle) return;
        if (_pre > 0)
        {
            _text.Append(words);
        }
        else
        {
            foreach (var range in words.AsSpan().SplitAny(" \t\r\n\f\u00A0"))
            {
                var word = words.AsSpan(range);
                if (range.Start.Value > 0) _isSpaceDue = true;
                if (word.IsEmpty) continue;
                if (_isSpaceDue && _text.Length > 0 && _text[^1] != '\n') _text.Append(' ');
                _isSpaceDue = false;
                _text.Append(word);
            }
        }

        if (_text.Length > BlockLengthMax && !_isTitle) Break(isFull: true);
    }

    private void Break(bool isFull = false)
    {
        if (_isTitle) return;
        _isSpaceDue = false;
        var isEmpty = true;
        for (var i = 0; i < _text.Length && isEmpty; i++) isEmpty = char.IsWhiteSpace(_text[i]);
        if (!isEmpty && Table is { IsInCell: true } table) table.Say(_text.ToString());
        else if (!isEmpty) _ready.Enqueue(Make());
        _text.Clear();
        if (isFull || isEmpty) return;
        (_kind, _level) = (_pre > 0 ? BlockKind.Code : BlockKind.Paragraph, 0);
    }

    private Block Make()
    {
        var text = _text.ToString();
        if (_pre > 0) return new Block(BlockKind.Code, text.Trim('\n', '\r'), 0, _place);
        return _kind switch
        {
            BlockKind.Heading => new Block(BlockKind.Heading, BlockText.Collapse(text), _level, _place),
            BlockKind.ListItem => new Block(BlockKind.ListItem, text, Math.Max(1, _lists.Count), _place),
            _ when _quotes > 0 => new Block(BlockKind.Quote, text, 0, _place),
            _ => new Block(BlockKind.Paragraph, text, 0, _place),
        };
    }

    private bool IsHidden() =>
        _scanner.Attribute("hidden") is not null && _scanner.Value is not ("html" or "body")
        || _scanner.Attribute("role") is "navigation" or "banner" or "contentinfo" or "search"
        || _scanner.Attribute("style") is { } style && style.Contains("display", StringComparison.OrdinalIgnoreCase)
            && style.Replace(" ", "", StringComparison.Ordinal).Contains("display:none", StringComparison.OrdinalIgnoreCase);

    private void Pass(string name)
    {
        if (s_raw.Contains(name)) _scanner.RawUntil(name);
        var depth = 1;
        while (depth > 0)
        {
            _context.Check();
            var token = _scanner.Next();
            if (token is HtmlToken.End) return;
            if (token is HtmlToken.Open && _scanner.Value == name && !_scanner.IsSelfClosing) depth++;
            else if (token is HtmlToken.Open && s_raw.Contains(_scanner.Value) && !_scanner.IsSelfClosing)
                _scanner.RawUntil(_scanner.Value);
            else if (token is HtmlToken.Close && _scanner.Value == name) depth--;
        }
    }

    private void Meta()
    {
        if (_scanner.Attribute("content") is not { Length: > 0 } said) return;
        var name = _scanner.Attribute("name") ?? _scanner.Attribute("property") ?? "";
        var metadata = _context.Metadata;
        _context.Metadata = name.ToLowerInvariant() switch
        {
            "author" or "dc.creator" => metadata with { Author = metadata.Author ?? said },
            "article:published_time" or "dc.date" when DateTimeOffset.TryParse(said, out var at) =>
                metadata with { CreatedAt = metadata.CreatedAt ?? at },
            "article:modified_time" when DateTimeOffset.TryParse(said, out var at) =>
                metadata with { ModifiedAt = metadata.ModifiedAt ?? at },
            _ => metadata,
        };
    }
}
