using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Privacy.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CodexOS.Privacy.Evidence;

/// <summary>
/// Keeps bundles of evidence in sealed parts, each bundle under a key of its own. Whoever removes a bundle destroys the key, and
/// with it every copy of the bundle in a backup of the database.
/// </summary>
internal sealed class EvidenceBundles(
    IDbContextFactory<PrivacyDb> contexts, IVault vault, IAuditLog audit, TenantContext tenants, IServiceProvider services,
    IOptions<PrivacyOptions> options, TimeProvider clock)
{
    private const int PartBytes = 65_536;

    /// <summary>Asked for when it is needed: the engine is made of the handlers that ask for this.</summary>
    private IRuns Runs => services.GetRequiredService<IRuns>();

    /// <summary>Why there cannot be another bundle at present, or null.</summary>
    public async Task<Fault?> RefusalAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        return await db.EvidenceBundles.CountAsync(row => row.ReadyAt != null && row.ExpiresAt > now, cancellationToken)
            >= options.Value.EvidenceMax
                ? EvidenceFaults.TooMany(options.Value.EvidenceMax)
                : null;
    }

    /// <summary>Begins a bundle, in the place of what a crash may have left of it.</summary>
    public async Task<EvidenceBundleRow> BeginAsync(EffectCall call, EvidenceInput input, CancellationToken cancellationToken)
    {
        await RemoveLeftAsync(call.Run, cancellationToken);
        var now = Now();
        var row = new EvidenceBundleRow
        {
            RunId = call.Run,
            TenantId = tenants.Required,
            RequestedBy = call.By,
            PeriodFrom = input.From,
            PeriodTo = input.To,
            CreatedAt = now,
            ExpiresAt = now + options.Value.EvidenceLifetime,
        };
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.EvidenceParts.Where(part => part.RunId == call.Run).ExecuteDeleteAsync(cancellationToken);
        await db.EvidenceBundles.Where(one => one.RunId == call.Run).ExecuteDeleteAsync(cancellationToken);
        db.EvidenceBundles.Add(row);
        await db.SaveChangesAsync(cancellationToken);
        return row;
    }

    /// <summary>Where the bundle is written: it is sealed and kept part by part.</summary>
    public SealingStream Open(EvidenceBundleRow row)
    {
        var number = 0;
        return new SealingStream(PartBytes, async (bytes, cancellationToken) =>
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var part = new EvidencePartRow { RunId = row.RunId, TenantId = row.TenantId, Number = number++ };
            part.Content = await vault.SealAsync(db, part, static one => one.Content, bytes, cancellationToken);
            db.EvidenceParts.Add(part);
            await db.SaveChangesAsync(cancellationToken);
        });
    }

    /// <summary>Makes a bundle one that can be downloaded.</summary>
    public async Task EndAsync(
        EvidenceBundleRow row, long sizeBytes, string sha256, int files, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        db.EvidenceBundles.Update(row);
        (row.ReadyAt, row.SizeBytes, row.Sha256, row.Files) = (Now(), sizeBytes, sha256, files);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(
            EntryOf("evidence.create", row).By(AuditActor.Of(row.RequestedBy)).With("sha256", sha256)
                .With("from", $"{row.PeriodFrom:O}").With("to", $"{row.PeriodTo:O}"),
            db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>A bundle that can be downloaded.</summary>
    public async Task<Result<EvidenceBundleRow>> FindAsync(RunId run, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await db.EvidenceBundles.AsNoTracking().SingleOrDefaultAsync(one => one.RunId == run, cancellationToken);
        if (row is { ReadyAt: not null } && row.ExpiresAt > clock.GetUtcNow()) return row;
        if (!(await Runs.GetAsync(run, cancellationToken)).TryGet(out var making, out _)
            || making.Kind != EvidenceProgram.RunKind)
        {
            return row is null ? EvidenceFaults.NotFound : EvidenceFaults.Expired;
        }

        return making.Status switch
        {
            RunStatus.Completed => EvidenceFaults.Expired,
            RunStatus.Failed or RunStatus.Cancelled => EvidenceFaults.Failed,
            _ => EvidenceFaults.NotReady,
        };
    }

    /// <summary>Records that somebody takes a bundle, and sees that all of it is there.</summary>
    public async Task<Fault?> TakeAsync(EvidenceBundleRow row, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var parts = (row.SizeBytes + PartBytes - 1) / PartBytes;
        if (await db.EvidenceParts.LongCountAsync(part => part.RunId == row.RunId, cancellationToken) != parts)
            return EvidenceFaults.Damaged;
        await audit.RecordAsync(EntryOf("evidence.download", row), cancellationToken);
        return null;
    }

    /// <summary>Writes a bundle, part by part.</summary>
    /// <exception cref="InvalidDataException">A part cannot be opened; what was written is not the bundle.</exception>
    public async Task WriteAsync(EvidenceBundleRow row, Stream target, CancellationToken cancellationToken)
    {
        var parts = (row.SizeBytes + PartBytes - 1) / PartBytes;
        for (var number = 0; number < parts; number++)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var (run, at) = (row.RunId, number);
            var part = await db.EvidenceParts.AsNoTracking()
                .SingleOrDefaultAsync(one => one.RunId == run && one.Number == at, cancellationToken);
            var opened = part is null
                ? EvidenceFaults.Damaged
                : await vault.OpenBytesAsync(db, part, static one => one.Content, cancellationToken);
            if (!opened.TryGet(out var bytes, out var fault))
                throw new InvalidDataException($"The part {number} of the bundle {row.RunId}: {fault.Message}");
            await target.WriteAsync(bytes, cancellationToken);
        }
    }

    /// <summary>Removes a bundle, and destroys its key.</summary>
    public async Task RemoveAsync(EvidenceBundleRow row, AuditActor? by, CancellationToken cancellationToken)
    {
        // The key first: what is left after a crash is unreadable, and is found by its row again.
        await vault.DestroyAsync(row.TenantId, row.Shredder, cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.EvidenceParts.Where(part => part.RunId == row.RunId).ExecuteDeleteAsync(cancellationToken);
        await db.EvidenceBundles.Where(one => one.RunId == row.RunId).ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(EntryOf("evidence.remove", row) with { Actor = by }, db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Removes what runs left that were ended in the middle.</summary>
    private async Task RemoveLeftAsync(RunId but, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var unfinished = await db.EvidenceBundles.AsNoTracking()
            .Where(row => row.ReadyAt == null && row.RunId != but)
            .OrderBy(static row => row.RunId).Take(options.Value.EvidenceMax).ToListAsync(cancellationToken);
        foreach (var row in unfinished)
        {
            var found = await Runs.GetAsync(row.RunId, cancellationToken);
            var isGoing = found.TryGet(out var run, out _)
                && run.Status is not (RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled);
            if (!isGoing) await RemoveAsync(row, AuditActor.System, cancellationToken);
        }
    }

    private static AuditEntry EntryOf(string action, EvidenceBundleRow row) =>
        AuditEntry.Done(action).On("evidence_bundle", row.RunId.ToString());

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
}
