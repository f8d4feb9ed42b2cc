using System.Text;
using AngleSharp.Html;

namespace CodexOS.Knowledge.Extraction.Web;

/// <summary>What the scanner stands on.</summary>
internal enum HtmlToken
{
    End,
    Text,
    Open,
    Close,
}

/// <summary>
/// One pass over HTML as it is found in the wild: tags, text, and nothing remembered. Unlike a tree builder it needs the
/// same little memory for every page, and cannot be nested too deeply.
/// </summary>
internal sealed class HtmlScanner(TextReader text)
{
    private const int BufferLength = 16 * 1024;
    private const int TextLengthMax = 8 * 1024;
    private const int NameLengthMax = 64;
    private const int ValueLengthMax = 4 * 1024;
    private const int EntityLengthMax = 32;

    private readonly char[] _buffer = new char[BufferLength];
    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, string> _attributes = new(StringComparer.Ordinal);
    private int _at;
    private int _end;
    private string? _rawUntil;

    /// <summary>Of a tag its name in lower case; of text the text, a long one in pieces.</summary>
    public string Value { get; private set; } = "";

    /// <summary>Whether a tag closes itself, which only foreign elements and XHTML mean seriously.</summary>
    public bool IsSelfClosing { get; private set; }

    public string? Attribute(string name) => _attributes.GetValueOrDefault(name);

    public HtmlToken Next()
    {
        while (true)
        {
            if (_rawUntil is not null) return Raw();
            var c = Peek();
            if (c < 0) return HtmlToken.End;
            if (c != '<') return Text();
            Skip();
            switch (Peek())
            {
                case '!':
                    Skip();
                    if (TakeCData()) return HtmlToken.Text;
                    continue;
                case '?':
                    PassUntil(">");
                    continue;
                case '/':
                    Skip();
                    if (!IsLetter(Peek()))
                    {
                        PassUntil(">");
                        continue;
                    }

                    Value = Name();
                    PassUntil(">");
                    return HtmlToken.Close;
                case var letter when IsLetter(letter):
                    Tag();
                    return HtmlToken.Open;
                default:
                    _text.Append('<');
                    return Text();
            }
        }
    }

    /// <summary>Takes all that follows as text, up to the closing tag of that name, as browsers read scripts.</summary>
    public void RawUntil(string name) => _rawUntil = name;

    private HtmlToken Text()
    {
        while (_text.Length < TextLengthMax)
        {
            var c = Peek();
            if (c < 0 || c == '<') break;
            if (c == '&')
            {
                Skip();
                Entity(_text);
                continue;
            }

            var span = _buffer.AsSpan(_at, _end - _at);
            var stop = span.IndexOfAny('<', '&');
            var length = stop < 0 ? span.Length : stop;
            _text.Append(span[..length]);
            _at += length;
        }

        return TakeText();
    }

    private HtmlToken TakeText()
    {
        Value = _text.ToString();
        _text.Clear();
        return HtmlToken.Text;
    }

    private HtmlToken Raw()
    {
        var close = "</" + _rawUntil;
        while (_text.Length < TextLengthMax)
        {
            var c = Peek();
            if (c < 0)
            {
                _rawUntil = null;
                break;
            }

            if (c == '<' && IsAhead(close))
            {
                _rawUntil = null;
                break;
            }

            _text.Append((char)c);
            Skip();
        }

        return TakeText();
    }

    private bool TakeCData()
    {
        if (IsAhead("--"))
        {
            PassUntil("-->");
            return false;
        }

        if (!IsAhead("[CDATA["))
        {
            PassUntil(">");
            return false;
        }

        _at += "[CDATA[".Length;
        var matched = 0;
        while (Peek() is var c and >= 0 && _text.Length < TextLengthMax)
        {
            Skip();
            _text.Append((char)c);
            matched = c == ']' ? Math.Min(matched + 1, 2) : c == '>' && matched == 2 ? 3 : 0;
            if (matched < 3) continue;
            _text.Length -= 3;
            break;
        }

        TakeText();
        return true;
    }

