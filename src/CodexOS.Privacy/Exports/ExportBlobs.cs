using CodexOS.Platform.Blobs;
using CodexOS.Privacy.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Privacy.Exports;

/// <summary>Which blobs are archives of exports.</summary>
internal sealed class ExportBlobs(IDbContextFactory<PrivacyDb> contexts) : IBlobWitness
{
    /// <inheritdoc />
    public string Name => "privacy";

    /// <inheritdoc />
    public async Task<IReadOnlyCollection<string>> NamedAsync(
        IReadOnlyList<string> hashes, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Exports.Where(row => hashes.Contains(row.Blob ?? row.Hash)).Select(static row => row.Blob ?? row.Hash)
            .ToListAsync(cancellationToken);
    }
}
