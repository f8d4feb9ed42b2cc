using CodexOS.Platform.Ids;

namespace CodexOS.Platform.Blobs;

/// <summary>Says which blobs there are, whoever may know of them.</summary>
public interface IBlobListing
{
    /// <summary>
    /// The next blobs of a tenant, by their hashes, that nobody has written since a time. What a kill left in the middle of a
    /// write or a removal is put in order on the way.
    /// </summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="after">The last hash of the part before; null begins.</param>
    /// <param name="unwrittenSince">The time.</param>
    /// <param name="countMax">How many at most; fewer are the last.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<string>> ListAsync(
        TenantId tenant, string? after, DateTimeOffset unwrittenSince, int countMax, CancellationToken cancellationToken);
}
