using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>
/// The folder of one index. A file is written whole under a new name and never changed; then the manifest is put in place
/// of the old one in a single step. Whatever happens before that step leaves files that no manifest names, which are
/// removed when the index is opened.
/// </summary>
internal sealed class IndexFolder(string path)
{
    private const string ManifestName = "manifest.json";
    private const string NewManifestName = "manifest.json.new";
    private const string LockName = "lock";
    private const int HashLineLength = 18;

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    public string Path => path;

    public string LockFile => In(LockName);

    public string SegmentFile(string name) => In($"{name}.segment");

    /// <summary>Models outside of the index may be called what no file can be.</summary>
    public string VectorFile(string name, EmbedderKey embedder) =>
        In($"{name}.{(embedder.IsGiven ? "given" : embedder.ModelId)}-{embedder.Revision}.vectors");

    public string BasisFile(EmbedderKey embedder) => In($"{embedder.Revision}.basis");

    /// <summary>Makes the manifest the valid one; when this returns, it is so after a loss of power too.</summary>
    public void Write(Manifest manifest)
    {
        // New files must be found under their names before anything points to them.
        DirectorySync.Flush(path);
        var json = JsonSerializer.SerializeToUtf8Bytes(manifest, s_json);
        var partial = In(NewManifestName);
        using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(json);
            file.Write(HashLine(json));
            file.Flush(flushToDisk: true);
        }

        File.Move(partial, In(ManifestName), overwrite: true);
        DirectorySync.Flush(path);
    }

    /// <summary>The valid manifest; an empty one in a new folder.</summary>
    public Result<Manifest> Read()
    {
        var file = In(ManifestName);
        if (!File.Exists(file))
        {
            // A new index gets its manifest before anything else, so without one there is nothing, or something is amiss.
            if (Directory.EnumerateFiles(path, "*.segment").Any()) return IndexFaults.Damaged(ManifestName, "it is missing");
            Write(Manifest.Empty);
            return Manifest.Empty;
        }

        var bytes = File.ReadAllBytes(file);
        if (bytes.Length <= HashLineLength) return IndexFaults.Damaged(ManifestName, "it is cut off");
        var json = bytes.AsSpan(..^HashLineLength);
        // Byte for byte: a hash that is read as a number would let other spellings of it pass.
        if (!bytes.AsSpan(^HashLineLength..).SequenceEqual(HashLine(json)))
            return IndexFaults.Damaged(ManifestName, "it is not what was written");
        var manifest = JsonSerializer.Deserialize<Manifest>(json, s_json)!;
        return manifest.FormatVersion == Manifest.CurrentFormatVersion
            ? manifest
            : IndexFaults.OtherVersion(ManifestName, manifest.FormatVersion);
    }

    /// <summary>Removes what a manifest does not name.</summary>
    public void RemoveLeftovers(Manifest manifest)
    {
        HashSet<string> kept = [In(ManifestName), LockFile, .. FilesOf(manifest)];
        foreach (var file in Directory.EnumerateFiles(path))
        {
            if (!kept.Contains(file)) File.Delete(file);
        }
    }

    /// <summary>Removes what one manifest names and the one after it does not. Who still reads it keeps it mapped.</summary>
    public void RemoveReplaced(Manifest before, Manifest after)
    {
        foreach (var file in FilesOf(before).Except(FilesOf(after))) File.Delete(file);
    }

    /// <summary>Removes all files of one name.</summary>
    public void Remove(string name)
    {
        foreach (var file in Directory.EnumerateFiles(path, $"{name}.*")) File.Delete(file);
    }

    public string In(string name) => System.IO.Path.Combine(path, name);

    private static byte[] HashLine(ReadOnlySpan<byte> json) =>
        Encoding.ASCII.GetBytes($"\n{XxHash3.HashToUInt64(json):x16}\n");

    private IEnumerable<string> FilesOf(Manifest manifest)
    {
        foreach (var segment in manifest.Segments)
        {
            yield return SegmentFile(segment.Name);
            if (segment.HasVectors) yield return VectorFile(segment.Name, manifest.Embedder!);
        }

        if (manifest.Embedder is not null) yield return BasisFile(manifest.Embedder);
    }
}
