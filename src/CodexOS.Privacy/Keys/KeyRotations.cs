using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Privacy.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Privacy.Keys;

/// <summary>
/// The rotations of a tenant's keys: the one that has the turn, and what those before it came to. A rotation whose run was ended
/// in the middle loses the turn to the next one that asks for it, which does what is left of it as well.
/// </summary>
internal sealed class KeyRotations(
    IDbContextFactory<PrivacyDb> contexts, IServiceProvider services, IAuditLog audit, TenantContext tenants, TimeProvider clock)
{
    /// <summary>Asked for when it is needed: the engine is made of the handlers that ask for this.</summary>
    private IRuns Runs => services.GetRequiredService<IRuns>();

    /// <summary>The run that has the turn, or null.</summary>
    public async Task<Run?> PresentAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var open = await OpenAsync(db, cancellationToken);
        return open is null ? null : await GoingAsync(open.RunId, cancellationToken);
    }

    /// <summary>Takes the turn for a run; a fault if another one has it.</summary>
    public async Task<Fault?> TakeTurnAsync(RunId run, UserId by, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var open = await OpenAsync(db, cancellationToken);
        if (open?.RunId == run) return null;
        if (open is not null && await GoingAsync(open.RunId, cancellationToken) is not null)
            return PrivacyFaults.RotationBusy(open.RunId);
        var now = Now();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (open is not null)
        {
            await db.KeyRotations.Where(row => row.RunId == open.RunId && row.EndedAt == null)
                .ExecuteUpdateAsync(set => set.SetProperty(static row => row.EndedAt, now), cancellationToken);
        }

        db.KeyRotations.Add(new KeyRotationRow
        {
            RunId = run,
            TenantId = tenants.Required,
            StartedBy = by,
            StartedAt = now,
        });
        try
        {
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return null;
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            // Another one took it at the same moment.
            return PrivacyFaults.RotationBusy(null);
        }
    }

    /// <summary>Keeps what a rotation came to, and gives the turn back; done again, it gives what was kept.</summary>
    public async Task<KeyRotationReport> EndAsync(
        RunId run, UserId by, KeyRotationReport report, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.KeyRotations.SingleOrDefaultAsync(row => row.RunId == run, cancellationToken) is not { } row) return report;
        if (ReportOf(row) is { } kept) return kept;
        (row.EndedAt, row.Report) = (Now(), JsonSerializer.Serialize(report, Json.Options));
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("keys.finish_rotation").On("run", run.ToString()).By(AuditActor.Of(by))
                .With("tenant_version", $"{report.After.Tenant}").With("data_version", $"{report.After.Data}")
                .With("keys_wrapped", $"{report.KeysWrapped}").With("values_sealed", $"{report.ValuesSealed}")
                .With("values_unreadable", $"{report.ValuesUnreadable}"),
            db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return report;
    }

    /// <summary>What a rotation came to; null if it has not come to its end.</summary>
    public static KeyRotationReport? ReportOf(KeyRotationRow row) =>
        row.Report is { } kept ? JsonSerializer.Deserialize<KeyRotationReport>(kept, Json.Options) : null;

    private static Task<KeyRotationRow?> OpenAsync(PrivacyDb db, CancellationToken cancellationToken) =>
        db.KeyRotations.AsNoTracking().SingleOrDefaultAsync(static row => row.EndedAt == null, cancellationToken);

    private async Task<Run?> GoingAsync(RunId id, CancellationToken cancellationToken) =>
        (await Runs.GetAsync(id, cancellationToken)).TryGet(out var run, out _)
        && run.Status is not (RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled)
            ? run
            : null;

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
}
