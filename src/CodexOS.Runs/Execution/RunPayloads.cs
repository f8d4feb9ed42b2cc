using System.Text;
using CodexOS.Platform.Blobs;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Journal;

namespace CodexOS.Runs.Execution;

/// <summary>Keeps large payloads in the blob store and the journal small.</summary>
internal sealed class RunPayloads(IBlobStore blobs, RunsOptions options)
{
    private const string Marker = "{\"$blob\":\"";

    /// <summary>The payload itself, or a reference to the blob that it was stored in.</summary>
    public async ValueTask<string> StoreAsync(TenantId tenant, string payload, CancellationToken cancellationToken)
    {
        if (payload.Length <= options.PayloadInlineBytesMax / 2
            || Encoding.UTF8.GetByteCount(payload) <= options.PayloadInlineBytesMax)
        {
            return payload;
        }

        var stored = await blobs.WriteAsync(tenant, Encoding.UTF8.GetBytes(payload), cancellationToken);
        return stored.TryGet(out var hash, out var fault)
            ? ReferenceTo(hash)
            : throw new JournalDownException(fault, null);
    }

    /// <summary>How a blob is named in the place of a payload.</summary>
    public static string ReferenceTo(string hash) => $"{Marker}{hash}\"}}";

    /// <summary>The hash of the blob that a stored value stands for, or null if it is the payload itself.</summary>
    public static string? BlobOf(string stored) =>
        stored.StartsWith(Marker, StringComparison.Ordinal) ? stored[Marker.Length..^2] : null;

    /// <summary>The payload that a stored value stands for.</summary>
    public async ValueTask<string> LoadAsync(TenantId tenant, string stored, CancellationToken cancellationToken)
    {
        if (BlobOf(stored) is not { } hash) return stored;
        var blob = await blobs.ReadAsync(tenant, hash, cancellationToken);
        return blob.TryGet(out var content, out var fault)
            ? Encoding.UTF8.GetString(content)
            : throw new PayloadLostException(fault);
    }
}

/// <summary>A payload of the journal is missing or damaged.</summary>
internal sealed class PayloadLostException(Fault fault) : Exception(fault.Message)
{
    /// <summary>What is wrong.</summary>
    public Fault Fault { get; } = fault;
}
