using System.Text;
using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Privacy.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Privacy.Erasure;

/// <summary>
/// Signs and keeps receipts of erasures: in the database, and outside of it in <c>keys/erased</c>, one file each. A receipt
/// in the folder that the database lacks shows that the database is an old one; see <see cref="ErasureReplay"/>.
/// </summary>
internal sealed class Receipts(
    IDbContextFactory<PrivacyDb> contexts, IAttestation attestation, IAuditLog audit, DataDirectory data, TimeProvider clock)
{
    /// <summary>The first line of a receipt.</summary>
    public const string Kind = "codexos erasure receipt";

    private const int Version = 1;
    private const string Extension = ".receipt";

    private readonly string _folder = Path.Combine(data.Keys, "erased");

    /// <summary>Signs what an erasure did; done again for the same run, it gives the receipt that there is.</summary>
    public async Task<ErasureOutput> IssueAsync(EffectCall call, ErasureStep step, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var there = await db.Erasures.AsNoTracking().SingleOrDefaultAsync(row => row.RunId == call.Run, cancellationToken);
        if (there is not null) return OutputOf(there);
        var at = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
        var body = new ReceiptBody(
            Version, call.Tenant, step.Input.Subject, call.By, call.Run, at, step.Keys, step.Input.DeleteRuns, step.Done ?? []);
        var row = new ErasureRow
        {
            RunId = call.Run,
            TenantId = call.Tenant,
            Subject = step.Input.Subject,
            RequestedBy = call.By,
            At = at,
            Receipt = attestation.Sign(call.Tenant, Kind, JsonSerializer.Serialize(body, Json.Options)),
        };
        await AddAsync(db, row, "privacy.erase", cancellationToken);
        return OutputOf(row);
    }

    /// <summary>Puts a receipt back that a restored database lacks.</summary>
    public async Task RestoreAsync(KeptReceipt kept, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var row = new ErasureRow
        {
            RunId = kept.Body.Run,
            TenantId = kept.Body.Tenant,
            Subject = kept.Body.Subject,
            RequestedBy = kept.Body.RequestedBy,
            At = kept.Body.At,
            Receipt = kept.Note,
        };
        await AddAsync(db, row, "privacy.erase_again", cancellationToken);
    }

    /// <summary>The receipts of the folder, by tenant.</summary>
    public ILookup<TenantId, KeptReceipt> All() => (Directory.Exists(_folder) ? Directory.EnumerateFiles(_folder, "*" + Extension) : [])
        .Select(static path => Read(File.ReadAllText(path, Encoding.UTF8)))
        .OfType<KeptReceipt>()
        .ToLookup(static kept => kept.Body.Tenant);

    /// <summary>The runs of a tenant of whose receipts the database knows.</summary>
    public async Task<HashSet<RunId>> KnownAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Erasures.Select(static row => row.RunId).ToHashSetAsync(cancellationToken);
    }

    private async Task AddAsync(PrivacyDb db, ErasureRow row, string action, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        db.Erasures.Add(row);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done(action).On("user", row.Subject.ToString()).By(AuditActor.Of(row.RequestedBy))
                .With("run", row.RunId.ToString()),
            db,
            cancellationToken);
        // Before the commit: a database with the receipt never lacks the file.
        Directory.CreateDirectory(_folder);
        DataDirectory.WriteSecret(Path.Combine(_folder, $"{row.RunId}{Extension}"), Encoding.UTF8.GetBytes(row.Receipt));
        await transaction.CommitAsync(cancellationToken);
    }

    private static KeptReceipt? Read(string note)
    {
        var lines = note.Split('\n');
        return lines.Length > 2 && lines[0] == Kind
            && Json.TryRead<ReceiptBody>(JsonElement.Parse(lines[1])) is { } body
                ? new KeptReceipt(body, note)
                : null;
    }

    private static ErasureOutput OutputOf(ErasureRow row) => new("Erased, with a signed receipt", row.Receipt);
}

/// <summary>What a receipt says.</summary>
/// <param name="V">The number of its form.</param>
/// <param name="Tenant">The tenant.</param>
/// <param name="Subject">The person who was erased.</param>
/// <param name="RequestedBy">Who asked for it.</param>
/// <param name="Run">The run that did it.</param>
/// <param name="At">When it was done.</param>
/// <param name="KeysDestroyed">How many versions of the person's key were destroyed.</param>
/// <param name="DeleteRuns">Whether the runs of the person were to go too.</param>
/// <param name="Parts">What was erased and kept, by module.</param>
internal sealed record ReceiptBody(
    int V, TenantId Tenant, UserId Subject, UserId RequestedBy, RunId Run, DateTimeOffset At, int KeysDestroyed, bool DeleteRuns,
    IReadOnlyList<ErasedPart> Parts);

/// <summary>A receipt of the folder.</summary>
/// <param name="Body">What it says.</param>
/// <param name="Note">The signed note.</param>
internal sealed record KeptReceipt(ReceiptBody Body, string Note);
