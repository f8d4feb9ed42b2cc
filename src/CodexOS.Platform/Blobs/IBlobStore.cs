using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Platform.Blobs;

/// <summary>
/// Keeps large payloads by the SHA-256 of their content. Writing the same bytes twice stores them once; a blob never
/// changes. Blobs of one tenant are not visible to another, even where the content is the same.
/// </summary>
public interface IBlobStore
{
    /// <summary>Stores the bytes durably (flushed to disk) and returns their hash, 64 lowercase hexadecimal digits.</summary>
    Task<Result<string>> WriteAsync(TenantId tenant, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Reads a blob and checks it against its hash.</summary>
    Task<Result<byte[]>> ReadAsync(TenantId tenant, string hash, CancellationToken cancellationToken);
}
