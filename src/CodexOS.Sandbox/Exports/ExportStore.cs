using System.Security.Cryptography;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Native;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Exports;

/// <summary>An archive that is whole.</summary>
/// <param name="Parts">Its parts, in order.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Hash">Its SHA-256, in lowercase hexadecimal digits.</param>
internal sealed record ArchiveManifest(IReadOnlyList<PackedPart> Parts, long SizeBytes, string Hash);

/// <summary>
/// Where archives are: <c>exports/&lt;tenant&gt;/&lt;run&gt;</c> in the data directory, a file for each part and a
/// manifest once the archive is whole. Every file is written beside its name and moved there, so it is whole or absent.
/// </summary>
internal sealed class ExportStore(DataDirectory data, IOptions<SandboxOptions> given, TimeProvider clock)
{
    private const string ManifestName = "archive.json";
    private readonly SandboxOptions _options = given.Value;

    /// <summary>Makes the folder of a run's archive.</summary>
    /// <returns>Why there cannot be another, or null.</returns>
    public Fault? Reserve(TenantId tenant, RunId run)
    {
        var folder = FolderOf(tenant, run);
        if (Directory.Exists(folder)) return null;
        if (IsFull(tenant) is { } full) return full;
        Directory.CreateDirectory(folder);
        using var made = Folder.Open(folder);
        return made.Disk().FreeBytes < _options.DiskFreeBytesMin ? SandboxFaults.DiskFull : null;
    }

    /// <summary>Why a tenant cannot have another archive, or null.</summary>
    public Fault? IsFull(TenantId tenant)
    {
        var folder = data.In("exports", tenant.ToString());
        if (!Directory.Exists(folder)) return null;
        return Directory.EnumerateDirectories(folder).Count(one => !IsOld(one)) < _options.ExportsPerTenantMax
            ? null
            : ExportFaults.TooMany(_options.ExportsPerTenantMax, _options.ExportLifetime);
    }

    /// <summary>Whether there is room for another part.</summary>
    public bool HasRoom(TenantId tenant, RunId run)
    {
        using var folder = Folder.Open(Directory.CreateDirectory(FolderOf(tenant, run)).FullName);
        return folder.Disk().FreeBytes >= _options.DiskFreeBytesMin + _options.ExportPartBytes;
    }

    /// <summary>Writes a part; what was there under its number is replaced.</summary>
    public Result<PackedPart> WritePart(
        TenantId tenant, RunId run, int number, Func<Stream, Result<(PackPosition? Next, long ContentBytes)>> write)
    {
        var path = PartPath(tenant, run, number);
        var partial = path + ".partial";
        try
        {
            PackedPart part;
            using (var file = new FileStream(partial, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            {
                if (!write(file).TryGet(out var packed, out var fault)) return fault;
                file.Flush(flushToDisk: true);
                file.Position = 0;
                var hash = Convert.ToHexStringLower(SHA256.HashData(file));
                part = new PackedPart(run, number, file.Length, hash, packed.Next, packed.ContentBytes);
            }

            File.Move(partial, path, overwrite: true);
            Sync(tenant, run);
            return part;
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <summary>Checks every part and makes the archive of them whole.</summary>
    public Result<ArchiveManifest> Publish(
        TenantId tenant, RunId run, IReadOnlyList<PackedPart> parts, CancellationToken cancellationToken)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 * 1024];
        var read = 0L;
        foreach (var part in parts)
        {
            using var one = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var path = PartPath(tenant, part.Run, part.Number);
            if (!File.Exists(path)) return ExportFaults.PartMissing(part.Number);
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            for (int count; (count = file.Read(buffer)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                one.AppendData(buffer, 0, count);
                all.AppendData(buffer, 0, count);
                read += count;
            }

            if (Convert.ToHexStringLower(one.GetHashAndReset()) != part.Hash) return ExportFaults.PartMissing(part.Number);
        }

        var manifest = new ArchiveManifest(parts, read, Convert.ToHexStringLower(all.GetHashAndReset()));
        var whole = Path.Combine(Directory.CreateDirectory(FolderOf(tenant, run)).FullName, ManifestName);
        using (var file = new FileStream(whole + ".partial", FileMode.Create, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(file, manifest, Json.Options);
            file.Flush(flushToDisk: true);
        }

        File.Move(whole + ".partial", whole, overwrite: true);
        Sync(tenant, run);
        return manifest;
    }

    /// <summary>Removes a part, or with 0 what makes the archive whole. What is not there is no fault.</summary>
    public void Discard(TenantId tenant, RunId run, int part)
    {
        if (!Directory.Exists(FolderOf(tenant, run))) return;
        File.Delete(part == 0 ? Path.Combine(FolderOf(tenant, run), ManifestName) : PartPath(tenant, run, part));
    }

    /// <summary>An archive, or null if it is not there or too old. The caller disposes of the stream.</summary>
    public (ArchiveManifest Manifest, Stream Content)? Open(TenantId tenant, RunId run)
    {
        var folder = FolderOf(tenant, run);
        var path = Path.Combine(folder, ManifestName);
        if (!File.Exists(path) || IsOld(folder)) return null;
        var manifest = JsonSerializer.Deserialize<ArchiveManifest>(File.ReadAllBytes(path), Json.Options)!;
        var parts = manifest.Parts.Select(part => (PartPath(tenant, part.Run, part.Number), part.SizeBytes)).ToList();
        return parts.TrueForAll(part => File.Exists(part.Item1)) ? (manifest, new PartsStream(parts)) : null;
    }

    /// <summary>Removes what is too old, whether it came to be whole or not.</summary>
    public int RemoveOld(CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var tenant in FoldersIn(data.In("exports")))
        {
            foreach (var run in FoldersIn(tenant).Where(IsOld))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Directory.Delete(run, recursive: true);
                removed++;
            }
        }

        return removed;
    }

    /// <summary>Every file that comes into the folder makes it young again.</summary>
    private bool IsOld(string folder) =>
        clock.GetUtcNow().UtcDateTime - Directory.GetLastWriteTimeUtc(folder) > _options.ExportLifetime;

    private void Sync(TenantId tenant, RunId run)
    {
        using var folder = Folder.Open(FolderOf(tenant, run));
        folder.Sync();
    }

    private string FolderOf(TenantId tenant, RunId run) => data.In("exports", tenant.ToString(), run.ToString());

    private string PartPath(TenantId tenant, RunId run, int number) =>
        Path.Combine(FolderOf(tenant, run), $"part-{number:D5}.gz");

    private static string[] FoldersIn(string path) => Directory.Exists(path) ? Directory.GetDirectories(path) : [];
}
