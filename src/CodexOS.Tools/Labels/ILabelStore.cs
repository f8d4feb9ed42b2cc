using CodexOS.Platform.Ids;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Labels;

/// <summary>An entry of a store.</summary>
/// <param name="Store">The store.</param>
/// <param name="Key">The hash of the entry's key; empty for the store as a whole.</param>
internal sealed record StoredEntry(string Store, string Key);

/// <summary>
/// Keeps the labels of what tools keep, across runs and restarts. A label is only ever lowered: content that was written
/// over may still be there in part, and nobody proves that it is not.
/// </summary>
internal interface ILabelStore
{
    /// <summary>
    /// The label of an entry, joined with that of the store as a whole; of the whole, joined with every entry. What was
    /// never marked takes nothing from what the contract says.
    /// </summary>
    Task<Label> ReadAsync(TenantId tenant, StoredEntry entry, CancellationToken cancellationToken);

    /// <summary>Joins a label into an entry's. Durable when it returns.</summary>
    Task LowerAsync(TenantId tenant, StoredEntry entry, Label label, CancellationToken cancellationToken);
}
