using CodexOS.Trust.Audit;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Trust.Privacy;

/// <summary>Facts about persons in the audit log, which may go before the entries do, which never go.</summary>
internal sealed class RetainedAuditFacts(
    IDbContextFactory<TrustDb> contexts, ILegalHolds holds, IOptions<AuditOptions> options) : IRetainedData
{
    /// <inheritdoc />
    public RetentionRule Rule { get; } = new(
        "audit_facts",
        "Facts about persons in the audit log: names, addresses, devices. The entries themselves are kept for good.",
        options.Value.FactsKept > TimeSpan.Zero ? options.Value.FactsKept : null,
        TimeSpan.FromDays(30));

    /// <inheritdoc />
    public async Task<bool> HasOlderAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var held = await holds.ReadAsync(cancellationToken);
        if (held.Tenant is not null) return false;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await Older(db, before, held).AnyAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async Task<int> RemoveOlderAsync(DateTimeOffset before, int countMax, CancellationToken cancellationToken)
    {
        var held = await holds.ReadAsync(cancellationToken);
        if (held.Tenant is not null) return 0;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var entries = await Older(db, before, held).Select(static row => row.EntryId).Distinct().OrderBy(static entry => entry)
            .Take(countMax).ToListAsync(cancellationToken);
        var subjects = SubjectsOf(held);
        await db.Personal.Where(row => entries.Contains(row.EntryId) && !subjects.Contains(row.Subject))
            .ExecuteDeleteAsync(cancellationToken);
        return entries.Count;
    }

    private static IQueryable<AuditPersonalRow> Older(TrustDb db, DateTimeOffset before, LegalHolds held)
    {
        var (at, subjects) = (before.ToUniversalTime(), SubjectsOf(held));
        return db.Personal.Where(row => !subjects.Contains(row.Subject)
            && db.Entries.Any(entry => entry.EntryId == row.EntryId && entry.At < at));
    }

    private static List<string> SubjectsOf(LegalHolds held) => [.. held.Subjects.Keys.Select(static id => id.ToString())];
}
