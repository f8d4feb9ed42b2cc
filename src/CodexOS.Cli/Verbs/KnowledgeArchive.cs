using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// A knowledge base in a tar file: <c>base.json</c>, then of each document <c>documents/N.json</c> with what is said of it and
/// its file below <c>files/</c>, and <c>end.json</c>. An archive without its end is cut off.
/// </summary>
internal static class KnowledgeArchive
{
    private const int FormatVersion = 1;
    private const int FactsBytesMax = 1024 * 1024;
    private const int FileBytesMax = 1024 * 1024 * 1024;
    private const string BaseName = "base.json";
    private const string EndName = "end.json";

    /// <summary>Begins an archive.</summary>
    public static Task BeginAsync(
        TarWriter archive, KnowledgeBase place, KnowledgeSynonyms synonyms, KnowledgeBoosts boosts, DateTimeOffset now,
        CancellationToken cancellationToken) =>
        WriteAsync(
            archive, BaseName,
            new ArchivedBase(FormatVersion, place.Name, place.Description, now)
            {
                Synonyms = synonyms.Rules,
                Boosts = boosts.IsNone ? null : boosts,
            },
            CliJson.Documents.ArchivedBase, now, cancellationToken);

    /// <summary>Adds a document.</summary>
    public static async Task AddAsync(
        TarWriter archive, int number, KnowledgeDocument document, byte[] content, CancellationToken cancellationToken)
    {
        var facts = new ArchivedDocument(
            document.Name, PathOf(number, document.Name), content.Length, Hash(content), document.MediaType,
            document.Readers ?? [], document.Metadata, document.At);
        await WriteAsync(
            archive, FactsName(number), facts, CliJson.Documents.ArchivedDocument, document.ChangedAt, cancellationToken);
        await WriteAsync(archive, facts.File, content, document.ChangedAt, cancellationToken);
    }

    /// <summary>Ends an archive.</summary>
    public static Task EndAsync(TarWriter archive, int documents, DateTimeOffset now, CancellationToken cancellationToken) =>
        WriteAsync(archive, EndName, new ArchiveEnd(documents), CliJson.Documents.ArchiveEnd, now, cancellationToken);

