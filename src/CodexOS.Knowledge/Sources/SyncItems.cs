using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Sources.Places;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Sources;

/// <summary>
/// What a source holds, as the database has it. A sync writes down what it lists before it fetches anything, and what became of
/// each thing right when that is known: so a sync that is interrupted goes on where it was.
/// </summary>
internal sealed class SyncItems(IDbContextFactory<KnowledgeDb> contexts)
{
    private const int ListedAtOnce = 200;

    /// <summary>Forgets what the sync before removed.</summary>
    public async Task ForgetRemovedAsync(SourceRow source, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.SourceItems.Where(one => one.SourceId == source.SourceId && one.Outcome == ItemOutcome.Removed)
            .ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>Takes down what a source lists.</summary>
    public ListedItems ListedOf(SourceRow source, int itemsMax) => new(contexts, source, itemsMax);

    /// <summary>Things that wait to be fetched, in a steady order.</summary>
    public async Task<List<SourceItemRow>> WaitingAsync(SourceRow source, int count, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.SourceItems.AsNoTracking()
            .Where(one => one.SourceId == source.SourceId && one.SeenRound == source.Round && one.Outcome == ItemOutcome.Waiting)
            .OrderBy(static one => one.ItemKey).Take(count).ToListAsync(cancellationToken);
    }

    /// <summary>Things that the source had and has no more.</summary>
    public async Task<List<SourceItemRow>> GoneAsync(SourceRow source, int count, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.SourceItems.AsNoTracking()
            .Where(one => one.SourceId == source.SourceId && one.SeenRound < source.Round && one.Outcome != ItemOutcome.Removed)
            .OrderBy(static one => one.ItemKey).Take(count).ToListAsync(cancellationToken);
    }

    /// <summary>Notes what became of something.</summary>
    public async Task NoteAsync(SourceItemRow item, ItemOutcome outcome, Fault? fault, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.SourceItems.Where(one => one.SourceId == item.SourceId && one.ItemKey == item.ItemKey)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(static one => one.Outcome, outcome)
                    .SetProperty(static one => one.Mark, item.Mark)
                    .SetProperty(static one => one.DocumentId, item.DocumentId)
                    .SetProperty(static one => one.FaultCode, fault?.Code)
                    .SetProperty(static one => one.FaultMessage, fault?.Message),
                cancellationToken);
    }

    /// <summary>Notes that things are gone. Those that never became a document are forgotten: nothing was removed.</summary>
    public async Task NoteRemovedAsync(SourceRow source, IReadOnlyList<SourceItemRow> items, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var keys = items.Select(static one => one.ItemKey).ToList();
        await db.SourceItems.Where(one => one.SourceId == source.SourceId && keys.Contains(one.ItemKey) && one.DocumentId == null)
            .ExecuteDeleteAsync(cancellationToken);
        await db.SourceItems.Where(one => one.SourceId == source.SourceId && keys.Contains(one.ItemKey))
            .ExecuteUpdateAsync(
                static set => set
                    .SetProperty(static one => one.Outcome, ItemOutcome.Removed)
                    .SetProperty(static one => one.DocumentId, (DocumentId?)null),
                cancellationToken);
    }

    /// <summary>What the sync of the present round has come to.</summary>
    public async Task<SyncResult> CountAsync(
        SourceRow source, SyncOutcome outcome, IReadOnlyList<Fault> notes, Fault? fault, int failuresMax, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var counts = await db.SourceItems.Where(one => one.SourceId == source.SourceId)
            .Where(one => one.SeenRound == source.Round || one.Outcome == ItemOutcome.Removed)
            .GroupBy(static one => one.Outcome).Select(static group => new { group.Key, Count = group.Count() })
            .ToDictionaryAsync(static one => one.Key, static one => one.Count, cancellationToken);
        var failed = await db.SourceItems.AsNoTracking()
            .Where(one => one.SourceId == source.SourceId && one.SeenRound == source.Round && one.Outcome == ItemOutcome.Failed)
            .OrderBy(static one => one.ItemKey).Take(failuresMax).ToListAsync(cancellationToken);
        return new SyncResult(
            outcome, source.StartedAt, now, CountOf(ItemOutcome.Added), CountOf(ItemOutcome.Changed),
            CountOf(ItemOutcome.Unchanged), CountOf(ItemOutcome.Removed), CountOf(ItemOutcome.Failed),
            [
                .. notes.Select(static note => new SyncFailure("", note.Code, note.Message)).Take(failuresMax),
                .. failed.Select(static one => new SyncFailure(one.ItemKey, one.FaultCode ?? "", one.FaultMessage ?? "")),
            ],
            fault?.Code, fault?.Message);

        int CountOf(ItemOutcome which) => counts.GetValueOrDefault(which);
    }

