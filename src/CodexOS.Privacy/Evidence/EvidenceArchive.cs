using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Installation;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Privacy.Evidence;

/// <summary>
/// Writes a bundle, described in <c>docs/operate/evidence.md</c>: a zip with <c>data/NAME.jsonl</c> for each document,
/// <c>manifest.json</c>, which names each file with its SHA-256, and <c>manifest.note</c>, a signed note over the manifest's own.
/// It is written as it is read, so its length does not matter to the server's memory.
/// </summary>
internal sealed class EvidenceArchive(
    IEnumerable<IEvidenceSource> sources, IAttestation attestation, IOptions<PrivacyOptions> options, TimeProvider clock)
{
    /// <summary>The first line of what is signed.</summary>
    public const string Kind = "codexos evidence bundle";

    private const int FormatVersion = 1;

    private static readonly JsonSerializerOptions s_indented = new(Json.Options) { WriteIndented = true };
    private static readonly byte[] s_lineEnd = "\n"u8.ToArray();

    /// <summary>
    /// What an auditor looks for. What no module has a document of is said to be not recorded, and nothing is put in its place.
    /// </summary>
    private static readonly (string Name, string Missing)[] s_expected =
    [
        ("access-review", "There is no review of access."),
        ("audit-changes", "There is no audit log."),
        ("audit-checkpoints", "There are no checkpoints."),
        ("key-versions", "Nothing is said of keys."),
        ("key-rotations", "Rotations of keys are not kept."),
        ("backup-proofs", "The server takes no backups by itself, so it has no proof of one. Show those of the operator."),
        ("restore-proofs", "The server has no proof that a backup was restored. Show those of the operator."),
    ];

    private readonly IReadOnlyList<EvidenceDocument> _documents = [.. sources.SelectMany(static source => source.Documents)];

    /// <summary>Reads everything and writes it.</summary>
    /// <param name="about">The bundle.</param>
    /// <param name="scope">Its period and head.</param>
    /// <param name="target">Where it is written.</param>
    /// <param name="onDocument">Told how many documents are done, and of how many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many files it has.</returns>
    public async Task<Result<int>> WriteAsync(
        BundleId about, EvidenceScope scope, Stream target, Action<int, int> onDocument, CancellationToken cancellationToken)
    {
        var files = new List<EvidenceFile>();
        var room = new Room(options.Value.EvidenceBytesMax);
        await using (var archive = await ZipArchive.CreateAsync(
            target, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken))
        {
            for (var done = 0; done < _documents.Count; done++)
            {
                var document = _documents[done];
                if (!(await document.OpenAsync(scope, cancellationToken)).TryGet(out var opened, out var fault)) return fault;
                await using var writer = new DocumentWriter(archive, document, options.Value.EvidenceEntriesPerFile, room);
                await foreach (var item in opened.Items.WithCancellation(cancellationToken))
                    if (!await writer.WriteAsync(item, cancellationToken)) return EvidenceFaults.TooLarge(room.BytesMax);
                files.AddRange(await writer.EndAsync(cancellationToken));
                onDocument(done + 1, _documents.Count);
            }

            var manifest = ManifestOf(about, scope, files);
            await AddAsync(archive, "manifest.json", manifest, cancellationToken);
            await AddAsync(archive, "manifest.note", Encoding.UTF8.GetBytes(SignedOf(about, manifest)), cancellationToken);
        }

        return files.Count + 2;
    }

    private byte[] ManifestOf(BundleId about, EvidenceScope scope, List<EvidenceFile> files)
    {
        var missing = s_expected.Where(one => _documents.All(document => document.Name != one.Name));
        return JsonSerializer.SerializeToUtf8Bytes(
            new EvidenceManifest(
                FormatVersion, about.Tenant, about.Run, scope.By, scope.From, scope.To, clock.GetUtcNow(), VersionFact.Version,
                scope.Head, files, [.. missing.Select(static one => new NotRecorded(one.Name, "not recorded", one.Missing))]),
            s_indented);
    }

    private string SignedOf(BundleId about, byte[] manifest) => attestation.Sign(
        about.Tenant,
        Kind,
        JsonSerializer.Serialize(
            new EvidenceStatement(
                FormatVersion, about.Tenant, about.Run, Convert.ToHexStringLower(SHA256.HashData(manifest))),
            Json.Options));

    private static async Task AddAsync(ZipArchive archive, string path, byte[] content, CancellationToken cancellationToken)
    {
        await using var file = await archive.CreateEntry(path, CompressionLevel.Optimal).OpenAsync(cancellationToken);
        await file.WriteAsync(content, cancellationToken);
    }

    /// <summary>How many bytes may still be written, before they are compressed.</summary>
    private sealed class Room(long bytesMax)
    {
        private long _taken;

        public long BytesMax => bytesMax;

        public bool Take(long bytes) => (_taken += bytes) <= bytesMax;
    }

    /// <summary>Writes one document: a line for each thing, and another file when one is full.</summary>
    private sealed class DocumentWriter(ZipArchive archive, EvidenceDocument document, int entriesMax, Room room)
        : IAsyncDisposable
    {
        private readonly List<EvidenceFile> _files = [];
        private Stream? _file;
        private IncrementalHash? _hash;
        private (long Entries, long Bytes) _written;

        /// <summary>Writes a line; false if there is no room.</summary>
        public async Task<bool> WriteAsync(object item, CancellationToken cancellationToken)
        {
            if (_file is null || _written.Entries >= entriesMax) await NextAsync(cancellationToken);
            var line = JsonSerializer.SerializeToUtf8Bytes(item, item.GetType(), Json.Options);
            if (!room.Take(line.Length + s_lineEnd.Length)) return false;
            foreach (var part in (byte[][])[line, s_lineEnd])
            {
                _hash!.AppendData(part);
                await _file!.WriteAsync(part, cancellationToken);
            }

            _written = (_written.Entries + 1, _written.Bytes + line.Length + s_lineEnd.Length);
            return true;
        }

        /// <summary>Ends the document, and says which files it has; one without a line if there was nothing.</summary>
        public async Task<IReadOnlyList<EvidenceFile>> EndAsync(CancellationToken cancellationToken)
        {
            if (_file is null) await NextAsync(cancellationToken);
            await CloseAsync();
            return _files;
        }

        /// <summary>Closes the file that was begun.</summary>
        public async ValueTask DisposeAsync() => await CloseAsync();

        private string Path => _files.Count == 0 ? $"data/{document.Name}.jsonl" : $"data/{document.Name}.{_files.Count + 1}.jsonl";

        private async Task NextAsync(CancellationToken cancellationToken)
        {
            await CloseAsync();
            _file = await archive.CreateEntry(Path, CompressionLevel.Optimal).OpenAsync(cancellationToken);
            _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            _written = default;
        }

        private async Task CloseAsync()
        {
            if (_file is null) return;
            await _file.DisposeAsync();
            _file = null;
            using var hash = _hash!;
            _hash = null;
            _files.Add(new EvidenceFile(
                Path, document.Name, document.Summary, _written.Entries, _written.Bytes,
                Convert.ToHexStringLower(hash.GetHashAndReset())));
        }
    }
}

