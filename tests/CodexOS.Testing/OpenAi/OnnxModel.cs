using System.Runtime.InteropServices;
using System.Text;

namespace CodexOS.Testing.OpenAi;

/// <summary>
/// Writes a model in the format ONNX that is small enough for a test: a table with a vector for each token, and nothing more. The
/// numbers of its fields are those of onnx.proto.
/// </summary>
public static class OnnxModel
{
    private const int Float = 1;
    private const int Int64 = 7;

    /// <summary>Writes <c>model.onnx</c> and <c>vocab.txt</c> into a folder.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="vocabulary">The tokens, each with its vector; <c>[PAD]</c>, <c>[UNK]</c>, <c>[CLS]</c> and <c>[SEP]</c> among them.</param>
    /// <param name="inputs">What the model wants, besides <c>input_ids</c>.</param>
    public static void Write(string folder, IReadOnlyList<(string Token, float[] Vector)> vocabulary, params string[] inputs)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        Directory.CreateDirectory(folder);
        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), vocabulary.Select(static one => one.Token));
        var dimension = vocabulary[0].Vector.Length;
        float[] table = [.. vocabulary.SelectMany(static one => one.Vector)];
        byte[] graph =
        [
            .. Part(1, [.. Text(1, "table"), .. Text(1, "input_ids"), .. Text(2, "last_hidden_state"), .. Text(4, "Gather")]),
            .. Text(2, "tiny"),
            .. Part(5,
            [
                .. Number(1, vocabulary.Count), .. Number(1, dimension), .. Number(2, Float), .. Text(8, "table"),
                .. Part(9, MemoryMarshal.AsBytes(table.AsSpan()).ToArray()),
            ]),
            .. new[] { "input_ids" }.Concat(inputs).SelectMany(static input => Part(11, Value(input, Int64, "batch", "length"))),
            .. Part(12, Value("last_hidden_state", Float, "batch", "length", "dimension")),
        ];
        File.WriteAllBytes(
            Path.Combine(folder, "model.onnx"),
            [.. Number(1, 8), .. Part(7, graph), .. Part(8, [.. Text(1, ""), .. Number(2, 13)])]);
    }

    private static byte[] Value(string name, int type, params string[] axes) =>
    [
        .. Text(1, name),
        .. Part(2, Part(1, [.. Number(1, type), .. Part(2, [.. axes.SelectMany(static axis => Part(1, Text(2, axis)))])])),
    ];

    private static byte[] Number(int field, long value) => [.. VarInt(field << 3), .. VarInt(value)];

    private static byte[] Text(int field, string text) => Part(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Part(int field, byte[] bytes) => [.. VarInt((field << 3) | 2), .. VarInt(bytes.Length), .. bytes];

    private static IEnumerable<byte> VarInt(long value)
    {
        for (; value > 127; value >>= 7) yield return (byte)((value & 127) | 128);
        yield return (byte)value;
    }
}
