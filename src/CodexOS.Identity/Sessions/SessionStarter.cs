using System.Collections.Frozen;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.SingleSignOn.Entry;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Sessions;

/// <summary>Starts sessions and hands out the tokens that stand for them.</summary>
internal sealed class SessionStarter(
    AccessTokens accessTokens, SessionDirectory directory, TenantContext tenants,
    IOptions<IdentityOptions> options, TimeProvider clock)
{
    private readonly IdentityOptions _options = options.Value;

    /// <summary>
    /// Adds a session with its first refresh token to the context. The caller saves and commits, together with whatever
    /// led to the session.
    /// </summary>
    /// <param name="db">What it is added to.</param>
    /// <param name="tenant">The tenant it is in.</param>
    /// <param name="user">Whose it is.</param>
    /// <param name="client">The device, or the client as people know it.</param>
    /// <param name="withSecondFactor">Whether a second factor was given.</param>
    /// <param name="clientScopes">The OAuth client that acts in it, with what it may do; null for the person's own.</param>
    /// <param name="ssoSignIn">The word of the identity provider that it came by; null if it came otherwise.</param>
    public IssuedTokens Start(
        IdentityDbContext db, TenantId tenant, UserId user, Client client, bool withSecondFactor = false,
        ClientScopes? clientScopes = null, SsoSignInId? ssoSignIn = null)
    {
        var now = clock.GetUtcNow();
        var session = new SessionRow
        {
            SessionId = SessionId.New(clock),
            TenantId = tenant,
            UserId = user,
            Client = client.Name,
            CreatedAt = now,
            LastUsedAt = now,
            ExpiresAt = now + _options.SessionLifetimeMax,
            SecondFactorAt = withSecondFactor ? now : null,
            ClientId = clientScopes?.Client,
            Scopes = clientScopes is null ? null : Scopes.Write(clientScopes.Scopes),
            SsoSignInId = ssoSignIn,
        };
        db.Sessions.Add(session);
        var refreshToken = RefreshToken.New();
        var row = AddRefreshToken(db, session, refreshToken, generation: 0, now);
        return Issue(session, refreshToken, row.ExpiresAt - now);
    }

    /// <summary>Adds a refresh token to the session's family; it never outlives the session.</summary>
    public RefreshTokenRow AddRefreshToken(
        IdentityDbContext db, SessionRow session, RefreshToken token, int generation, DateTimeOffset now)
    {
        var idleUntil = now + _options.SessionIdleMax;
        var row = new RefreshTokenRow
        {
            TokenHash = token.Hash,
            TenantId = session.TenantId,
            SessionId = session.SessionId,
            Generation = generation,
            CreatedAt = now,
            ExpiresAt = idleUntil < session.ExpiresAt ? idleUntil : session.ExpiresAt,
        };
        db.RefreshTokens.Add(row);
        return row;
    }

    /// <summary>Puts a session's tokens together.</summary>
    /// <param name="session">The session.</param>
    /// <param name="refreshToken">The refresh token that goes on from it.</param>
    /// <param name="refreshTokenLifetime">How long that can lie unused.</param>
    /// <param name="scopes">What the access token is held to, of the session's scopes; all of them if null.</param>
    public IssuedTokens Issue(
        SessionRow session, RefreshToken refreshToken, TimeSpan refreshTokenLifetime, FrozenSet<string>? scopes = null)
    {
        var client = session.ClientId is { } id
            ? new ClientScopes(id, scopes ?? Scopes.Split(session.Scopes ?? ""))
            : null;
        var accessToken = client is null
            ? accessTokens.Issue(session.TenantId, session.UserId, session.SessionId)
            : accessTokens.Issue(session.TenantId, session.UserId, session.SessionId, client);
        return new IssuedTokens(
            session.TenantId, session.UserId, session.SessionId, accessToken, accessTokens.Lifetime, refreshToken,
            refreshTokenLifetime)
        {
            Client = client,
        };
    }

    /// <summary>
    /// Makes room for one more session of the user: drops what ended long ago, and ends the oldest ones over the limit.
    /// Returns what to forget once the transaction is through.
    /// </summary>
    public async Task<IReadOnlyList<SessionId>> MakeRoomAsync(
        IdentityDbContext db, TenantId tenant, UserId user, CancellationToken cancellationToken)
    {
        using var scope = tenants.Enter(tenant);
        var now = clock.GetUtcNow();
        var forgottenBefore = now - _options.SessionLifetimeMax;
        await db.Sessions
            .Where(row => row.UserId == user && (row.EndedAt < forgottenBefore || row.ExpiresAt < forgottenBefore))
            .ExecuteDeleteAsync(cancellationToken);

        var live = await db.Sessions
            .Where(row => row.UserId == user && row.EndedAt == null && row.ExpiresAt > now)
            .OrderByDescending(row => row.CreatedAt)
            .Select(row => row.SessionId)
            .ToListAsync(cancellationToken);
        var surplus = live.Skip(_options.SessionsPerUserMax - 1).ToList();
        if (surplus.Count == 0) return surplus;

        await db.Sessions
            .Where(row => surplus.Contains(row.SessionId))
            .ExecuteUpdateAsync(
                row => row
                    .SetProperty(session => session.EndedAt, now)
                    .SetProperty(session => session.EndReason, EndReasons.TooMany),
                cancellationToken);
        return surplus;
    }

    /// <summary>Makes sessions that have ended unusable at once in this process.</summary>
    public void Forget(IEnumerable<SessionId> sessions)
    {
        foreach (var session in sessions) directory.Forget(session);
    }
}
