using System.Collections.Frozen;
using System.Diagnostics;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Sessions;

/// <summary>
/// Exchanges a refresh token for new tokens, in four steps:
/// 1. find the token, its session and its user;
/// 2. decide what it is: first use, repetition, replay, or over;
/// 3. write that down, so that of two requests with one token only one rotates it;
/// 4. issue the tokens, or end the family.
/// </summary>
internal sealed partial class SessionRefresh(
    IDbContextFactory<IdentityDbContext> databases, SessionStarter sessions, SessionDirectory directory,
    TenantContext tenants, IAuditLog audit, IOptions<IdentityOptions> options, TimeProvider clock,
    ILogger<SessionRefresh> log)
{
    private readonly IdentityOptions _options = options.Value;

    /// <summary>Said to every refresh that does not go on, whatever the reason.</summary>
    public static Fault SessionEnded { get; } = new(
        "identity.session_ended", FaultKind.NotSignedIn, "There is no session to go on with. Sign in again.");

    /// <summary>Said to a client that wants more than it was let have.</summary>
    public static Fault ScopesBeyond { get; } = new(
        "identity.scopes_beyond", FaultKind.NotAllowed, "A refresh gives no scope that the person did not allow.");

    /// <summary>Exchanges the token of a person's own session as their device sent it.</summary>
    public Task<Result<IssuedTokens>> RefreshAsync(string? presented, CancellationToken cancellationToken) =>
        RefreshAsync(presented, client: null, scopes: null, cancellationToken);

    /// <summary>Exchanges the token as a client sent it.</summary>
    /// <param name="presented">The token.</param>
    /// <param name="client">Who sent it; a token of another client, or of a person's own session, is none of theirs.</param>
    /// <param name="scopes">What the new access token is to be held to; all that was allowed if null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<IssuedTokens>> RefreshAsync(
        string? presented, OAuthClientId? client, FrozenSet<string>? scopes, CancellationToken cancellationToken)
    {
        if (!RefreshToken.TryParse(presented, out var token)) return SessionEnded;
        using var activity = IdentityTelemetry.Source.StartActivity("identity.refresh");
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);

        // A second round is needed where another request rotated the token between our reading and our writing it.
        for (var round = 1; round <= 2; round++)
        {
            // 1. Find
            if (await FindAsync(db, token, cancellationToken) is not { } found || found.Session.ClientId != client)
                return SessionEnded;
            if (scopes?.IsSubsetOf(Scopes.Split(found.Session.Scopes ?? "")) is false) return ScopesBeyond;
            using var scope = tenants.Enter(found.Session.TenantId);

            // 2. Decide
            var now = clock.GetUtcNow();
            var successor = found.Token.SealedSuccessor is { } sealedBytes ? token.Open(sealedBytes) : null;
            var next = successor is null ? null : await RowOfAsync(db, successor, cancellationToken);
            var verdict = RefreshRotation.Decide(
                new PresentedToken(
                    found.Token.ExpiresAt, found.Token.UsedAt, IsSuccessorUsed: next is null or { UsedAt: not null },
                    IsSessionAlive: found.MaySignIn && found.Session.EndedAt is null && now < found.Session.ExpiresAt),
                now,
                _options.RefreshRetryWindow);
            activity?.SetTag("identity.verdict", verdict.ToString());

            // 3. Write down, 4. issue or end
            switch (verdict)
            {
                case RefreshVerdict.Rotate
                    when await RotateAsync(db, found, token, scopes, now, cancellationToken) is { } issued:
                    await transaction.CommitAsync(cancellationToken);
                    IdentityTelemetry.CountRefresh("rotated");
                    return issued;

                case RefreshVerdict.Rotate:
                    continue;

                case RefreshVerdict.Repeat:
                    IdentityTelemetry.CountRefresh("repeated");
                    return sessions.Issue(found.Session, successor!, next!.ExpiresAt - now, scopes);

                case RefreshVerdict.Replay:
                    await EndAsync(db, found.Session, now, cancellationToken);
                    await audit.RecordAsync(ReplayOf(found.Session), db, cancellationToken);
                    await transaction.CommitAsync(cancellationToken);
                    directory.Forget(found.Session.SessionId);
                    IdentityTelemetry.CountRefresh("replayed");
                    LogReplay(found.Session.SessionId.ToString(), found.Session.UserId.ToString());
                    return SessionEnded;

                case RefreshVerdict.Over:
                    IdentityTelemetry.CountRefresh("over");
                    return SessionEnded;

                default:
                    throw new UnreachableException($"The refresh verdict {verdict} has no consequence.");
            }
        }

        throw new UnreachableException("A used refresh token was fresh again.");
    }

    /// <summary>The tenant is not known before the token is found, so this one query looks in all of them.</summary>
    private async Task<Found?> FindAsync(
        IdentityDbContext db, RefreshToken token, CancellationToken cancellationToken)
    {
        var hash = token.Hash;
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        return await (
            from row in db.RefreshTokens
            join session in db.Sessions on row.SessionId equals session.SessionId
            where row.TokenHash == hash
            select new Found(
                row,
                session,
                db.Users.Any(user => user.UserId == session.UserId && user.State == UserState.Active)
                    && db.Memberships.Any(member =>
                        member.UserId == session.UserId && member.TenantId == session.TenantId
                        && member.State == MemberState.Active)
                    && db.Tenants.Any(tenant => tenant.TenantId == session.TenantId && tenant.DisabledAt == null)))
            .IgnoreQueryFilters()
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken);
    }

    private static Task<RefreshTokenRow?> RowOfAsync(
        IdentityDbContext db, RefreshToken token, CancellationToken cancellationToken)
    {
        var hash = token.Hash;
        return db.RefreshTokens.AsNoTracking().SingleOrDefaultAsync(row => row.TokenHash == hash, cancellationToken);
    }

    /// <summary>Replaces the token, or returns null if another request has done so meanwhile.</summary>
    private async Task<IssuedTokens?> RotateAsync(
        IdentityDbContext db, Found found, RefreshToken token, FrozenSet<string>? scopes, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var successor = RefreshToken.New();
        var sealedSuccessor = token.Seal(successor);
        var hash = found.Token.TokenHash;
        var rotated = await db.RefreshTokens
            .Where(row => row.TokenHash == hash && row.UsedAt == null)
            .ExecuteUpdateAsync(
                row => row
                    .SetProperty(used => used.UsedAt, now)
                    .SetProperty(used => used.SealedSuccessor, sealedSuccessor),
                cancellationToken);
        if (rotated == 0) return null;

        var next = sessions.AddRefreshToken(db, found.Session, successor, found.Token.Generation + 1, now);
        await db.SaveChangesAsync(cancellationToken);

        var session = found.Session.SessionId;
        var before = found.Token.Generation;
        var forgotten = before - _options.RefreshTokensKeptMax;
        await db.RefreshTokens
            .Where(row => row.SessionId == session && row.Generation < forgotten)
            .ExecuteDeleteAsync(cancellationToken);

        // The client holds this token, so nobody needs what its predecessor was replaced by any more.
        await db.RefreshTokens
            .Where(row => row.SessionId == session && row.Generation == before - 1)
            .ExecuteUpdateAsync(row => row.SetProperty(used => used.SealedSuccessor, (byte[]?)null), cancellationToken);
        await db.Sessions
            .Where(row => row.SessionId == session)
            .ExecuteUpdateAsync(row => row.SetProperty(used => used.LastUsedAt, now), cancellationToken);
        return sessions.Issue(found.Session, successor, next.ExpiresAt - now, scopes);
    }

    /// <summary>Somebody has a copy of a token; who of the two it was, nobody knows.</summary>
    private static AuditEntry ReplayOf(SessionRow session) =>
        AuditEntry.Denied("sessions.refresh", EndReasons.Replayed).By(AuditActor.Anonymous)
            .On("session", session.SessionId.ToString()).With("user", session.UserId.ToString());

    private static Task<int> EndAsync(
        IdentityDbContext db, SessionRow session, DateTimeOffset now, CancellationToken cancellationToken) =>
        db.Sessions
            .Where(row => row.SessionId == session.SessionId && row.EndedAt == null)
            .ExecuteUpdateAsync(
                row => row
                    .SetProperty(ended => ended.EndedAt, now)
                    .SetProperty(ended => ended.EndReason, EndReasons.Replayed),
                cancellationToken);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "A refresh token of {Session} was used twice: somebody has a copy. The session of {User} was ended.")]
    private partial void LogReplay(string session, string user);

    /// <param name="MaySignIn">Whether the user is active and still an active member of the tenant.</param>
    private sealed record Found(RefreshTokenRow Token, SessionRow Session, bool MaySignIn);
}
