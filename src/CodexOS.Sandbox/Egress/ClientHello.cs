using System.Buffers.Binary;
using System.Text;

namespace CodexOS.Sandbox.Egress;

/// <summary>What the beginning of a TLS connection says of the host that is meant.</summary>
internal enum HelloVerdict
{
    /// <summary>The greeting is not there yet.</summary>
    Incomplete,

    /// <summary>It names exactly the host.</summary>
    Fits,

    /// <summary>It names another host.</summary>
    OtherName,

    /// <summary>It is not TLS, names no host, names several, or hides the name.</summary>
    NoName,
}

/// <summary>
/// Reads the greeting of a TLS client (RFC 8446 §4.1.2, RFC 6066 §3) as far as needed to see the name of the host. It may
/// be spread over several records.
/// </summary>
internal static class ClientHello
{
    /// <summary>Most bytes that a greeting may take.</summary>
    public const int BytesMax = 32 * 1_024;

    private const byte Handshake = 22;
    private const byte ClientGreeting = 1;
    private const int RecordBytesMax = 16 * 1_024;
    private const int ServerName = 0;
    private const int EncryptedGreeting = 0xFE0D;

    /// <summary>A fatal alert that tells the client why it is closed: unrecognized_name.</summary>
    public static ReadOnlySpan<byte> Alert => [21, 3, 3, 0, 2, 2, 112];

    /// <summary>Holds the greeting against the host.</summary>
    public static HelloVerdict Check(ReadOnlySpan<byte> bytes, string host)
    {
        if (bytes.Length > BytesMax) return HelloVerdict.NoName;
        Span<byte> message = new byte[bytes.Length];
        var count = 0;
        while (!bytes.IsEmpty)
        {
            if (bytes[0] != Handshake || (bytes.Length > 1 && bytes[1] != 3)) return HelloVerdict.NoName;
            if (bytes.Length < 5) return HelloVerdict.Incomplete;
            var size = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
            if (size is 0 or > RecordBytesMax) return HelloVerdict.NoName;
            var part = bytes[5..Math.Min(bytes.Length, 5 + size)];
            part.CopyTo(message[count..]);
            count += part.Length;
            bytes = bytes[(5 + part.Length)..];
            if (count > 0 && message[0] != ClientGreeting) return HelloVerdict.NoName;
            if (count < 4) continue;
            var length = 4 + ((message[1] << 16) | BinaryPrimitives.ReadUInt16BigEndian(message[2..]));
            if (length > BytesMax) return HelloVerdict.NoName;
            if (count >= length) return Read(message[4..length], host);
        }

        return HelloVerdict.Incomplete;
    }

    private static HelloVerdict Read(ReadOnlySpan<byte> body, string host)
    {
        // Version and random, session id, cipher suites, compression methods, then extensions.
        if (body.Length < 34) return HelloVerdict.NoName;
        var rest = body[34..];
        if (!Skip(ref rest, 1) || !Skip(ref rest, 2) || !Skip(ref rest, 1) || rest.Length < 2) return HelloVerdict.NoName;
        if (BinaryPrimitives.ReadUInt16BigEndian(rest) != rest.Length - 2) return HelloVerdict.NoName;
        rest = rest[2..];
        string? name = null;
        while (!rest.IsEmpty)
        {
            if (rest.Length < 4) return HelloVerdict.NoName;
            var kind = BinaryPrimitives.ReadUInt16BigEndian(rest);
            var size = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            if (rest.Length < 4 + size) return HelloVerdict.NoName;
            var content = rest.Slice(4, size);
            rest = rest[(4 + size)..];
            if (kind == EncryptedGreeting) return HelloVerdict.NoName;
            if (kind != ServerName) continue;
            // One name is one name: a list of one entry, once.
            if (name is not null || content.Length < 5 || content[2] != 0
                || BinaryPrimitives.ReadUInt16BigEndian(content) != content.Length - 2
                || BinaryPrimitives.ReadUInt16BigEndian(content[3..]) != content.Length - 5)
            {
                return HelloVerdict.NoName;
            }

            name = Encoding.Latin1.GetString(content[5..]);
        }

        return string.IsNullOrEmpty(name) ? HelloVerdict.NoName
            : name.Equals(host, StringComparison.OrdinalIgnoreCase) ? HelloVerdict.Fits
            : HelloVerdict.OtherName;
    }

    /// <summary>Steps over a vector whose length stands before it.</summary>
    private static bool Skip(ref ReadOnlySpan<byte> rest, int lengthBytes)
    {
        if (rest.Length < lengthBytes) return false;
        var length = lengthBytes == 1 ? rest[0] : BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (rest.Length < lengthBytes + length) return false;
        rest = rest[(lengthBytes + length)..];
        return true;
    }
}
