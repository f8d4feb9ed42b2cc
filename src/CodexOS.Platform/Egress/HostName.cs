using System.Buffers;
using System.Globalization;
using System.Text;
using CodexOS.Platform.Faults;

namespace CodexOS.Platform.Egress;

/// <summary>
/// The name of a host in its one ASCII spelling: lowercase, without the dot at the end, international labels as A-labels.
/// It is never an address. Rules are matched against this spelling, and the very same is looked up, so nobody can read the
/// name in two ways.
/// </summary>
/// <remarks>
/// The runtime's own readers are not used: they take <c>localhost\0.allowed.com</c> for localhost, and <c>0x7f000001</c>,
/// <c>127.1</c> and <c>2130706433</c> for loopback. CodexOS runs without ICU, so there is no table of compatibility
/// forms: full-width forms and dots are mapped here, and every other form that another reader might map is refused.
/// </remarks>
public readonly record struct HostName
{
    private const int GivenBytesMax = 1_024;
    private const int LabelLengthMax = 63;
    private const int LengthMax = 253;
    private const int FullWidthShift = 0xFEE0;

    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);
    private static readonly SearchValues<char> s_labelCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    private HostName(string ascii) => Ascii = ascii;

    /// <summary>The name.</summary>
    public string Ascii { get; }

    /// <summary>
    /// Reads a name from bytes as they came. Faults: <c>egress.bad_host</c> (no name), <c>egress.ip_literal</c> (an
    /// address in any spelling).
    /// </summary>
    public static Result<HostName> Parse(ReadOnlySpan<byte> given)
    {
        if (given.Length > GivenBytesMax) return EgressFaults.BadHost("it is too long");
        try
        {
            return Parse(s_strict.GetString(given));
        }
        catch (DecoderFallbackException)
        {
            return EgressFaults.BadHost("it is not UTF-8");
        }
    }

    /// <summary>The same from text.</summary>
    public static Result<HostName> Parse(string given)
    {
        ArgumentNullException.ThrowIfNull(given);
        if (given.Length is 0 or > GivenBytesMax) return EgressFaults.BadHost("it is empty or too long");
        if (given[0] == '[' || given.Count(':') > 1) return EgressFaults.IpLiteral;

        var mapped = new StringBuilder(given.Length);
        foreach (var rune in given.EnumerateRunes())
        {
            if (Map(rune) is not { } kept) return EgressFaults.BadHost($"U+{rune.Value:X4} has no place in a name");
            mapped.Append(kept);
        }

        if (mapped[^1] == '.') mapped.Length--;
        var labels = mapped.ToString().Split('.');
        for (var i = 0; i < labels.Length; i++)
        {
            if (LabelOf(labels[i]) is not { } label) return EgressFaults.BadHost("one of its labels is malformed");
            labels[i] = label;
        }

        // No top-level domain is a number, and every spelling of an IPv4 address ends in one.
        if (IsNumber(labels[^1])) return EgressFaults.IpLiteral;
        var ascii = string.Join('.', labels);
        return ascii.Length <= LengthMax ? new HostName(ascii) : EgressFaults.BadHost("it is too long");
    }

    /// <inheritdoc />
    public override string ToString() => Ascii ?? "";

    /// <summary>A character in the form that counts; null if it has no place in a name.</summary>
    private static Rune? Map(Rune rune)
    {
        var value = rune.Value;
        if (value is 0x3002 or 0xFF61) return new Rune('.');
        if (value is >= 0xFF01 and <= 0xFF5E) value -= FullWidthShift;
        if (value < 0x80)
        {
            var character = char.ToLowerInvariant((char)value);
            return char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character is '-' or '.'
                ? new Rune(character)
                : null;
        }

        var lower = Rune.ToLowerInvariant(new Rune(value));
        return IsLetterOfItsOwn(lower) ? lower : null;
    }

    /// <summary>
    /// Whether a letter, digit or mark beyond ASCII is one in its own right, not a compatibility form of other letters.
    /// Where a whole block holds such forms, the block is refused.
    /// </summary>
    private static bool IsLetterOfItsOwn(Rune rune)
    {
        var isWord = Rune.GetUnicodeCategory(rune) is UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.DecimalDigitNumber;
        return isWord && rune.Value switch
        {
            < 0x80 => false, // For instance the Kelvin sign, whose lowercase is an ordinary k.
            0xAA or 0xB5 or 0xBA or 0x133 or 0x140 or 0x149 or 0x17F or 0x1C6 or 0x1C9 or 0x1CC or 0x1F3 => false,
            >= 0x2B0 and <= 0x36F => false, // modifier letters, and marks that other readers compose with what is before
            0x37A or (>= 0x3D0 and <= 0x3D6) or (>= 0x3F0 and <= 0x3F5) or 0x587 => false,
            >= 0x675 and <= 0x678 => false,
            0xE33 or 0xEB3 or 0xEDC or 0xEDD or 0xF0C or 0xF77 or 0xF79 or 0x10FC => false,
            (>= 0x1100 and <= 0x11FF) or (>= 0xA960 and <= 0xA97F) => false, // parts of Hangul syllables
            >= 0x1AB0 and <= 0x1AFF => false,
            >= 0x1D00 and <= 0x1DFF => false,
            0x1E9A or 0x1E9B => false,
            >= 0x1F00 and <= 0x2BFF => false, // Greek with accents, punctuation, letterlike, numbers, enclosed
            >= 0x2C7C and <= 0x2C7D => false,
            0x2D6F or (>= 0x2E80 and <= 0x3004) or (>= 0x3008 and <= 0x3040) => false,
            0x3099 or 0x309A or 0x309F or 0x30FF or (>= 0x3130 and <= 0x33FF) => false,
            >= 0xA69C and <= 0xA69F => false,
            0xA770 or (>= 0xA7F2 and <= 0xA7F9) or (>= 0xAB5C and <= 0xAB5F) or 0xAB69 => false,
            >= 0xD7B0 and <= 0xFFFF => false,
            >= 0x10780 and <= 0x107BF => false,
            >= 0x1D400 and <= 0x1FBFF => false, // mathematical letters and digits, symbols
            >= 0x2F800 and <= 0x2FA1F => false,
            >= 0xE0000 => false,
            _ => true,
        };
    }

    private static string? LabelOf(string label)
    {
        var ascii = label;
        if (!System.Text.Ascii.IsValid(label))
        {
            if (Rune.GetUnicodeCategory(Rune.GetRuneAt(label, 0)) is UnicodeCategory.NonSpacingMark
                    or UnicodeCategory.SpacingCombiningMark
                || label.StartsWith("xn--", StringComparison.Ordinal) || TryMap(label, toAscii: true) is not { } encoded)
            {
                return null;
            }

            ascii = encoded.ToLowerInvariant();
        }
        else if (label.StartsWith("xn--", StringComparison.Ordinal)
            && (TryMap(label, toAscii: false) is not { } decoded || System.Text.Ascii.IsValid(decoded)
                || decoded.EnumerateRunes().Any(IsUnseen)))
        {
            return null;
        }

        return ascii.Length is > 0 and <= LabelLengthMax && ascii[0] != '-' && ascii[^1] != '-'
            && !ascii.AsSpan().ContainsAnyExcept(s_labelCharacters)
                ? ascii
                : null;
    }

    private static bool IsUnseen(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    private static string? TryMap(string label, bool toAscii)
    {
        try
        {
            var mapping = new IdnMapping { UseStd3AsciiRules = true };
            return toAscii ? mapping.GetAscii(label) : mapping.GetUnicode(label);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static bool IsNumber(string label) => label.All(char.IsAsciiDigit)
        || (label.StartsWith("0x", StringComparison.Ordinal) && label.AsSpan(2).IndexOfAnyExcept(s_hex) < 0);

    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdef");
}
