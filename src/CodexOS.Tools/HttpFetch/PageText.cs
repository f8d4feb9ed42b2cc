using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace CodexOS.Tools.HttpFetch;

/// <summary>What a page says, without how it looks.</summary>
/// <param name="Title">Its title, or empty.</param>
/// <param name="Text">Its text: headings, paragraphs, lists, tables and code as plain lines; links with their address.</param>
internal sealed record PageText(string Title, string Text)
{
    private const int AddressLengthMax = 300;

    // What people do not read.
    private static readonly HashSet<string> s_skipped = new(StringComparer.Ordinal)
    {
        "script", "style", "noscript", "template", "svg", "math", "canvas", "iframe", "object", "embed", "head", "nav",
        "select", "button", "input", "textarea", "audio", "video", "dialog",
    };

    private static readonly HashSet<string> s_blocks = new(StringComparer.Ordinal)
    {
        "address", "article", "aside", "blockquote", "body", "br", "dd", "details", "div", "dl", "dt", "figcaption", "figure",
        "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section",
        "summary", "table", "tbody", "thead", "tr", "ul",
    };

    /// <summary>Reads a page. It runs no script, loads nothing, and goes down any depth without recursion.</summary>
    /// <param name="html">The page, from its beginning; it may be cut.</param>
    /// <param name="address">Where it is from, so that relative links are written out.</param>
    /// <param name="lengthMax">Most characters of text.</param>
    public static PageText Read(Stream html, Uri address, int lengthMax)
    {
        var document = new HtmlParser(new HtmlParserOptions { IsScripting = false }).ParseDocument(html);
        using (document)
        {
            // The main part is what was asked for, where the page says which it is.
            INode root = document.QuerySelector("main, article, [role=main]") is { } main && main.ChildNodes.Length > 0
                ? main
                : document.Body ?? (INode)document;
            var writer = new Writer(address, lengthMax);
            Walk(root, writer);
            return new PageText(Clean(document.Title ?? ""), writer.Finish());
        }
    }

    private static void Walk(INode root, Writer writer)
    {
        var node = root;
        while (node is not null && !writer.IsFull)
        {
            var isEntered = writer.Enter(node);
            if (isEntered && node.FirstChild is { } child)
            {
                node = child;
                continue;
            }

            if (isEntered) writer.Leave(node);
            while (node is not null && node != root && node.NextSibling is null)
            {
                node = node.Parent;
                if (node is not null) writer.Leave(node);
            }

            if (node is null || node == root) return;
            node = node.NextSibling;
        }
    }

    private static string Clean(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private sealed class Writer(Uri address, int lengthMax)
    {
        private readonly StringBuilder _text = new();
        private int _pre;
        private bool _isSpaceDue;

        public bool IsFull => _text.Length >= lengthMax;

        public bool Enter(INode node)
        {
            if (node is IText words)
            {
                Say(words.Data);
                return true;
            }

            if (node is not IElement element) return node is not IComment;
            var name = element.LocalName;
            if (s_skipped.Contains(name) || element.HasAttribute("hidden") || element.GetAttribute("aria-hidden") == "true")
                return false;
            if (s_blocks.Contains(name)) Break();
            if (name is "pre") _pre++;
            if (name.Length == 2 && name[0] == 'h' && char.IsAsciiDigit(name[1])) _text.Append('#', name[1] - '0').Append(' ');
            else if (name is "li") _text.Append("- ");
            else if (name is "td" or "th" && element.PreviousElementSibling is not null) _text.Append(" | ");
            else if (element is IHtmlImageElement { AlternativeText: { Length: > 0 } alternative }) Say($"[{Clean(alternative)}]");
            return true;
        }

        public void Leave(INode node)
        {
            if (node is not IElement element) return;
            var name = element.LocalName;
            if (name is "pre") _pre--;
            if (name is "a" && AddressOf(element) is { } link) _text.Append(" (").Append(link).Append(')');
            if (s_blocks.Contains(name)) Break();
        }

        public string Finish()
        {
            var text = _text.ToString().Trim();
            if (text.Length <= lengthMax) return text;
            return text[..(char.IsHighSurrogate(text[lengthMax - 1]) ? lengthMax - 1 : lengthMax)];
        }

        private void Say(string words)
        {
            if (_pre > 0)
            {
                _text.Append(words);
                return;
            }

            var clean = Clean(words);
            if (words.Length > 0 && char.IsWhiteSpace(words[0])) _isSpaceDue = true;
            if (clean.Length == 0) return;
            if (_isSpaceDue && _text.Length > 0 && _text[^1] is not ('\n' or ' ')) _text.Append(' ');
            _text.Append(clean);
            _isSpaceDue = char.IsWhiteSpace(words[^1]);
        }

        private void Break()
        {
            _isSpaceDue = false;
            if (_text.Length > 0 && _text[^1] != '\n') _text.Append('\n');
        }

        private string? AddressOf(IElement link)
        {
            var given = link.GetAttribute("href")?.Trim() ?? "";
            return given.Length is > 0 and <= AddressLengthMax && given[0] != '#'
                && Uri.TryCreate(address, given, out var to) && to.Scheme is "http" or "https"
                    ? to.AbsoluteUri
                    : null;
        }
    }
}
