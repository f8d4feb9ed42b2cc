using CodexOS.Knowledge.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Cache;

/// <summary>Answers of the semantic cache that have expired, of tenants that keep no new ones.</summary>
internal sealed class RetainedAnswers(
    IDbContextFactory<KnowledgeDb> contexts, ILegalHolds holds, TimeProvider clock) : IRetainedData
{
    /// <inheritdoc />
    public RetentionRule Rule { get; } = new(
        "cached_answers", "Answers in the semantic cache, also before they expire.", TimeSpan.FromDays(30), TimeSpan.FromDays(1));

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
        var old = await Older(db, before, held).Select(static row => row.AnswerId).Order().Take(countMax)
            .ToListAsync(cancellationToken);
        return await db.CachedAnswers.Where(row => old.Contains(row.AnswerId)).ExecuteDeleteAsync(cancellationToken);
    }

    private IQueryable<CachedAnswerRow> Older(KnowledgeDb db, DateTimeOffset before, LegalHolds held)
    {
        var (at, now, persons) = (before.ToUniversalTime(), clock.GetUtcNow(), held.Subjects.Keys.ToList());
        return db.CachedAnswers.Where(row => !persons.Contains(row.AskedBy) && (row.CreatedAt < at || row.ExpiresAt < now));
    }
}
