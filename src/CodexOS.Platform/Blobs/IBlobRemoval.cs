using CodexOS.Platform.Ids;

namespace CodexOS.Platform.Blobs;

/// <summary>Removes blobs. Only whoever knows everything that names a blob may ask for it.</summary>
public interface IBlobRemoval
{
    /// <summary>
    /// Removes a blob that nobody has written, be it again, since a time: whoever writes content that is there already must
    /// find it there afterwards.
    /// </summary>
    /// <returns>Whether it was removed; false if it was not there or was written since.</returns>
    Task<bool> RemoveAsync(TenantId tenant, string hash, DateTimeOffset unwrittenSince, CancellationToken cancellationToken);
}
