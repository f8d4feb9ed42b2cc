using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Platform.Http;

namespace CodexOS.Knowledge.Embeddings;

/// <summary>
/// The vectors of a document's passages, one after the other, as they are kept among the blobs: the length of what made them as
/// JSON, that itself, and the numbers as 32-bit floats, all little-endian.
/// </summary>
/// <param name="Key">What made them.</param>
/// <param name="Numbers">The numbers, vector by vector.</param>
internal sealed record DocumentVectors(EmbedderKey Key, float[] Numbers)
{
    /// <summary>The vector of a passage; null if there is none.</summary>
    public GivenVector? Of(int ordinal) => (ordinal + 1) * Key.Dimension <= Numbers.Length
        ? new GivenVector(Key, Numbers.AsMemory(ordinal * Key.Dimension, Key.Dimension))
        : null;

    /// <summary>Those of a list of vectors.</summary>
    public static DocumentVectors Of(EmbedderKey key, IEnumerable<float[]> vectors) =>
        new(key, [.. vectors.SelectMany(static one => one)]);

    /// <summary>As they are kept.</summary>
    public byte[] Write()
    {
        var key = JsonSerializer.SerializeToUtf8Bytes(Key, Json.Options);
        var bytes = new byte[sizeof(int) + key.Length + (Numbers.Length * sizeof(float))];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, key.Length);
        key.CopyTo(bytes, sizeof(int));
        MemoryMarshal.AsBytes(Numbers.AsSpan()).CopyTo(bytes.AsSpan(sizeof(int) + key.Length));
        return bytes;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static DocumentVectors Read(byte[] bytes)
    {
        var start = sizeof(int) + BinaryPrimitives.ReadInt32LittleEndian(bytes);
        var key = JsonSerializer.Deserialize<EmbedderKey>(bytes.AsSpan(sizeof(int)..start), Json.Options)
            ?? throw new InvalidDataException("The vectors do not say what made them.");
        return new DocumentVectors(key, MemoryMarshal.Cast<byte, float>(bytes.AsSpan(start)).ToArray());
    }
}
