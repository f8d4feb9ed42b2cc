namespace CodexOS.Knowledge.Index.Storage;

/// <summary>Whole numbers in as many bytes as they need, seven bits each, the lowest first.</summary>
internal static class VarInt
{
    public const int SizeBytesMax = 5;

    public static void Write(List<byte> bytes, uint value)
    {
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
    }

    public static unsafe uint Read(ref byte* at)
    {
        uint value = *at++;
        if (value < 0x80) return value;
        value &= 0x7F;
        for (var shift = 7; ; shift += 7)
        {
            uint next = *at++;
            value |= (next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
    }
}
