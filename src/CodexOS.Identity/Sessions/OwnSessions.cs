using CodexOS.Identity.Contracts;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Sessions;

/// <summary>One of the caller's sessions.</summary>
/// <param name="Id">Names it, to end it.</param>
/// <param name="Client">How the device named itself.</param>
/// <param name="CreatedAt">When the user signed in.</param>
/// <param name="LastUsedAt">When it last refreshed.</param>
/// <param name="ExpiresAt">When it ends whatever happens.</param>
/// <param name="Current">Whether it is the session that asks.</param>
/// <param name="SingleSignOn">The name of the connection that it came by; null if it came by a password.</param>
public sealed record SessionSummary(
    SessionId Id, string Client, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt,
    bool Current, string? SingleSignOn);

/// <summary>What people do with their own sessions: look at them and end them.</summary>
internal sealed partial class OwnSessions(
    IDbContextFactory<IdentityDbContext> databases, SessionDirectory directory, SessionConfirmation confirmation,
    TenantContext tenants, IAuditLog audit, IOptions<IdentityOptions> options, TimeProvider clock, ILogger<OwnSessions> log)
{
    /// <summary>Said of a session that is not there, is over, or belongs to somebody else.</summary>
    public static Fault NotFound { get; } = new(
        "identity.session_not_found", FaultKind.NotFound, "You have no such session, or it has ended already.");

    /// <summary>
    /// The living sessions of the caller's own, newest first. There are at most
    /// <see cref="IdentityOptions.SessionsPerUserMax"/>.
    /// </summary>
    public async Task<IReadOnlyList<SessionSummary>> ListAsync(SignedIn who, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var usedAfter = now - options.Value.SessionIdleMax;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await OwnOf(db, who)
            .Where(row => row.ExpiresAt > now && row.LastUsedAt > usedAfter)
            .OrderByDescending(row => row.CreatedAt)
            .Take(options.Value.SessionsPerUserMax)
            .Select(row => new SessionSummary(
                row.SessionId, row.Client, row.CreatedAt, row.LastUsedAt, row.ExpiresAt, row.SessionId == who.Session,
                db.SsoConnections
                    .Where(connection => db.SsoSignIns.Any(said =>
                        said.SignInId == row.SsoSignInId && said.ConnectionId == connection.ConnectionId))
                    .Select(connection => connection.Name)
                    .FirstOrDefault()))
            .ToListAsync(cancellationToken);
    }

    /// <summary>Ends one of the caller's own sessions, once they have confirmed who they are.</summary>
    public async Task<Result<Done>> RevokeAsync(SignedIn who, SessionId session, CancellationToken cancellationToken)
    {
        await using (var db = await databases.CreateDbContextAsync(cancellationToken))
        {
            if (!await OwnOf(db, who).AnyAsync(row => row.SessionId == session, cancellationToken)) return NotFound;
            if (await confirmation.FaultOfAsync(db, who, cancellationToken) is { } needed) return needed;
        }

        return await EndAsync(session, who.Caller.User, EndReasons.Revoked, cancellationToken) ? Done.Value : NotFound;
    }

    /// <summary>
    /// Ends the caller's own sessions in the tenant but the one that asks, once they have confirmed who they are. What they let
    /// applications have goes on.
    /// </summary>
    public async Task<Result<Done>> RevokeOthersAsync(SignedIn who, CancellationToken cancellationToken)
    {
        List<SessionId> others;
        await using (var db = await databases.CreateDbContextAsync(cancellationToken))
        {
            if (await confirmation.FaultOfAsync(db, who, cancellationToken) is { } needed) return needed;
            others = await OwnOf(db, who).Where(row => row.SessionId != who.Session).OrderBy(row => row.CreatedAt)
                .Take(options.Value.SessionsPerUserMax).Select(row => row.SessionId).ToListAsync(cancellationToken);
        }

        foreach (var other in others) await EndAsync(other, who.Caller.User, EndReasons.Revoked, cancellationToken);
        return Done.Value;
    }

    /// <summary>Ends what the caller let an application have.</summary>
    public async Task<Result<Done>> RevokeApplicationAsync(
        SignedIn who, SessionId session, CancellationToken cancellationToken)
    {
        await using (var db = await databases.CreateDbContextAsync(cancellationToken))
        {
            if (!await db.Sessions.AnyAsync(row => row.SessionId == session && row.ClientId != null, cancellationToken))
                return NotFound;
        }

        return await EndAsync(session, who.Caller.User, EndReasons.Revoked, cancellationToken) ? Done.Value : NotFound;
    }

    /// <summary>Ends the session that a request was made in. Says which it was, unless it was over already.</summary>
    public async Task<(TenantId Tenant, SessionId Session)?> SignOutAsync(SignedIn who, CancellationToken cancellationToken)
    {
        using var scope = tenants.Enter(who.Caller.Tenant);
        return await EndAsync(who.Session, who.Caller.User, EndReasons.SignedOut, cancellationToken)
            ? (who.Caller.Tenant, who.Session)
            : null;
    }

    /// <summary>The same for the session that a refresh token belongs to.</summary>
    public async Task<(TenantId Tenant, SessionId Session)?> SignOutAsync(
        RefreshToken token, CancellationToken cancellationToken)
    {
        var hash = token.Hash;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        var found = await (
            from row in db.RefreshTokens
            join session in db.Sessions on row.SessionId equals session.SessionId
            where row.TokenHash == hash
            select new { session.TenantId, session.SessionId, session.UserId })
            .IgnoreQueryFilters()
            .SingleOrDefaultAsync(cancellationToken);
        if (found is null) return null;

        using var entered = tenants.Enter(found.TenantId);
        return await EndAsync(found.SessionId, found.UserId, EndReasons.SignedOut, cancellationToken)
            ? (found.TenantId, found.SessionId)
            : null;
    }

    /// <summary>Ends a session that a client gave back.</summary>
    public async Task EndAsync(TenantId tenant, SessionId session, UserId user, CancellationToken cancellationToken)
    {
        using var scope = tenants.Enter(tenant);
        await EndAsync(session, user, EndReasons.Revoked, cancellationToken);
    }

    /// <summary>Ends every session of a person's in all tenants, but perhaps the one that they ask for it in.</summary>
    public static async Task EndAllAsync(
        IdentityDbContext db, TenantContext tenants, UserId user, SessionId? except, string reason, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.Credentials);
        var living = db.Sessions.IgnoreQueryFilters().Where(row => row.UserId == user && row.EndedAt == null);
        if (except is { } kept) living = living.Where(row => row.SessionId != kept);
        await living.ExecuteUpdateAsync(
            row => row.SetProperty(gone => gone.EndedAt, now).SetProperty(gone => gone.EndReason, reason),
            cancellationToken);
    }

    /// <summary>The caller's own sessions that were not ended; those of applications are none of them.</summary>
    private static IQueryable<SessionRow> OwnOf(IdentityDbContext db, SignedIn who) =>
        db.Sessions.Where(row => row.UserId == who.Caller.User && row.ClientId == null && row.EndedAt == null);

    private async Task<bool> EndAsync(
        SessionId session, UserId user, string reason, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var ended = await db.Sessions
            .Where(row => row.SessionId == session && row.UserId == user && row.EndedAt == null && row.ExpiresAt > now)
            .ExecuteUpdateAsync(
                row => row.SetProperty(gone => gone.EndedAt, now).SetProperty(gone => gone.EndReason, reason),
                cancellationToken);
        if (ended == 1)
        {
            await audit.RecordAsync(
                AuditEntry.Done("sessions.end").By(AuditActor.Of(user)).On("session", session.ToString()).With("reason", reason),
                db,
                cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        directory.Forget(session);
        if (ended == 1) LogEnded(session.ToString(), reason);
        return ended == 1;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Session} ended: {Reason}.")]
    private partial void LogEnded(string session, string reason);
}
