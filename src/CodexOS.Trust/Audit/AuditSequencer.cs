using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Trust.Audit;

/// <summary>
/// Gives entries their place in their log, in four steps: (1) one process at a time, by a lock that the transaction holds;
/// (2) read the tree's edge; (3) append the leaves; (4) store entries, subtrees and the new root, and take the entries off
/// the list of pending ones. It happens whole or not at all. What transactions in shards have recorded is brought home before.
/// </summary>
internal sealed class AuditSequencer(
    IDbContextFactory<TrustDb> contexts, Database database, ShardedAudit sharded, TenantContext tenants,
    IOptions<AuditOptions> options, TimeProvider clock)
{
    private const int LogsMax = 100_000;

    /// <summary>Takes in what is pending in all logs.</summary>
    public async Task SequenceAllAsync(CancellationToken cancellationToken)
    {
        await sharded.DrainAllAsync(cancellationToken);
        foreach (var log in await PendingLogsAsync(cancellationToken)) await SequenceAsync(log, cancellationToken);
    }

    /// <summary>Takes in what is pending in one log, so that what was done before can be seen and proved.</summary>
    public async Task SequenceAsync(TenantId log, CancellationToken cancellationToken)
    {
        await sharded.DrainAsync(log, cancellationToken);
        using var entered = tenants.Enter(log);
        while (await SequenceBatchAsync(log, cancellationToken) == options.Value.SequenceBatchMax)
        {
            // There may be more.
        }
    }

    /// <summary>
    /// Holds the lock that lets one process at a time change trees, until the transaction ends. SQLite's transactions
    /// exclude each other from the start.
    /// </summary>
    public Task LockAsync(TrustDb db, CancellationToken cancellationToken) => database.Dialect is SqlDialect.Sqlite
        ? Task.CompletedTask
        : db.Database.ExecuteSqlRawAsync("SELECT pg_advisory_xact_lock(4859212909928076612)", cancellationToken);

    private async Task<List<TenantId>> PendingLogsAsync(CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(TrustWork.Audit);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Pending.IgnoreQueryFilters().Select(static row => row.TenantId).Distinct()
            .OrderBy(static tenant => tenant).Take(LogsMax).ToListAsync(cancellationToken);
    }

    private async Task<int> SequenceBatchAsync(TenantId log, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await db.Pending.AnyAsync(cancellationToken)) return 0;

        // 1. One at a time
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await LockAsync(db, cancellationToken);
        var pending = await db.Pending.AsNoTracking().OrderBy(static row => row.PendingId)
            .Take(options.Value.SequenceBatchMax)
            .ToListAsync(cancellationToken);
        if (pending.Count == 0) return 0;

        // 2. The edge
        var now = clock.GetUtcNow();
        var tree = await db.Trees.SingleOrDefaultAsync(cancellationToken);
        if (tree is null)
            db.Trees.Add(tree = new AuditTreeRow { TenantId = log, Root = Merkle.EmptyRoot, CheckpointAt = now });
        var range = await new StoredTree(db).RangeAsync(tree.Size, cancellationToken);

        // 3. Append
        foreach (var row in pending)
        {
            db.Entries.Add(PlacedAt(range.Size, row));
            db.Nodes.AddRange(range.Append(AuditLeaf.HashOf(row)).Select(completed => new AuditNodeRow
            {
                TenantId = log,
                NodeLevel = (short)completed.Node.Level,
                NodeIndex = completed.Node.Index,
                Hash = completed.Hash,
            }));
        }

        // 4. Store
        (tree.Size, tree.Root, tree.ChangedAt) = (range.Size, range.Root, now);
        await db.SaveChangesAsync(cancellationToken);
        // By id and not up to one: an earlier id may be of a transaction that commits later.
        var taken = pending.ConvertAll(static row => row.PendingId);
        await db.Pending.Where(row => taken.Contains(row.PendingId)).ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        TrustTelemetry.CountSequenced(pending.Count);
        return pending.Count;
    }

    private static AuditEntryRow PlacedAt(long index, AuditPendingRow row) => new()
    {
        TenantId = row.TenantId,
        LeafIndex = index,
        EntryId = row.EntryId,
        At = row.At,
        Action = row.Action,
        Outcome = row.Outcome,
        ActorKind = row.ActorKind,
        ActorId = row.ActorId,
        ResourceType = row.ResourceType,
        ResourceId = row.ResourceId,
        Details = row.Details,
        Commitments = row.Commitments,
    };
}