/// <summary>Which bundle it is.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Run">The run that makes it.</param>
internal sealed record BundleId(TenantId Tenant, RunId Run);

/// <summary>What is in a bundle.</summary>
/// <param name="Format">The number of the bundle's form.</param>
/// <param name="Tenant">The tenant that it is about.</param>
/// <param name="Run">The run that made it.</param>
/// <param name="RequestedBy">Who asked for it.</param>
/// <param name="From">The beginning of the period.</param>
/// <param name="To">Its end, that instant excluded.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Server">The version of the server that made it.</param>
/// <param name="Log">How far the audit log had come: all proofs lead there.</param>
/// <param name="Files">The files.</param>
/// <param name="NotRecorded">What an auditor may look for and the server does not record.</param>
internal sealed record EvidenceManifest(
    int Format, TenantId Tenant, RunId Run, UserId RequestedBy, DateTimeOffset From, DateTimeOffset To,
    DateTimeOffset CreatedAt, string Server, AuditHead Log, IReadOnlyList<EvidenceFile> Files,
    IReadOnlyList<NotRecorded> NotRecorded);

/// <summary>A file of a bundle.</summary>
/// <param name="Path">Where it is in the archive.</param>
/// <param name="Document">The document that it belongs to.</param>
/// <param name="Summary">What is in it.</param>
/// <param name="Entries">How many lines it has.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Sha256">Its SHA-256, in lowercase hexadecimal digits.</param>
internal sealed record EvidenceFile(
    string Path, string Document, string Summary, long Entries, long SizeBytes, string Sha256);

/// <summary>Something that the server does not record.</summary>
/// <param name="Document">What it would be called.</param>
/// <param name="Status">Always <c>not recorded</c>.</param>
/// <param name="Why">Why not.</param>
internal sealed record NotRecorded(string Document, string Status, string Why);

/// <summary>What is signed of a bundle.</summary>
/// <param name="V">The number of its form.</param>
/// <param name="Tenant">The tenant that it is about.</param>
/// <param name="Run">The run that made it.</param>
/// <param name="ManifestSha256">The SHA-256 of <c>manifest.json</c>, in lowercase hexadecimal digits.</param>
internal sealed record EvidenceStatement(int V, TenantId Tenant, RunId Run, string ManifestSha256);
