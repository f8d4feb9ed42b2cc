using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CodexOS.Cli.Evidence;

/// <summary>
/// Holds a bundle of evidence against the key of the server that is said to have made it, without asking anybody, in five steps:
/// 1. the signed note names the SHA-256 of the manifest;
/// 2. the manifest names every file of the archive, and the archive has no other;
/// 3. each file has the length, the number of lines and the SHA-256 that the manifest says;
/// 4. each checkpoint is signed, and the log only grew from one to the next, up to the head that the manifest names;
/// 5. each entry is the tenant's and of the period, is in the log of that head, and its facts about persons are those that were
///    committed to.
/// </summary>
internal sealed class BundleCheck(VerifierKey key)
{
    private const string Manifest = "manifest.json";
    private const string Note = "manifest.note";
    private const string Kind = "codexos evidence bundle";
    private const string Changes = "audit-changes";
    private const string Checkpoints = "audit-checkpoints";
    private const int FormatVersion = 1;
    private const int FindingsMax = 100;
    private const int FilesMax = 10_000;
    private const int ManifestBytesMax = 16 * 1024 * 1024;
    private const int NoteBytesMax = 64 * 1024;
    private const int LineBytesMax = 4 * 1024 * 1024;

    private readonly List<EvidenceFinding> _findings = [];
    private long _entries;
    private long _checkpoints;
    private (long Size, byte[] Root)? _before;

    /// <summary>Checks a bundle.</summary>
    /// <exception cref="InvalidDataException">It is no zip archive.</exception>
    public async Task<EvidenceReport> RunAsync(Stream file, CancellationToken cancellationToken)
    {
        using var archive = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
        // 1. The signature, and 2. what the archive has
        var manifest = await ReadManifestAsync(archive, cancellationToken);
        if (manifest is null) return ReportOf(null);
        var named = FilesOf(archive, manifest);
        if (Root(manifest.Log.Checkpoint) is not { } head || head.Size != manifest.Log.Size || manifest.Log.Origin != key.Name)
        {
            Add("head_forged", Manifest, "The head of the audit log is not signed by this key.");
            return ReportOf(manifest);
        }

        // 3. Each file, and with it 4. checkpoints and 5. entries
        foreach (var (entry, listed) in named)
        {
            Action<string>? onLine = listed.Document switch
            {
                Changes => text => CheckEntry(text, listed.Path, manifest, head.Root),
                Checkpoints => text => CheckCheckpoint(text, listed.Path),
                _ => null,
            };
            await CheckFileAsync(entry, listed, onLine, cancellationToken);
        }

        if (_before is not { } last || last.Size != head.Size || !last.Root.AsSpan().SequenceEqual(head.Root))
            Add("checkpoints_incomplete", Checkpoints, "The checkpoints do not lead up to the head of the log.");
        return ReportOf(manifest);
    }

    private async Task<BundleManifest?> ReadManifestAsync(ZipArchive archive, CancellationToken cancellationToken)
    {
        if (await ReadAsync(archive, Note, NoteBytesMax, cancellationToken) is not { } note
            || await ReadAsync(archive, Manifest, ManifestBytesMax, cancellationToken) is not { } bytes)
        {
            Add("manifest_missing", Manifest, "The archive has no signed manifest, so it is no bundle of evidence.");
            return null;
        }

        var lines = key.Open(Encoding.UTF8.GetString(note))?.Split('\n');
        if (lines is not [Kind, { } json, ""] || Parse(json, BundleFormat.Default.BundleStatement) is not { } statement)
        {
            Add(
                "signature_wrong", Note,
                "The manifest is not signed by this key: another server made the bundle, or somebody changed it.");
            return null;
        }

        if (statement.ManifestSha256 != Convert.ToHexStringLower(SHA256.HashData(bytes)))
        {
            Add("manifest_changed", Manifest, "The manifest is not the one that was signed.");
            return null;
        }

        var manifest = Parse(Encoding.UTF8.GetString(bytes), BundleFormat.Default.BundleManifest);
        if (manifest is not { Log: not null, Files: not null, NotRecorded: not null, Format: FormatVersion }
            || statement.V != FormatVersion || manifest.Tenant != statement.Tenant || manifest.Run != statement.Run)
        {
            Add("manifest_unknown", Manifest, "This program does not know this form of the manifest. Use a newer one.");
            return null;
        }

        return manifest;
    }

