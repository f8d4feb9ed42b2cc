using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodexOS.Cli.Evidence;

/// <summary>What a bundle's files say, as far as it is checked; described in <c>docs/operate/evidence.md</c>.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(BundleManifest))]
[JsonSerializable(typeof(BundleStatement))]
[JsonSerializable(typeof(BundleEntry))]
[JsonSerializable(typeof(BundleLeaf))]
[JsonSerializable(typeof(BundleCheckpoint))]
internal sealed partial class BundleFormat : JsonSerializerContext;

/// <summary>What is in a bundle.</summary>
internal sealed record BundleManifest(
    int Format, string Tenant, string Run, DateTimeOffset From, DateTimeOffset To, DateTimeOffset CreatedAt, string Server,
    BundleHead Log, IReadOnlyList<BundleFile> Files, IReadOnlyList<BundleMissing> NotRecorded);

/// <summary>How far the audit log had come.</summary>
internal sealed record BundleHead(string Origin, string VerifierKey, long Size, string Checkpoint);

/// <summary>A file of a bundle.</summary>
internal sealed record BundleFile(string Path, string Document, long Entries, long SizeBytes, string Sha256);

/// <summary>Something that the server does not record.</summary>
internal sealed record BundleMissing(string Document, string Why);

/// <summary>What is signed of a bundle.</summary>
internal sealed record BundleStatement(int V, string Tenant, string Run, string ManifestSha256);

/// <summary>An entry of the audit log with its proof.</summary>
internal sealed record BundleEntry(
    string Id, long Index, string Leaf, IReadOnlyDictionary<string, BundleOpening> Personal, IReadOnlyList<string> Proof);

/// <summary>What opens a commitment to a fact about a person.</summary>
internal sealed record BundleOpening(string Value, string Salt);

/// <summary>What the leaf of an entry says.</summary>
internal sealed record BundleLeaf(string Entry, string Tenant, long At, IReadOnlyDictionary<string, string> Personal);

/// <summary>A checkpoint with what proves that the log only grew since the one before.</summary>
internal sealed record BundleCheckpoint(long Size, string Note, IReadOnlyList<string> Grew);
