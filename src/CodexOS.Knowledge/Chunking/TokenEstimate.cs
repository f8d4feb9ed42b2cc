using System.Globalization;

namespace CodexOS.Knowledge.Chunking;

/// <summary>
/// Estimates how many tokens a text has for a language model, without its vocabulary: a word of Latin letters is one
/// token and one more for every six letters, three digits are one, a sign is one, a Chinese or Japanese character is one.
/// It counts along, character by character.
/// </summary>
internal struct TokenEstimate
{
    private const int LettersPerToken = 6;
    private const int OtherLettersPerToken = 3;
    private const int DigitsPerToken = 3;

    private Run _run;
    private int _length;
    private char _sign;

    private enum Run
    {
        None,
        Letters,
        OtherLetters,
        Digits,
        Signs,
    }

    /// <summary>The tokens so far.</summary>
    public int Tokens { get; private set; }

    /// <summary>The tokens of a text.</summary>
    public static int Of(ReadOnlySpan<char> text)
    {
        var estimate = new TokenEstimate();
        foreach (var c in text) estimate.Add(c);
        return estimate.Tokens;
    }

    /// <summary>Counts one more character.</summary>
    public void Add(char c)
    {
        if (char.IsAsciiLetter(c)) Grow(Run.Letters, LettersPerToken);
        else if (char.IsAsciiDigit(c)) Grow(Run.Digits, DigitsPerToken);
        else if (c is ' ') _run = Run.None;
        else if (c < 0x80) Sign(c);
        else if (IsIdeographic(c)) Single();
        else if (char.IsHighSurrogate(c)) Single();
        else if (char.IsLowSurrogate(c)) _run = Run.None;
        else if (char.IsWhiteSpace(c)) _run = Run.None;
        else if (c < 0x250) Grow(Run.Letters, LettersPerToken);
        else if (CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark) return;
        else if (char.IsLetterOrDigit(c)) Grow(Run.OtherLetters, OtherLettersPerToken);
        else Sign(c);
    }

    /// <summary>Whether a character is a word by itself: Chinese characters, kana, Korean syllables and their signs.</summary>
    public static bool IsIdeographic(char c) => c is (>= '\u2E80' and <= '\uA4CF') or (>= '\uAC00' and <= '\uD7AF')
        or (>= '\uF900' and <= '\uFAFF') or (>= '\uFE30' and <= '\uFE4F') or (>= '\uFF00' and <= '\uFFEF');

    private void Grow(Run run, int perToken)
    {
        if (_run != run)
        {
            (_run, _length) = (run, 0);
            Tokens++;
        }

        if (_length > 0 && _length % perToken == 0) Tokens++;
        _length++;
    }

    private void Single()
    {
        _run = Run.None;
        Tokens++;
    }

    // Rules and dot leaders are long runs of one sign and few tokens.
    private void Sign(char c)
    {
        if (c is '\n' or '\t' or '\r')
        {
            if (_run is not Run.Signs || _sign != c) Tokens++;
            (_run, _length, _sign) = (Run.Signs, 0, c);
            return;
        }

        if (_run is Run.Signs && _sign == c && _length < 8)
        {
            _length++;
            return;
        }

        (_run, _length, _sign) = (Run.Signs, 1, c);
        Tokens++;
    }
}
