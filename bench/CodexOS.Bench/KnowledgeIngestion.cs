using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace CodexOS.Bench;

/// <summary>
/// How many bytes of documents a server takes in an hour, from the first upload to the last passage that is found, everything
/// written to the disk. The documents are those of a folder, again and again, each time a little different, since the same
/// document twice is read once.
/// </summary>
internal static class KnowledgeIngestion
{
    private const int Uploads = 4;
    private const double SecondsPerHour = 3_600;

    private static readonly (string Name, string[] Extensions, long Bytes)[] s_kinds =
    [
        ("PDF", [".pdf"], 60_000_000), ("DOCX", [".docx"], 60_000_000), ("text", [".txt", ".md"], 60_000_000),
    ];

    public static string Rate(string kind) => $"ingestion, {kind}";

    public static async Task RunAsync(Report report, string data)
    {
        foreach (var (name, extensions, bytes) in s_kinds)
        {
            var files = Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories)
                .Where(file => extensions.Contains(Path.GetExtension(file).ToLowerInvariant()))
                .Order(StringComparer.Ordinal).Select(File.ReadAllBytes).Where(static file => file.Length > 0).ToList();
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
        await warm.AddAsync($"0{extension}", files[0]);
        await warm.IngestAsync();

        var place = await KnowledgeBase.MakeAsync(client, "bench");
        var clock = Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            documents.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = Uploads },
            async (one, _) => await place.AddAsync($"{one.Index}{extension}", one.Item));
        var failed = await place.IngestAsync();
        var gigabytes = documents.Sum(static one => (long)one.Length) / 1e9;
        report.Add(Rate(name), gigabytes * SecondsPerHour / clock.Elapsed.TotalSeconds, "GB/h");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {documents.Count} documents, {failed} of them unreadable, {gigabytes * 1_000:N0} MB in {clock.Elapsed.TotalSeconds:N1} s"));
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