    /// <summary>Takes down what a source lists, many at once.</summary>
    internal sealed class ListedItems(IDbContextFactory<KnowledgeDb> contexts, SourceRow source, int itemsMax)
    {
        private const int NameLengthMax = 400;
        private readonly Dictionary<string, ListedItem> _some = new(StringComparer.Ordinal);

        /// <summary>How many different things there are.</summary>
        public int Count { get; private set; }

        /// <summary>How many of them wait to be fetched.</summary>
        public int Waiting { get; private set; }

        /// <summary>Whether there were more than are taken.</summary>
        public bool IsFull { get; private set; }

        /// <summary>Takes one; false is that no more are taken.</summary>
        public async ValueTask<bool> AddAsync(ListedItem item, CancellationToken cancellationToken)
        {
            if (Count + _some.Count >= itemsMax)
            {
                // Those at hand may be known already; only then the number is sure.
                await FlushAsync(cancellationToken);
                if (Count >= itemsMax)
                {
                    IsFull = true;
                    return false;
                }
            }

            if (NameOf(source, item.Key) is not { Length: <= NameLengthMax } name || name.Any(char.IsControl))
            {
                var shown = new string([.. item.Key.Where(static character => !char.IsControl(character)).Take(NameLengthMax)]);
                item = new ListedItem(shown, null, SourceFaults.NameTooLong);
            }

            _some.TryAdd(item.Key, item);
            if (_some.Count >= ListedAtOnce) await FlushAsync(cancellationToken);
            return true;
        }

        /// <summary>Writes down what is at hand.</summary>
        public async Task FlushAsync(CancellationToken cancellationToken)
        {
            if (_some.Count == 0) return;
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var keys = _some.Keys.ToList();
            var known = await db.SourceItems.Where(one => one.SourceId == source.SourceId && keys.Contains(one.ItemKey))
                .ToDictionaryAsync(static one => one.ItemKey, StringComparer.Ordinal, cancellationToken);
            var ids = known.Values.Select(static one => one.DocumentId).OfType<DocumentId>().ToList();
            // Somebody may have deleted a document, or put one of their own in its place.
            var there = await db.Documents.Where(one => ids.Contains(one.DocumentId) && one.SourceId == source.SourceId)
                .Select(static one => one.DocumentId).ToHashSetAsync(cancellationToken);
            foreach (var item in _some.Values)
            {
                if (!known.TryGetValue(item.Key, out var row))
                {
                    row = new SourceItemRow
                    {
                        SourceId = source.SourceId,
                        TenantId = source.TenantId,
                        ItemKey = item.Key,
                        SeenRound = source.Round,
                        Outcome = ItemOutcome.Waiting,
                    };
                    db.SourceItems.Add(row);
                }
                else if (row.SeenRound == source.Round)
                {
                    continue;
                }

                Describe(row, item, row.DocumentId is { } document && there.Contains(document));
                Count++;
                if (row.Outcome is ItemOutcome.Waiting) Waiting++;
            }

            await db.SaveChangesAsync(cancellationToken);
            _some.Clear();
        }

        private void Describe(SourceItemRow row, ListedItem item, bool isThere)
        {
            if (!isThere) (row.DocumentId, row.Mark) = (null, null);
            row.SeenRound = source.Round;
            row.ListedMark = item.Mark;
            (row.FaultCode, row.FaultMessage) = (item.Fault?.Code, item.Fault?.Message);
            row.Outcome = item.Fault is not null ? ItemOutcome.Failed
                : isThere && item.Mark is not null && item.Mark == row.Mark ? ItemOutcome.Unchanged
                : ItemOutcome.Waiting;
        }
    }

    /// <summary>How the document of something is called: pages by their address, files below the name of their source.</summary>
    public static string NameOf(SourceRow source, string key) =>
        source.Kind is SourceKind.Web or SourceKind.Sitemap ? key : $"{source.Name}/{key}";
}
