using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace CodexOS.Bench;

/// <summary>
/// How many bytes of documents a server takes in an hour, from the first upload to the last passage that is found, everything
/// written to the disk. The documents are those of a folder, again and again, each time a little different, since the same
/// document twice is read once. Some are read before, so that the server is measured and not the compiler of its code.
/// </summary>
internal static class KnowledgeIngestion
{
    private const int Uploads = 4;
    private const double SecondsPerHour = 3_600;

    private const long BytesOfKind = 180_000_000;
    private const int WarmDocuments = 64;
    private const int BytesOfJoined = 200_000;

    // Texts are mostly small, so that reading them measures files and not bytes. They are measured as they are, and joined.
    private static readonly (string Name, string[] Extensions, long Bytes, bool IsJoined)[] s_kinds =
    [
        ("PDF", [".pdf"], BytesOfKind, false), ("DOCX", [".docx"], BytesOfKind, false),
        ("text", [".txt", ".md"], BytesOfKind, true), ("small texts", [".txt", ".md"], BytesOfKind / 12, false),
    ];

    public static string Rate(string kind) => $"ingestion, {kind}";

    public static async Task RunAsync(Report report, string data)
    {
        foreach (var (name, extensions, bytes, isJoined) in s_kinds)
        {
            var files = Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories)
                .Where(file => extensions.Contains(Path.GetExtension(file).ToLowerInvariant()))
                .Order(StringComparer.Ordinal).Select(File.ReadAllBytes).Where(static file => file.Length > 0).ToList();
            if (isJoined) files = Joined(files);
            if (files.Count == 0) Console.WriteLine($"  {data} has no {name}.");
            else await MeasureAsync(report, name, extensions[0], files, bytes);
        }
    }

    private static async Task MeasureAsync(Report report, string name, string extension, List<byte[]> files, long bytesMin)
    {
        var documents = new List<byte[]>();
        for (var bytes = 0L; bytes < bytesMin; bytes += documents[^1].Length)
            documents.Add(Varied(files[documents.Count % files.Count], extension, documents.Count));
        await using var server = await KnowledgeBase.StartServerAsync();
        using var client = await server.SignInAsync();
        client.Timeout = TimeSpan.FromHours(1);
        var warm = await KnowledgeBase.MakeAsync(client, "warm");
        foreach (var (number, file) in files.Take(WarmDocuments).Index()) await warm.AddAsync($"{number}{extension}", file);
        await warm.IngestAsync();

        var place = await KnowledgeBase.MakeAsync(client, "bench");
        var clock = Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            documents.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = Uploads },
            async (one, _) => await place.AddAsync($"{one.Index}{extension}", one.Item));
        var uploaded = clock.Elapsed;
        var failed = await place.IngestAsync();
        var gigabytes = documents.Sum(static one => (long)one.Length) / 1e9;
        report.Add(Rate(name), gigabytes * SecondsPerHour / clock.Elapsed.TotalSeconds, "GB/h");
        report.Add(
            $"{Rate(name)}: without the uploads", gigabytes * SecondsPerHour / (clock.Elapsed - uploaded).TotalSeconds, "GB/h");
        report.Add($"{Rate(name)}: documents", documents.Count / clock.Elapsed.TotalSeconds, "documents/s");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {documents.Count} documents, {failed} of them unreadable, {gigabytes * 1_000:N0} MB in {clock.Elapsed.TotalSeconds:N1} s, "
            + $"{uploaded.TotalSeconds:N1} of them for uploads"));
    }

    private static List<byte[]> Joined(List<byte[]> files)
    {
        var joined = new List<byte[]>();
        var rest = new List<byte>();
        foreach (var file in files)
        {
            rest.AddRange(file);
            rest.AddRange("\n\n"u8);
            if (rest.Count < BytesOfJoined) continue;
            joined.Add([.. rest]);
            rest.Clear();
        }

        if (rest.Count > 0) joined.Add([.. rest]);
        return joined;
    }

    /// <summary>The same document with other bytes: words for a text, a comment where the format has room for one.</summary>
    private static byte[] Varied(byte[] file, string extension, int number)
    {
        var mark = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\n% copy {number}\n"));
        if (extension != ".docx") return [.. file, .. mark];
        // An archive ends with the length of its comment and the comment.
        var varied = (byte[])[.. file, .. mark];
        BinaryPrimitives.WriteUInt16LittleEndian(varied.AsSpan(file.Length - sizeof(ushort)), (ushort)mark.Length);
        return varied;
    }
}
