using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace CodexOS.Inference.Local.UseLite;

/// <summary>
/// The file of the model: a mark and the version of the form, the pieces of words with their scores, then the tensors in the
/// order of <see cref="UseLiteTensors.All"/>. All numbers are little-endian.
/// </summary>
internal static class UseLiteFile
{
    /// <summary>What it is called.</summary>
    public const string Name = "use-lite.model";

    /// <summary>What the text of its licence is called, which lies beside it.</summary>
    public const string LicenceName = "use-lite.LICENSE.txt";

    /// <summary>SHA-256 of the one file there is: its contents follow from those of the package, byte for byte.</summary>
    public const string Digest = "56f9fa2fbda053332dc31dea511d3fcad9bd1ea24afe722f6339047e69e7cad5";

    private const int Version = 1;
    private const int PiecesMax = 10_000;

    private static ReadOnlySpan<byte> Mark => "CodexUSE"u8;

    /// <summary>Writes the model.</summary>
    public static void Write(Stream stream, IReadOnlyList<UseLitePiece> pieces, IReadOnlyDictionary<string, float[]> tensors)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Mark);
        writer.Write(Version);
        writer.Write(pieces.Count);
        foreach (var piece in pieces)
        {
            writer.Write(piece.Score);
            writer.Write(piece.Text);
        }

        foreach (var shape in UseLiteTensors.All)
        {
            var numbers = tensors[shape.Name];
            if (numbers.Length != shape.Length) throw new InvalidDataException($"{shape.Name} has {numbers.Length} numbers.");
            writer.Write(numbers.Length);
            if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("The model is written on little-endian machines.");
            writer.Write(MemoryMarshal.AsBytes(numbers.AsSpan()));
        }
    }

    /// <summary>Reads the model.</summary>
    /// <exception cref="InvalidDataException">It is not the file that it should be; the message says what is wrong.</exception>
    public static (UseLitePiece[] Pieces, UseLiteTensors Tensors) Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length < 16 || !bytes.AsSpan(0, 8).SequenceEqual(Mark)) throw new InvalidDataException("it is another file");
        if (BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8)) is var version && version != Version)
            throw new InvalidDataException($"its form is {version}, and this CodexOS reads {Version}");
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != Digest) throw new InvalidDataException("its SHA-256 is another one");
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        reader.BaseStream.Position = 12;
        var pieces = new UseLitePiece[Math.Clamp(reader.ReadInt32(), 0, PiecesMax)];
        for (var i = 0; i < pieces.Length; i++) pieces[i] = new UseLitePiece(reader.ReadDouble(), reader.ReadString());
        var tensors = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var shape in UseLiteTensors.All)
        {
            if (reader.ReadInt32() != shape.Length) throw new InvalidDataException($"its part {shape.Name} has another size");
            var numbers = new float[shape.Length];
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(numbers.AsSpan()));
            tensors.Add(shape.Name, numbers);
        }

        return (pieces, new UseLiteTensors(tensors));
    }
}

/// <summary>A piece of words, and how likely it is: a logarithm.</summary>
internal sealed record UseLitePiece(double Score, string Text);
