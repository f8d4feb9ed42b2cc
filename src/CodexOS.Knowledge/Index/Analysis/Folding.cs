using System.Globalization;

namespace CodexOS.Knowledge.Index.Analysis;

/// <summary>What a character is to the tokenizer.</summary>
internal enum CharacterKind : byte
{
    /// <summary>Ends a word.</summary>
    Separator,

    /// <summary>Belongs to a word and is written as a letter.</summary>
    Letter,

    /// <summary>Belongs to a word and is written as a digit.</summary>
    Digit,

    /// <summary>Belongs to a script that is written without spaces.</summary>
    Dense,

    /// <summary>Belongs to the word around it, and is not written.</summary>
    Ignored,
}

/// <summary>
/// Writes what differs only in case, accents, width or vowel marks in one way, so that a reader finds a word however it was
/// typed. Works character by character and needs no tables of the operating system.
/// </summary>
internal static class Folding
{
    private const int LengthPerCharacterMax = 2;

    /// <summary>How many characters a folded text can have at most.</summary>
    public static int LengthMax(int length) => length * LengthPerCharacterMax;

    /// <summary>Folds a text; returns how many characters were written.</summary>
    public static int Fold(ReadOnlySpan<char> text, Span<char> folded)
    {
        var length = 0;
        foreach (var character in text)
        {
            if (char.IsAsciiLetterUpper(character)) folded[length++] = (char)(character | 0x20);
            else if (char.IsAscii(character)) folded[length++] = character;
            else length += FoldOne(character, folded[length..]);
        }

        return length;
    }

    /// <summary>Folds a word to a string of its own.</summary>
    public static string Fold(string text)
    {
        var folded = new char[LengthMax(text.Length)];
        return new string(folded, 0, Fold(text, folded));
    }

    /// <summary>What a character is to the tokenizer.</summary>
    public static CharacterKind KindOf(char character)
    {
        if (char.IsAscii(character))
        {
            return char.IsAsciiLetter(character) ? CharacterKind.Letter
                : char.IsAsciiDigit(character) ? CharacterKind.Digit
                : CharacterKind.Separator;
        }

        if (IsDense(character)) return CharacterKind.Dense;
        if (IsIgnored(character)) return CharacterKind.Ignored;
        return char.GetUnicodeCategory(character) switch
        {
            UnicodeCategory.DecimalDigitNumber => CharacterKind.Digit,
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber => CharacterKind.Letter,
            // The vowels of Indic scripts are marks; without them words would fall apart.
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark => CharacterKind.Letter,
            // Half of a character above U+FFFF: letters of rare scripts, and the rarer Han characters.
            UnicodeCategory.Surrogate => CharacterKind.Letter,
            _ => CharacterKind.Separator,
        };
    }

    private static int FoldOne(char character, Span<char> folded)
    {
        if (IsIgnored(character)) return 0;
        var small = char.ToLowerInvariant(Narrow(character));
        if (FoldingTable.Pair(small) is { } pair)
        {
            pair.CopyTo(folded);
            return pair.Length;
        }

        folded[0] = small switch
        {
            >= '\u0600' and <= '\u06FF' => Arabic(small),
            _ when char.GetUnicodeCategory(small) == UnicodeCategory.DecimalDigitNumber => Digit(small),
            _ => FoldingTable.Single(small),
        };
        return 1;
    }

    private static char Digit(char digit) => (char)('0' + CharUnicodeInfo.GetDecimalDigitValue(digit));

    /// <summary>The full-width forms of ASCII, as they are typed in East Asia.</summary>
    private static char Narrow(char character) =>
        character is >= '\uFF01' and <= '\uFF5E' ? (char)(character - 0xFEE0) : character;

    /// <summary>The forms of one letter that Arabic and Persian writers use for one another.</summary>
    private static char Arabic(char letter) => letter switch
    {
        '\u0622' or '\u0623' or '\u0625' or '\u0671' => '\u0627',
        '\u0649' or '\u06CC' or '\u0626' => '\u064A',
        '\u0624' => '\u0648',
        '\u0629' => '\u0647',
        '\u06A9' => '\u0643',
        _ when char.GetUnicodeCategory(letter) == UnicodeCategory.DecimalDigitNumber => Digit(letter),
        _ => letter,
    };

    /// <summary>Accents that stand alone, Arabic and Hebrew vowel marks, tatweel, soft hyphens and joiners.</summary>
    private static bool IsIgnored(char character) => character
        is (>= '\u0300' and <= '\u036F')
        or (>= '\u0591' and <= '\u05BD') or '\u05BF' or '\u05C1' or '\u05C2' or '\u05C4' or '\u05C5' or '\u05C7'
        or (>= '\u064B' and <= '\u065F') or '\u0670' or '\u0640' or (>= '\u06D6' and <= '\u06DC')
        or '\u00AD' or '\u200B' or '\u200C' or '\u200D' or '\u2060' or '\uFEFF';

    /// <summary>Han, kana, Hangul and the scripts of South-East Asia.</summary>
    private static bool IsDense(char character) => character
        is (>= '\u3400' and <= '\u9FFF') or (>= '\u3041' and <= '\u30FF') or (>= '\uAC00' and <= '\uD7A3')
        or (>= '\uF900' and <= '\uFAFF') or (>= '\uFF66' and <= '\uFF9F') or (>= '\u3005' and <= '\u3007')
        or (>= '\u0E01' and <= '\u0E3A') or (>= '\u0E40' and <= '\u0ECE') or (>= '\u1000' and <= '\u109F')
        or (>= '\u1780' and <= '\u17D3');
}
