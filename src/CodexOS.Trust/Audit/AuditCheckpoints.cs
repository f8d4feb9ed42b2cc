using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Trust.Audit;

/// <summary>
/// Signs how far logs have come, and has copies kept outside of the database. A checkpoint is stored before it is published:
/// of what others hold, this server never knows less.
/// </summary>
internal sealed partial class AuditCheckpoints(
    IDbContextFactory<TrustDb> contexts, AuditSequencer sequencer, CheckpointSigner signer, IEnumerable<ICheckpointSink> sinks,
    TenantContext tenants, IOptions<AuditOptions> options, TimeProvider clock, ILogger<AuditCheckpoints> log)
{
    private const int BatchMax = 1_000;

    private DateTimeOffset _publishAfter;

    /// <summary>Signs every log that has waited long enough or grown far enough, and publishes what is not published.</summary>
    public async Task SignDueAsync(CancellationToken cancellationToken)
    {
        var grown = options.Value.CheckpointEntriesMax;
        // SQLite keeps milliseconds, and a time between two of them must not come out as later.
        var before = clock.GetUtcNow() - options.Value.CheckpointInterval;
        List<TenantId> due;
        using (tenants.EnterWork(TrustWork.Audit))
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            due = await db.Trees.IgnoreQueryFilters()
                .Where(tree => tree.Size > tree.CheckpointSize
                    && (tree.Size - tree.CheckpointSize >= grown || tree.CheckpointAt <= before))
                .Select(static tree => tree.TenantId).Take(BatchMax)
                .ToListAsync(cancellationToken);
        }

        foreach (var one in due) await SignAsync(one, cancellationToken);
        await PublishAsync(cancellationToken);
    }

    /// <summary>Signs a log now, if it has grown since the last time.</summary>
    public async Task SignAsync(TenantId of, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(of);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await sequencer.LockAsync(db, cancellationToken);
        var tree = await db.Trees.SingleOrDefaultAsync(cancellationToken);
        if (tree is null || tree.Size == tree.CheckpointSize) return;
        var now = clock.GetUtcNow();
        db.Checkpoints.Add(new AuditCheckpointRow
        {
            TenantId = of,
            Size = tree.Size,
            Root = tree.Root,
            At = now,
            Note = signer.Sign(of, tree.Size, tree.Root).ToString(),
        });
        (tree.CheckpointSize, tree.CheckpointAt) = (tree.Size, now);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        TrustTelemetry.CountCheckpoint();
    }

    /// <summary>Has copies made of checkpoints that are without one. A place that takes none is left alone for a while.</summary>
    public async Task PublishAsync(CancellationToken cancellationToken)
    {
        if (clock.GetUtcNow() < _publishAfter) return;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        List<AuditCheckpointRow> waiting;
        using (tenants.EnterWork(TrustWork.Audit))
        {
            waiting = await db.Checkpoints.IgnoreQueryFilters().AsNoTracking()
                .Where(static row => row.PublishedAt == null)
                .OrderBy(static row => row.TenantId).ThenBy(static row => row.Size).Take(BatchMax)
                .ToListAsync(cancellationToken);
        }

        foreach (var row in waiting)
        {
            if (!await TryPublishAsync(row, cancellationToken))
            {
                _publishAfter = clock.GetUtcNow() + options.Value.CheckpointInterval;
                return;
            }

            using var entered = tenants.Enter(row.TenantId);
            var now = clock.GetUtcNow();
            await db.Checkpoints.Where(one => one.Size == row.Size)
                .ExecuteUpdateAsync(set => set.SetProperty(one => one.PublishedAt, now), cancellationToken);
        }
    }

    private async Task<bool> TryPublishAsync(AuditCheckpointRow row, CancellationToken cancellationToken)
    {
        var everywhere = true;
        foreach (var sink in sinks)
        {
            try
            {
                await sink.PublishAsync(new PublishedCheckpoint(row.TenantId, row.Size, row.Note), cancellationToken);
            }
            catch (IOException error)
            {
                everywhere = false;
                TrustTelemetry.CountFailedCopy();
                LogNotTaken(error, row.Size, row.TenantId, sink.Name);
            }
        }

        return everywhere;
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The checkpoint of size {Size} of {Tenant} was not taken by {Place}; it is offered again.")]
    private partial void LogNotTaken(Exception error, long size, TenantId tenant, string place);
}
