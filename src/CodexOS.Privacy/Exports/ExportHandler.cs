using System.Security.Cryptography;
using System.Text.Json;
using CodexOS.Platform.Blobs;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Privacy.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Privacy.Exports;

/// <summary>
/// Packs a person's data and puts the archive, sealed, into the blob store, where it is found until it expires.
/// </summary>
internal sealed class ExportHandler(
    SubjectArchive archive, SealedExports exports, PrivacySubjects subjects, IBlobStore blobs, IBlobRemoval removal,
    IDbContextFactory<PrivacyDb> contexts, IAuditLog audit, IOptions<PrivacyOptions> options, TimeProvider clock) : IEffectHandler
{
    /// <inheritdoc />
    public string Effect => ExportProgram.RunKind;

    /// <summary>An archive is held in memory until it is whole.</summary>
    public EffectPool? Pool { get; } = new(ExportProgram.RunKind, 1);

    /// <inheritdoc />
    public GateVerdict Judge(EffectCall call)
    {
        if (Json.TryRead<ExportInput>(call.Input) is not { } input) return new GateVerdict.Refuse(PrivacyFaults.BadStep);
        return PrivacyRuns.IsGranted(call, input.Subject)
            ? new GateVerdict.Allow(RepeatClass.Transactional)
            : new GateVerdict.Refuse(PrivacyFaults.NotGranted);
    }

    /// <inheritdoc />
    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var input = Json.TryRead<ExportInput>(call.Input)!;
        if (!(await subjects.FindAsync(input.Subject, cancellationToken)).TryGet(out var subject, out var fault)) return fault;
        var packed = await archive.PackAsync(
            subject, call.Tenant, call.Run,
            (done, total) => call.OnProgress(new Progress(done, total, "documents", "Reading")), cancellationToken);
        if (!packed.TryGet(out var content, out fault)) return fault;
        var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
        var row = new SubjectExportRow
        {
            RunId = call.Run,
            TenantId = call.Tenant,
            Subject = input.Subject,
            RequestedBy = call.By,
            CreatedAt = now,
            ExpiresAt = now + options.Value.ExportLifetime,
            SizeBytes = content.Length,
            Hash = Convert.ToHexStringLower(SHA256.HashData(content)),
        };
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
            content = await exports.SealAsync(db, row, content, cancellationToken);
        await KeepAsync(row, cancellationToken);
        // After its row: an archive that nobody knows of would lie there until the sweep.
        if (!(await blobs.WriteAsync(call.Tenant, content, cancellationToken)).TryGet(out _, out fault)) return fault;
        return new EffectOutput(JsonSerializer.SerializeToElement(
            new ExportOutput($"{row.SizeBytes} bytes", row.SizeBytes, row.Hash, row.ExpiresAt), Json.Options));
    }

    private async Task KeepAsync(SubjectExportRow row, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        // Performed again after a crash, it replaces what was made before.
        if (await db.Exports.AsNoTracking().SingleOrDefaultAsync(one => one.RunId == row.RunId, cancellationToken) is { } lost)
            await removal.RemoveAsync(lost.TenantId, lost.BlobName, DateTimeOffset.MaxValue, cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Exports.Where(one => one.RunId == row.RunId).ExecuteDeleteAsync(cancellationToken);
        db.Exports.Add(row);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("privacy.export").On("user", row.Subject.ToString()).By(AuditActor.Of(row.RequestedBy))
                .With("run", row.RunId.ToString()).With("sha256", row.Hash),
            db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