    private void Tag()
    {
        Value = Name();
        _attributes.Clear();
        IsSelfClosing = false;
        while (true)
        {
            var c = Peek();
            if (c < 0) return;
            Skip();
            if (c == '>') return;
            if (c == '/')
            {
                IsSelfClosing = Peek() == '>';
                continue;
            }

            if (char.IsWhiteSpace((char)c)) continue;
            _at--;
            Attribute();
        }
    }

    private void Attribute()
    {
        var name = Name();
        if (name.Length == 0)
        {
            Skip();
            return;
        }

        while (Peek() is var c and >= 0 && char.IsWhiteSpace((char)c)) Skip();
        var value = new StringBuilder();
        if (Peek() == '=')
        {
            Skip();
            while (Peek() is var c and >= 0 && char.IsWhiteSpace((char)c)) Skip();
            var quote = Peek() is '"' or '\'' ? Peek() : 0;
            if (quote != 0) Skip();
            while (Peek() is var c and >= 0)
            {
                if (quote != 0 ? c == quote : c == '>' || char.IsWhiteSpace((char)c)) break;
                Skip();
                if (value.Length >= ValueLengthMax) continue;
                if (c == '&') Entity(value);
                else value.Append((char)c);
            }

            if (quote != 0) Skip();
        }

        if (_attributes.Count < 64) _attributes.TryAdd(name, value.ToString());
    }

    private string Name()
    {
        Span<char> name = stackalloc char[NameLengthMax];
        var length = 0;
        while (Peek() is var c and >= 0 && c is not ('>' or '/' or '=' or '"' or '\'' or '<') && !char.IsWhiteSpace((char)c))
        {
            Skip();
            if (length < NameLengthMax) name[length++] = char.ToLowerInvariant((char)c);
        }

        return new string(name[..length]);
    }

    // The sign & is behind us.
    private void Entity(StringBuilder into)
    {
        var entity = new StringBuilder();
        while (Peek() is var c and >= 0 && entity.Length < EntityLengthMax && (char.IsAsciiLetterOrDigit((char)c) || c == '#'))
        {
            entity.Append((char)c);
            Skip();
        }

        var name = entity.ToString();
        var isEnded = Peek() == ';';
        if (name.StartsWith('#') && Number(name) is { } rune) into.Append(rune.ToString());
        else if (HtmlEntityProvider.Resolver.GetSymbol(name + (isEnded ? ";" : "")) is { Length: > 0 } symbol) into.Append(symbol);
        else
        {
            into.Append('&').Append(name);
            return;
        }

        if (isEnded) Skip();
    }

    private static Rune? Number(string name)
    {
        var isHex = name.Length > 2 && name[1] is 'x' or 'X';
        var style = isHex ? System.Globalization.NumberStyles.AllowHexSpecifier : System.Globalization.NumberStyles.None;
        if (name.Length < 2 || !int.TryParse(name.AsSpan(isHex ? 2 : 1), style, null, out var number)) return null;

        // The numbers of Windows-1252 are written by mistake so often that browsers honour them.
        if (number is >= 0x80 and <= 0x9F) number = TextEncodings.Western.GetString([(byte)number])[0];
        return Rune.IsValid(number) ? new Rune(number) : Rune.ReplacementChar;
    }

    private void PassUntil(string end)
    {
        while (Peek() >= 0)
        {
            if (IsAhead(end))
            {
                _at += end.Length;
                return;
            }

            Skip();
        }
    }

    private bool IsAhead(string word)
    {
        if (_end - _at < word.Length) Fill();
        return _end - _at >= word.Length
            && _buffer.AsSpan(_at, word.Length).Equals(word, StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsLetter(int c) => c >= 0 && char.IsAsciiLetter((char)c);

    private void Skip() => _at++;

    private int Peek()
    {
        if (_at >= _end) Fill();
        return _at < _end ? _buffer[_at] : -1;
    }

    // Keeps what is not yet read and adds what the reader has.
    private void Fill()
    {
        var left = Math.Max(0, _end - _at);
        if (left > 0) Array.Copy(_buffer, _at, _buffer, 0, left);
        _at = 0;
        _end = left + text.ReadBlock(_buffer, left, BufferLength - left);
    }
}
