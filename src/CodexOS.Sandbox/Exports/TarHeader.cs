using System.Globalization;
using System.Text;

namespace CodexOS.Sandbox.Exports;

/// <summary>What an item of an archive is, as the format names it.</summary>
internal enum TarType : byte
{
    /// <summary>A regular file.</summary>
    File = (byte)'0',

    /// <summary>A symbolic link.</summary>
    Link = (byte)'2',

    /// <summary>A folder.</summary>
    Folder = (byte)'5',
}

/// <summary>
/// Writes the headers of a tar archive (POSIX.1-2001, "pax Interchange Format"): what the old header has no room for goes
/// into an extended one before it. The same item always gives the same bytes, so a part that is packed again is the same.
/// </summary>
internal static class TarHeader
{
    /// <summary>The archive is written in blocks of this many bytes.</summary>
    public const int BlockBytes = 512;

    private const long OctalMax = 0x1_FFFF_FFFF;
    private const int NameMax = 100;

    /// <summary>The end of an archive: two empty blocks.</summary>
    public static byte[] End { get; } = new byte[2 * BlockBytes];

    /// <summary>The header of an item.</summary>
    public static byte[] Of(TarType type, string path, uint permissions, long sizeBytes, long modifiedSeconds, string target)
    {
        var name = type is TarType.Folder ? path + "/" : path;
        var extra = new StringBuilder();
        if (!Fits(name)) Add(extra, "path", name);
        if (!Fits(target)) Add(extra, "linkpath", target);
        if (sizeBytes > OctalMax) Add(extra, "size", sizeBytes.ToString(CultureInfo.InvariantCulture));
        if (modifiedSeconds is < 0 or > OctalMax)
            Add(extra, "mtime", modifiedSeconds.ToString(CultureInfo.InvariantCulture));
        var plain = Block((byte)type, Shorten(name), permissions, sizeBytes, modifiedSeconds, Shorten(target));
        if (extra.Length == 0) return plain;

        var records = Encoding.UTF8.GetBytes(extra.ToString());
        var head = Block((byte)'x', "pax-header", 0x1A4, records.Length, 0, "");
        return [.. head, .. records, .. new byte[Padding(records.Length)], .. plain];
    }

    /// <summary>How many bytes are missing to a whole block.</summary>
    public static int Padding(long sizeBytes) => (int)((BlockBytes - (sizeBytes % BlockBytes)) % BlockBytes);

    private static bool Fits(string text) => text.Length <= NameMax && Ascii.IsValid(text);

    private static string Shorten(string text)
    {
        var ascii = new string([.. text.Select(static c => char.IsAscii(c) ? c : '_')]);
        return ascii.Length <= NameMax ? ascii : ascii[..NameMax];
    }

    /// <summary>A record is <c>length key=value\n</c>, and its length counts its own digits.</summary>
    private static void Add(StringBuilder records, string key, string value)
    {
        var rest = Encoding.UTF8.GetByteCount($" {key}={value}\n");
        var length = rest;
        while (length != rest + Digits(length)) length = rest + Digits(length);
        records.Append(CultureInfo.InvariantCulture, $"{length} {key}={value}\n");
    }

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;

    private static byte[] Block(byte type, string name, uint permissions, long sizeBytes, long modifiedSeconds, string target)
    {
        var block = new byte[BlockBytes];
        Encoding.ASCII.GetBytes(name, block);
        Octal(block.AsSpan(100, 8), permissions);
        Octal(block.AsSpan(108, 8), 0);
        Octal(block.AsSpan(116, 8), 0);
        Octal(block.AsSpan(124, 12), sizeBytes > OctalMax ? 0 : sizeBytes);
        Octal(block.AsSpan(136, 12), Math.Clamp(modifiedSeconds, 0, OctalMax));
        block.AsSpan(148, 8).Fill((byte)' ');
        block[156] = type;
        Encoding.ASCII.GetBytes(target, block.AsSpan(157));
        "ustar\000"u8.CopyTo(block.AsSpan(257));
        var sum = 0;
        foreach (var value in block) sum += value;
        Octal(block.AsSpan(148, 7), sum);
        return block;
    }

    private static void Octal(Span<byte> field, long value) =>
        Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(field.Length - 1, '0') + '\0', field);
}
