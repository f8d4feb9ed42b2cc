using System.Text;
using System.Text.Unicode;

namespace CodexOS.Knowledge.Extraction;

/// <summary>Finds the encoding of a text by its bytes.</summary>
internal static class TextEncodings
{
    // Bytes below 0x20 that texts do hold: tab, line feed, vertical tab, form feed, carriage return, escape.
    private const uint ControlsInTexts = 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 27;

    /// <summary>Windows-1252, in which every byte means something.</summary>
    public static Encoding Western { get; } = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    /// <summary>A code page or a named encoding, if it is known.</summary>
    public static Encoding? ByName(string? name)
    {
        if (string.IsNullOrWhiteSpace(name)) return null;
        name = name.Trim(' ', '"', '\'');

        // UTF-7 can hide markup from whoever looks at the bytes; nobody writes it.
        if (name.Equals("utf-7", StringComparison.OrdinalIgnoreCase)) return null;
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The encoding of a code page, or Windows-1252.</summary>
    public static Encoding ByCodePage(int codePage)
    {
        try
        {
            return codePage is 65000 ? Western
                : CodePagesEncodingProvider.Instance.GetEncoding(codePage) ?? Encoding.GetEncoding(codePage);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return Western;
        }
    }

    /// <summary>The encoding of the beginning of a file, or null when it is no text.</summary>
    /// <param name="head">The beginning; it may end inside a character.</param>
    /// <param name="declared">The encoding that was declared outside of the file; it counts where bytes decide nothing.</param>
    public static Encoding? Find(ReadOnlySpan<byte> head, Encoding? declared)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, 0, 0])) return Encoding.UTF32;
        if (head.StartsWith((ReadOnlySpan<byte>)[0, 0, 0xFE, 0xFF])) return new UTF32Encoding(bigEndian: true, true);
        if (head.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) return Encoding.UTF8;
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE])) return Encoding.Unicode;
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])) return Encoding.BigEndianUnicode;
        if (head.Contains((byte)0) && Wide(head) is { } wide) return wide;
        if (!IsPrintable(head)) return null;
        if (Utf8.IsValid(head[..(head.Length - CutTail(head))])) return Encoding.UTF8;
        return declared is { IsSingleByte: true } or { CodePage: not (65001 or 1200 or 1201 or 12000 or 12001) }
            ? declared
            : LooksShiftJis(head) ? CodePagesEncodingProvider.Instance.GetEncoding(932)! : Western;
    }

    // Without a mark, UTF-16 and UTF-32 show in zeros that stand nearly always at the same place of a unit.
    private static Encoding? Wide(ReadOnlySpan<byte> head)
    {
        Span<int> zeros = stackalloc int[4];
        var length = Math.Min(head.Length, 4096) & ~3;
        for (var i = 0; i < length; i++)
        {
            if (head[i] == 0) zeros[i & 3]++;
        }

        var units = length / 4;
        if (units < 2) return null;
        bool Full(int count) => count >= units * 0.7;
        bool Bare(int count) => count <= units * 0.05;
        if (Full(zeros[1]) && Full(zeros[2]) && Full(zeros[3]) && Bare(zeros[0])) return Encoding.UTF32;
        if (Full(zeros[0]) && Full(zeros[1]) && Full(zeros[2]) && Bare(zeros[3])) return new UTF32Encoding(true, false);
        if (Full(zeros[1]) && Full(zeros[3]) && Bare(zeros[0]) && Bare(zeros[2])) return Encoding.Unicode;
        if (Full(zeros[0]) && Full(zeros[2]) && Bare(zeros[1]) && Bare(zeros[3])) return Encoding.BigEndianUnicode;
        return null;
    }

    // A few stray controls or NULs are forgiven, as logs and exports have them.
    private static bool IsPrintable(ReadOnlySpan<byte> head)
    {
        var controls = 0;
        foreach (var b in head)
        {
            if (b == 0x7F || (b < 0x20 && (ControlsInTexts >> b & 1) == 0)) controls++;
        }

        return controls <= head.Length / 50;
    }

    private static int CutTail(ReadOnlySpan<byte> head)
    {
        for (var back = 1; back <= Math.Min(3, head.Length); back++)
        {
            var b = head[^back];
            if ((b & 0xC0) == 0x80) continue;
            var length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : b >= 0xC0 ? 2 : 1;
            return length > back ? back : 0;
        }

        return 0;
    }

    // Two bytes make a character of Shift-JIS, most of them common ones, and the second byte often is no ASCII letter.
    // Windows-1252 has such bytes as quotes and dashes, before letters and spaces.
    private static bool LooksShiftJis(ReadOnlySpan<byte> head)
    {
        int pairs = 0, common = 0, high = 0;
        for (var i = 0; i < head.Length - 1; i++)
        {
            if (head[i] < 0x80 || head[i] is >= 0xA1 and <= 0xDF) continue;
            if (head[i] is 0x80 or 0xA0 or > 0xFC || head[i + 1] is < 0x40 or 0x7F or > 0xFC) return false;
            pairs++;
            if (head[i] < 0x98) common++;
            if (head[++i] >= 0x80) high++;
        }

        return pairs > 2 && common >= pairs * 0.75 && high >= pairs * 0.3;
    }
}
