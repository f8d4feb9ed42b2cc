using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Trust.Holds;

/// <summary>Keeps the legal holds of the present tenant. One that was lifted stays on the list.</summary>
internal sealed class HoldStore(
    IDbContextFactory<TrustDb> contexts, IAuditLog audit, TenantContext tenants, IOptions<HoldOptions> options,
    TimeProvider clock) : ILegalHolds
{
    private const string Resource = "legal_hold";
    private const string RunPrefix = "run_";

    /// <inheritdoc />
    public async Task<LegalHolds> ReadAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.Holds.AsNoTracking().Where(static row => row.LiftedAt == null)
            .OrderBy(static row => row.HoldId).ToListAsync(cancellationToken);
        return new LegalHolds(
            rows.Find(static row => row.Kind == HoldKind.Tenant)?.HoldId,
            rows.Where(static row => row.Kind == HoldKind.Subject).DistinctBy(static row => row.Target)
                .ToDictionary(static row => UserId.Parse(row.Target, null), static row => row.HoldId),
            rows.Where(static row => row.Kind == HoldKind.Run).DistinctBy(static row => row.Target)
                .ToDictionary(static row => row.Target, static row => row.HoldId, StringComparer.Ordinal));
    }

    /// <summary>Holds, newest first, before an id.</summary>
    public async Task<IReadOnlyList<LegalHold>> ListAsync(
        LegalHoldId? before, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.Holds.AsNoTracking();
        if (before is { } last) rows = rows.Where(row => row.HoldId.CompareTo(last) < 0);
        var found = await rows.OrderByDescending(static row => row.HoldId).Take(countMax).ToListAsync(cancellationToken);
        return found.ConvertAll(ViewOf);
    }

    /// <summary>Places a hold, which counts at once.</summary>
    public async Task<Result<LegalHold>> PlaceAsync(PlaceHoldRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var kind = request.Kind!.Value;
        if (!Fits(kind, request.Target)) return BadTarget;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Holds.CountAsync(static row => row.LiftedAt == null, cancellationToken) >= options.Value.HoldsMax)
            return TooMany(options.Value.HoldsMax);
        var row = new LegalHoldRow
        {
            HoldId = LegalHoldId.New(clock),
            TenantId = tenants.Required,
            Kind = kind,
            Target = request.Target ?? "",
            Reason = request.Reason.Trim(),
            PlacedAt = Now(),
            PlacedBy = caller.User,
        };
        db.Holds.Add(row);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(EntryOf("privacy.place_hold", row), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ViewOf(row);
    }

    /// <summary>Lifts a hold.</summary>
    public async Task<Result<LegalHold>> LiftAsync(LegalHoldId id, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var (now, by) = (Now(), (UserId?)caller.User);
        var lifted = await db.Holds.Where(row => row.HoldId == id && row.LiftedAt == null).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.LiftedAt, now).SetProperty(row => row.LiftedBy, by), cancellationToken);
        if (lifted == 0) return NotFound;
        var row = await db.Holds.AsNoTracking().SingleAsync(row => row.HoldId == id, cancellationToken);
        await audit.RecordAsync(EntryOf("privacy.lift_hold", row), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ViewOf(row);
    }

    private static bool Fits(HoldKind kind, string? target) => kind switch
    {
        HoldKind.Tenant => target is null,
        HoldKind.Subject => UserId.TryParse(target, null, out _),
        HoldKind.Run => target is not null && target.StartsWith(RunPrefix, StringComparison.Ordinal)
            && Guid.TryParseExact(target.AsSpan(RunPrefix.Length), "N", out _),
        _ => false,
    };

    private static AuditEntry EntryOf(string action, LegalHoldRow row) => AuditEntry.Done(action)
        .On(Resource, row.HoldId.ToString())
        .With("kind", row.Kind.ToString().ToLowerInvariant()).With("target", row.Target);

    private static LegalHold ViewOf(LegalHoldRow row) => new(
        row.HoldId, row.Kind, row.Target.Length > 0 ? row.Target : null, row.Reason, row.PlacedAt, row.PlacedBy, row.LiftedAt,
        row.LiftedBy);

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    internal static Fault NotFound { get; } = new(
        "privacy.hold_not_found", FaultKind.NotFound, "There is no such hold in force. GET /api/v1/privacy/holds lists them.");

    private static Fault BadTarget { get; } = new(
        "privacy.bad_target",
        FaultKind.Invalid,
        "target is the id of a person (usr_…) or of a run (run_…), as kind says, and is left out for the whole tenant.");

    private static Fault TooMany(int most) => new(
        "privacy.too_many_holds",
        FaultKind.LimitReached,
        $"{most} holds are in force already. Lift one, hold the whole tenant, or raise {HoldOptions.Section}:{nameof(HoldOptions.HoldsMax)}.");
}