    /// <summary>Reads an archive from its beginning to its end, packed with gzip or not, and verifies what it reads.</summary>
    /// <param name="path">The file.</param>
    /// <param name="take">Takes each document with its file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is said of the base, and how many documents it has.</returns>
    public static async Task<(ArchivedBase Base, int Documents)> ReadAsync(
        string path, Func<ArchivedDocument, byte[], Task> take, CancellationToken cancellationToken)
    {
        if (!File.Exists(path)) throw new CodexOSException("cli.no_file", FaultKind.NotFound, $"There is no file {path}.");
        try
        {
            await using var file = File.OpenRead(path);
            await using var content = IsPacked(file) ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
            await using var archive = new TarReader(content);
            var place = await FactsAsync(archive, BaseName, CliJson.Documents.ArchivedBase, cancellationToken)
                ?? throw Damaged(path, "it does not begin with base.json");
            if (place.FormatVersion != FormatVersion)
            {
                throw new CodexOSException(
                    "cli.other_archive", FaultKind.Invalid,
                    $"{path} has version {place.FormatVersion} of the format; this program reads version {FormatVersion}.");
            }

            for (var number = 1; ; number++)
            {
                var next = await archive.GetNextEntryAsync(cancellationToken: cancellationToken);
                if (next?.Name == EndName)
                {
                    var end = await FactsAsync(next, CliJson.Documents.ArchiveEnd, cancellationToken);
                    if (end?.Documents != number - 1) throw Damaged(path, "documents are missing in it");
                    return (place, number - 1);
                }

                if (next is null) throw Damaged(path, "it is cut off");
                var facts = next.Name == FactsName(number)
                    ? await FactsAsync(next, CliJson.Documents.ArchivedDocument, cancellationToken)
                    : null;
                if (facts is null) throw Damaged(path, $"{FactsName(number)} is missing in it");
                next = await archive.GetNextEntryAsync(cancellationToken: cancellationToken);
                var bytes = next?.Name == facts.File ? await BytesAsync(next, FileBytesMax, cancellationToken) : null;
                if (bytes is null || bytes.Length != facts.SizeBytes || Hash(bytes) != facts.Sha256)
                    throw Damaged(path, $"{facts.File} is not what was written");
                await take(facts, bytes);
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or JsonException or FormatException)
        {
            throw Damaged(path, "it cannot be read to its end");
        }
    }

    private static Task WriteAsync<T>(
        TarWriter archive, string name, T facts, JsonTypeInfo<T> type, DateTimeOffset at, CancellationToken cancellationToken) =>
        WriteAsync(archive, name, JsonSerializer.SerializeToUtf8Bytes(facts, type), at, cancellationToken);

    private static async Task WriteAsync(
        TarWriter archive, string name, byte[] content, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var entry = new PaxTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = new MemoryStream(content, writable: false),
            ModificationTime = at,
            // What a base holds may be for some eyes only, and is in the clear here.
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await archive.WriteEntryAsync(entry, cancellationToken);
    }

    private static async Task<T?> FactsAsync<T>(
        TarReader archive, string name, JsonTypeInfo<T> type, CancellationToken cancellationToken) where T : class =>
        await archive.GetNextEntryAsync(cancellationToken: cancellationToken) is { } entry && entry.Name == name
            ? await FactsAsync(entry, type, cancellationToken)
            : null;

    private static async Task<T?> FactsAsync<T>(TarEntry entry, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class =>
        await BytesAsync(entry, FactsBytesMax, cancellationToken) is { } bytes ? JsonSerializer.Deserialize(bytes, type) : null;

    private static async Task<byte[]?> BytesAsync(TarEntry entry, int bytesMax, CancellationToken cancellationToken)
    {
        if (entry.Length > bytesMax) return null;
        var bytes = new byte[entry.Length];
        if (entry.DataStream is { } data) await data.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private static bool IsPacked(FileStream file)
    {
        Span<byte> first = stackalloc byte[2];
        var isPacked = file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false) == 2 && first is [0x1F, 0x8B];
        file.Position = 0;
        return isPacked;
    }

    private static string FactsName(int number) => string.Create(CultureInfo.InvariantCulture, $"documents/{number:000000}.json");

    /// <summary>Where a document's file is put: its name as far as it can be one of a file, behind its number.</summary>
    private static string PathOf(int number, string name)
    {
        var parts = name.Split('/', '\\').Where(static part => part is not ("" or "." or ".."))
            .Select(static part => Short(string.Concat(part.Select(Plain)))).DefaultIfEmpty("document");
        return string.Create(CultureInfo.InvariantCulture, $"files/{number:000000}/{string.Join('/', parts)}");
    }

    /// <summary>File systems take names of 255 bytes; the end tells what kind of file it is.</summary>
    private static string Short(string part) => part.Length <= 80 ? part : $"{part[..60]}{part[^20..]}";

    private static char Plain(char it) =>
        char.IsControl(it) || char.IsSurrogate(it) || it is ':' or '*' or '?' or '"' or '<' or '>' or '|' ? '_' : it;

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static CodexOSException Damaged(string path, string why) => new(
        "cli.damaged_archive", FaultKind.Invalid, $"{path} is no whole archive of a knowledge base: {why}. Export it again.");
}

/// <summary>What an archive says of its base.</summary>
/// <param name="FormatVersion">Of the archive.</param>
/// <param name="Name">The base's name.</param>
/// <param name="Description">What is in it.</param>
/// <param name="ExportedAt">When the archive was begun.</param>
internal sealed record ArchivedBase(int FormatVersion, string Name, string Description, DateTimeOffset ExportedAt)
{
    /// <summary>What else its searches look for; null in an archive that does not say.</summary>
    public IReadOnlyList<string>? Synonyms { get; init; }

    /// <summary>What raises or lowers its passages; null if nothing does.</summary>
    public KnowledgeBoosts? Boosts { get; init; }
}

/// <summary>What an archive says of a document.</summary>
/// <param name="Name">Its name in the base.</param>
/// <param name="File">Where in the archive its file is.</param>
/// <param name="SizeBytes">The length of the file.</param>
/// <param name="Sha256">The file's SHA-256, in hexadecimal.</param>
/// <param name="MediaType">What it was said to be.</param>
/// <param name="Readers">The members who alone may read it, by id.</param>
/// <param name="Metadata">Pairs that searches can ask for.</param>
/// <param name="At">The time that it speaks of.</param>
internal sealed record ArchivedDocument(
    string Name, string File, long SizeBytes, string Sha256, string? MediaType, IReadOnlyList<string> Readers,
    IReadOnlyDictionary<string, string> Metadata, DateTimeOffset? At);

/// <summary>The end of an archive.</summary>
/// <param name="Documents">How many there are.</param>
internal sealed record ArchiveEnd(int Documents);
