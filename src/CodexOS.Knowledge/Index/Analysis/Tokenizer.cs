namespace CodexOS.Knowledge.Index.Analysis;

/// <summary>How a token is to be treated.</summary>
internal enum TokenKind : byte
{
    /// <summary>A word of some language, which may be a stop word and may be stemmed.</summary>
    Word,

    /// <summary>A number, or a word with digits in it.</summary>
    Number,

    /// <summary>A name that people look for letter by letter: <c>foo_bar</c>, <c>ERR-1042</c>, <c>v1.2.3</c>.</summary>
    Identifier,

    /// <summary>One character of a script that is written without spaces.</summary>
    Single,

    /// <summary>Two neighbours of such a script.</summary>
    Pair,
}

/// <summary>Takes the tokens of a text.</summary>
internal interface ITokenSink
{
    /// <summary>Takes one token.</summary>
    /// <param name="token">Its folded characters, gone after the call.</param>
    /// <param name="position">Its position among the words; the parts of an identifier stand at positions of their own.</param>
    /// <param name="kind">How it is to be treated.</param>
    void Take(scoped ReadOnlySpan<char> token, int position, TokenKind kind);
}

/// <summary>
/// Cuts text into words. What is written together with signs inside is given whole and in parts, so that both ways of
/// asking for it find it; scripts without spaces are given as single characters and as pairs.
/// </summary>
internal static class Tokenizer
{
    /// <summary>Longer words are cut, so that a line of encoded data does not become a term.</summary>
    public const int WordLengthMax = 64;

    private const int CompoundLengthMax = 128;

    /// <summary>Gives the tokens of a text to a sink; returns the position after the last.</summary>
    public static int Scan<TSink>(ReadOnlySpan<char> text, int position, ref TSink sink)
        where TSink : ITokenSink
    {
        for (var i = 0; i < text.Length;)
        {
            switch (Folding.KindOf(text[i]))
            {
                case CharacterKind.Letter or CharacterKind.Digit:
                    var end = EndOfCompound(text, i);
                    position = Compound(text[i..end], position, ref sink);
                    i = end + Suffix(text, i, end, position - 1, ref sink);
                    break;
                case CharacterKind.Dense:
                    var endOfRun = i;
                    while (endOfRun < text.Length && Folding.KindOf(text[endOfRun]) == CharacterKind.Dense) endOfRun++;
                    position = Run(text[i..endOfRun], position, ref sink);
                    i = endOfRun;
                    break;
                default:
                    i++;
                    break;
            }
        }

        return position;
    }

    /// <summary>Where words that are joined by single signs end.</summary>
    private static int EndOfCompound(ReadOnlySpan<char> text, int start)
    {
        var end = start;
        while (end < text.Length && end - start < CompoundLengthMax)
        {
            if (IsWordPart(text[end]) || (IsJoint(text[end]) && end + 1 < text.Length && IsInWord(text[end + 1]))) end++;
            else break;
        }

        return end;
    }

    private static int Compound<TSink>(ReadOnlySpan<char> compound, int position, ref TSink sink)
        where TSink : ITokenSink
    {
        Span<char> folded = stackalloc char[Folding.LengthMax(CompoundLengthMax)];
        var start = position;
        var parts = 0;
        for (var i = 0; i < compound.Length;)
        {
            var end = EndOfPart(compound, i);
            var part = compound[i..end];
            if (part.Length > 0)
            {
                var isNumber = part.ContainsAnyInRange('0', '9');
                var length = Math.Min(Folding.Fold(part, folded), WordLengthMax);
                if (length > 0)
                {
                    sink.Take(folded[..length], position++, isNumber ? TokenKind.Number : TokenKind.Word);
                    parts++;
                }
            }

            i = end;
            while (i < compound.Length && IsJoint(compound[i])) i++;
        }

        if (parts > 1 && IsIdentifier(compound))
        {
            var length = Math.Min(Folding.Fold(compound, folded), WordLengthMax);
            sink.Take(folded[..length], start, TokenKind.Identifier);
        }

        return position;
    }

    /// <summary>A part ends at a sign, and where a capital follows a small letter as in camelCase.</summary>
    private static int EndOfPart(ReadOnlySpan<char> compound, int start)
    {
        var end = start;
        while (end < compound.Length && !IsJoint(compound[end]))
        {
            if (end > start && IsHump(compound, end)) break;
            end++;
        }

        return end;
    }

    private static bool IsHump(ReadOnlySpan<char> compound, int at) =>
        char.IsUpper(compound[at])
        && (char.IsLower(compound[at - 1])
            || (char.IsUpper(compound[at - 1]) && at + 1 < compound.Length && char.IsLower(compound[at + 1]) && at > 1));

    /// <summary>Hyphenated words of a language are no identifiers: they have neither digits nor humps nor underscores.</summary>
    private static bool IsIdentifier(ReadOnlySpan<char> compound)
    {
        if (compound.ContainsAnyInRange('0', '9') || compound.Contains('_')) return true;
        for (var i = 1; i < compound.Length; i++)
        {
            if (char.IsUpper(compound[i]) && char.IsLower(compound[i - 1])) return true;
        }

        return false;
    }

    /// <summary>C++ and C# are what they are by their signs.</summary>
    private static int Suffix<TSink>(ReadOnlySpan<char> text, int start, int end, int position, ref TSink sink)
        where TSink : ITokenSink
    {
        var signs = 0;
        while (end + signs < text.Length && signs < 2 && text[end + signs] is '+' or '#') signs++;
        if (signs == 0 || end - start > 2 || (end + signs < text.Length && IsInWord(text[end + signs]))) return 0;
        Span<char> folded = stackalloc char[Folding.LengthMax(4)];
        sink.Take(folded[..Folding.Fold(text[start..(end + signs)], folded)], position, TokenKind.Identifier);
        return signs;
    }

    private static int Run<TSink>(ReadOnlySpan<char> run, int position, ref TSink sink)
        where TSink : ITokenSink
    {
        for (var i = 0; i < run.Length; i++)
        {
            sink.Take(run.Slice(i, 1), position + i, TokenKind.Single);
            if (i + 1 < run.Length) sink.Take(run.Slice(i, 2), position + i, TokenKind.Pair);
        }

        return position + run.Length;
    }

    private static bool IsJoint(char character) => character is '_' or '-' or '.' or ':' or '/';

    private static bool IsInWord(char character) =>
        Folding.KindOf(character) is CharacterKind.Letter or CharacterKind.Digit;

    private static bool IsWordPart(char character) =>
        Folding.KindOf(character) is CharacterKind.Letter or CharacterKind.Digit or CharacterKind.Ignored;
}
