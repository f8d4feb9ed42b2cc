using CodexOS.Identity.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Privacy;

/// <summary>Sessions that are over: with them go the names of devices and when somebody was there.</summary>
internal sealed class RetainedSessions(
    IDbContextFactory<IdentityDbContext> databases, ILegalHolds holds, IOptions<IdentityOptions> options) : IRetainedData
{
    /// <inheritdoc />
    public RetentionRule Rule { get; } = new(
        "sessions", "Sessions that are over, with the names of their devices.", options.Value.EndedSessionsKept, TimeSpan.FromDays(1));

    /// <inheritdoc />
    public async Task<bool> HasOlderAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var held = await holds.ReadAsync(cancellationToken);
        if (held.Tenant is not null) return false;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await Older(db, before, held).AnyAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async Task<int> RemoveOlderAsync(DateTimeOffset before, int countMax, CancellationToken cancellationToken)
    {
        var held = await holds.ReadAsync(cancellationToken);
        if (held.Tenant is not null) return 0;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var old = await Older(db, before, held).Select(static row => row.SessionId).Take(countMax).ToListAsync(cancellationToken);
        await db.OAuthCodes.Where(row => row.SessionId != null && old.Contains(row.SessionId.Value))
            .ExecuteDeleteAsync(cancellationToken);
        await db.RefreshTokens.Where(row => old.Contains(row.SessionId)).ExecuteDeleteAsync(cancellationToken);
        await db.Sessions.Where(row => old.Contains(row.SessionId)).ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return old.Count;
    }

    private static IQueryable<SessionRow> Older(IdentityDbContext db, DateTimeOffset before, LegalHolds held)
    {
        var (at, persons) = (before.ToUniversalTime(), held.Subjects.Keys.ToList());
        return db.Sessions.Where(row => !persons.Contains(row.UserId) && (row.EndedAt < at || row.ExpiresAt < at));
    }
}