    private List<(ZipArchiveEntry Entry, BundleFile Listed)> FilesOf(ZipArchive archive, BundleManifest manifest)
    {
        var there = archive.Entries.Take(FilesMax).ToLookup(static entry => entry.FullName, StringComparer.Ordinal);
        var named = new List<(ZipArchiveEntry, BundleFile)>();
        foreach (var listed in manifest.Files)
        {
            var found = there[listed.Path].ToList();
            if (found.Count == 1) named.Add((found[0], listed));
            else Add("file_missing", listed.Path, found.Count == 0 ? "The file is gone." : "The archive has several of this name.");
        }

        var known = manifest.Files.Select(static listed => listed.Path).Append(Manifest).Append(Note)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var entry in archive.Entries.Take(FilesMax))
            if (!known.Contains(entry.FullName)) Add("file_unknown", entry.FullName, "The manifest does not name this file.");
        return named;
    }

    private async Task CheckFileAsync(
        ZipArchiveEntry entry, BundleFile listed, Action<string>? onLine, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var line = new MemoryStream();
        await using var stream = await entry.OpenAsync(cancellationToken);
        var buffer = new byte[81_920];
        var (size, lines) = (0L, 0L);
        while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            size += read;
            if (size > listed.SizeBytes) break;
            hash.AppendData(buffer.AsSpan(0, read));
            for (var at = 0; at < read; at++)
            {
                var end = Array.IndexOf(buffer, (byte)'\n', at, read - at);
                if (line.Length < LineBytesMax) line.Write(buffer, at, (end < 0 ? read : end) - at);
                if (end < 0) break;
                lines++;
                onLine?.Invoke(Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length));
                line.SetLength(0);
                at = end;
            }
        }

        if (size != listed.SizeBytes || Convert.ToHexStringLower(hash.GetHashAndReset()) != listed.Sha256)
            Add("file_changed", listed.Path, "The file is not the one that the manifest names.");
        else if (lines != listed.Entries)
            Add("file_changed", listed.Path, $"The file has {lines} lines and must have {listed.Entries}.");
    }

    private void CheckCheckpoint(string text, string path)
    {
        if (Parse(text, BundleFormat.Default.BundleCheckpoint) is not { Note: not null, Grew: not null } line
            || Root(line.Note) is not { } checkpoint || checkpoint.Size != line.Size)
        {
            Add("checkpoint_forged", path, "A checkpoint is not signed by this key.");
            return;
        }

        if (_before is { } before && !TreeProofs.GrewInto(before.Size, before.Root, checkpoint.Size, checkpoint.Root, line.Grew))
            Add("checkpoint_contradicted", path, $"The log did not only grow before its size {checkpoint.Size}.");
        _before = checkpoint;
        _checkpoints++;
    }

    private void CheckEntry(string text, string path, BundleManifest manifest, byte[] root)
    {
        if (Parse(text, BundleFormat.Default.BundleEntry) is not { Leaf: not null, Personal: not null, Proof: not null } line
            || Parse(line.Leaf, BundleFormat.Default.BundleLeaf) is not { Personal: not null } leaf)
        {
            Add("entry_changed", path, "A line is no entry of the audit log.");
        }
        else if (!TreeProofs.Includes(
            line.Index, manifest.Log.Size, TreeProofs.LeafHash(Encoding.UTF8.GetBytes(line.Leaf)), line.Proof, root))
        {
            Add("entry_changed", path, $"{line.Id} is not what was recorded.");
        }
        else if (leaf.Entry != line.Id || leaf.Tenant != manifest.Tenant || !IsWithin(leaf.At, manifest))
        {
            Add("entry_foreign", path, $"{line.Id} is not of this tenant or not of this period.");
        }
        else if (line.Personal.Any(fact => CommitmentOf(fact.Value) != leaf.Personal.GetValueOrDefault(fact.Key)))
        {
            Add("personal_changed", path, $"A fact about a person in {line.Id} is not the one that was recorded.");
        }
        else
        {
            _entries++;
        }
    }

    private static bool IsWithin(long at, BundleManifest manifest) =>
        at >= manifest.From.ToUnixTimeMilliseconds() && at < manifest.To.ToUnixTimeMilliseconds();

    /// <summary>Size and root of a checkpoint that this key signed.</summary>
    private (long Size, byte[] Root)? Root(string note)
    {
        var lines = key.Open(note)?.Split('\n');
        var root = new byte[SHA256.HashSizeInBytes];
        return lines is [{ } origin, { } number, { } encoded, ..] && origin == key.Name
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            && Convert.TryFromBase64String(encoded, root, out var length) && length == root.Length
                ? (size, root)
                : null;
    }

    /// <summary>What a fact is committed to by; a text that no commitment is, where it cannot be read.</summary>
    private static string CommitmentOf(BundleOpening opening)
    {
        var salt = new byte[64];
        return opening is { Value: not null, Salt: not null } && Convert.TryFromBase64String(opening.Salt, salt, out var length)
            ? Convert.ToHexStringLower(SHA256.HashData([.. salt[..length], .. Encoding.UTF8.GetBytes(opening.Value)]))
            : "";
    }

    private static async Task<byte[]?> ReadAsync(
        ZipArchive archive, string path, int bytesMax, CancellationToken cancellationToken)
    {
        var found = archive.Entries.Take(FilesMax).Where(entry => entry.FullName == path).Take(2).ToList();
        if (found is not [{ } entry]) return null;
        await using var stream = await entry.OpenAsync(cancellationToken);
        // What an entry says of its own length is not believed.
        var bytes = new byte[bytesMax + 1];
        var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return length > bytesMax ? null : bytes[..length];
    }

    private static T? Parse<T>(string json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Add(string code, string file, string message)
    {
        if (_findings.Count < FindingsMax) _findings.Add(new EvidenceFinding(code, file, message));
    }

    private EvidenceReport ReportOf(BundleManifest? manifest) => new(
        _findings.Count == 0, manifest?.Tenant, manifest?.Run, manifest?.From, manifest?.To, manifest?.Server,
        manifest?.Files.Count ?? 0, _entries, _checkpoints,
        [.. manifest?.NotRecorded.Select(static one => one.Document) ?? []], _findings);
}
