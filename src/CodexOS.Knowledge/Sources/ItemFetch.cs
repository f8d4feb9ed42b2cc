using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Sources.Places;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Knowledge.Sources;

/// <summary>Fetches something of a source and makes it a document of the base.</summary>
internal sealed class ItemFetch(DocumentStore documents)
{
    private const int ValueLengthMax = 256;

    /// <summary>Fetches one. What is wrong with it is an outcome; a fault is that the sync cannot go on.</summary>
    public async Task<Result<ItemResult>> FetchAsync(
        ISourceReader reader, BaseRow place, SourceRow source, SourceItemRow item, UserId by, CancellationToken cancellationToken)
    {
        var read = await reader.ReadAsync(new WantedItem(item.ItemKey, item.Mark, item.ListedMark), cancellationToken);
        if (!read.TryGet(out var fetched, out var fault))
            return fault.Kind is FaultKind.Internal or FaultKind.StorageFull ? fault : ItemResult.Failed(fault);
        switch (fetched)
        {
            case Fetched.Same:
                return new ItemResult(ItemOutcome.Unchanged, null, 0);
            case Fetched.Gone when item.DocumentId is { } document:
                var withdrawn = await documents.WithdrawAsync(place, source.SourceId, [document], cancellationToken);
                if (!withdrawn.TryGet(out _, out fault)) return fault;
                (item.DocumentId, item.Mark) = (null, null);
                return new ItemResult(ItemOutcome.Removed, null, 0);
            case Fetched.Gone:
                return ItemResult.Failed(SourceFaults.Gone);
        }

        var content = (Fetched.Content)fetched;
        var added = await documents.AddAsync(
            place,
            new NewDocument(
                SyncItems.NameOf(source, item.ItemKey), content.MediaType, content.Bytes, Readers: [],
                Metadata(source, item, content), At: null)
            {
                Source = source.SourceId,
            },
            by, cancellationToken);
        if (!added.TryGet(out var made, out fault))
            return fault.Kind is FaultKind.Internal or FaultKind.StorageFull ? fault : ItemResult.Failed(fault);
        var outcome = made.Change switch
        {
            DocumentChange.Added => ItemOutcome.Added,
            DocumentChange.Replaced => ItemOutcome.Changed,
            // Added right before a crash, and not noted any more.
            DocumentChange.Unchanged when item.DocumentId is null => ItemOutcome.Added,
            DocumentChange.Unchanged => ItemOutcome.Unchanged,
            _ => throw new System.Diagnostics.UnreachableException($"There is no change {made.Change}."),
        };
        (item.DocumentId, item.Mark) = (made.Document.Id, content.Mark);
        return new ItemResult(outcome, null, content.Bytes.Length);
    }

    private static SortedDictionary<string, string> Metadata(SourceRow source, SourceItemRow item, Fetched.Content content)
    {
        var pairs = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["source"] = source.Name };
        var (key, value) = content.Url is { } url ? ("url", url) : ("path", item.ItemKey);
        if (value.Length <= ValueLengthMax) pairs[key] = value;
        return pairs;
    }
}

/// <summary>What became of something.</summary>
/// <param name="Outcome">What.</param>
/// <param name="Fault">Why it failed, if it did.</param>
/// <param name="Bytes">How long it is.</param>
internal sealed record ItemResult(ItemOutcome Outcome, Fault? Fault, long Bytes)
{
    public static ItemResult Failed(Fault fault) => new(ItemOutcome.Failed, fault, 0);
}
