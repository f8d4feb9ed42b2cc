using System.Text;

namespace CodexOS.Knowledge.Extraction.Texts;

/// <summary>What the scanner stands on.</summary>
internal enum RtfToken
{
    End,
    Open,
    Close,
    Word,
    Byte,
    Character,
}

/// <summary>One pass over rich text: groups, control words, and the characters between.</summary>
internal sealed class RtfScanner(Stream content)
{
    private const int WordLengthMax = 32;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly StringBuilder _name = new();
    private int _at;
    private int _end;

    /// <summary>The name of a control word, or its sign.</summary>
    public string Word { get; private set; } = "";

    /// <summary>The number of a control word, if it has one; of a byte or character its value.</summary>
    public int? Number { get; private set; }

    public RtfToken Next()
    {
        while (true)
        {
            var b = Read();
            switch (b)
            {
                case < 0: return RtfToken.End;
                case '{': return RtfToken.Open;
                case '}': return RtfToken.Close;
                case '\\': return Control();
                case '\r' or '\n' or 0: continue;
                default:
                    Number = b;
                    return RtfToken.Byte;
            }
        }
    }

    /// <summary>Passes bytes of a picture.</summary>
    public void Pass(int bytes)
    {
        while (bytes-- > 0 && Read() >= 0)
        {
        }
    }

    private RtfToken Control()
    {
        var b = Read();
        if (b < 0) return RtfToken.End;
        if (b == '\'')
        {
            Number = (Hex(Read()) << 4) | Hex(Read());
            return RtfToken.Byte;
        }

        if (!char.IsAsciiLetter((char)b))
        {
            Word = b is '\r' or '\n' ? "par" : ((char)b).ToString();
            Number = null;
            return b is '\\' or '{' or '}' ? Literal(b) : RtfToken.Word;
        }

        _name.Clear();
        while (b >= 0 && char.IsAsciiLetter((char)b))
        {
            if (_name.Length < WordLengthMax) _name.Append((char)b);
            b = Read();
        }

        Word = _name.ToString();
        Number = null;
        var isNegative = b == '-';
        if (isNegative) b = Read();
        var number = 0L;
        var digits = 0;
        for (; b >= 0 && char.IsAsciiDigit((char)b); b = Read())
        {
            if (digits++ < 10) number = (number * 10) + b - '0';
        }

        if (digits > 0) Number = (int)Math.Clamp(isNegative ? -number : number, int.MinValue, int.MaxValue);
        if (b >= 0 && b != ' ') _at--;
        return RtfToken.Word;
    }

    private RtfToken Literal(int b)
    {
        Number = b;
        return RtfToken.Character;
    }

    private static int Hex(int b) => b < 0 ? 0 : char.IsAsciiHexDigit((char)b) ? Convert.ToInt32(((char)b).ToString(), 16) : 0;

    // The byte before the place is always still there, so that one step back is.
    private int Read()
    {
        if (_at < _end) return _buffer[_at++];
        if (_end > 0) _buffer[0] = _buffer[_end - 1];
        var read = content.Read(_buffer, 1, _buffer.Length - 1);
        (_at, _end) = (1, 1 + read);
        return read == 0 ? -1 : _buffer[_at++];
    }
}
