using CodexOS.Identity.Contracts;
using CodexOS.Identity.Permissions;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Sessions;

/// <summary>Who makes a request, with what only this module has to know.</summary>
internal sealed record SignedIn(SessionId Session, Role Role, Caller Caller)
{
    /// <summary>Hands the session to an endpoint that asks for sign-in.</summary>
    public static ValueTask<SignedIn> BindAsync(HttpContext context) => ValueTask.FromResult(
        context.Features.Get<SignedIn>() ?? throw new InvalidOperationException("The endpoint has no session."));
}

/// <summary>
/// Finds the session of an access token at every request, so that a sign-out, a disabled user or a changed role counts
/// from the next request on. What was found is reused for a short while; whoever changes something says so here.
/// </summary>
internal sealed class SessionDirectory(
    IDbContextFactory<IdentityDbContext> databases, Database database, TenantContext tenants,
    IOptions<IdentityOptions> options, TimeProvider clock)
{
    private static readonly TimeSpan LifetimeOnSqlite = TimeSpan.FromSeconds(30);

    private readonly TimeSpan _lifetime = options.Value.SessionCacheLifetime
        ?? (database.Dialect is SqlDialect.Sqlite ? LifetimeOnSqlite : TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly BoundedCache<SessionId, Entry> _entries = new(options.Value.SessionCacheEntriesMax);
    private long _changes;

    /// <summary>The signed-in caller behind a token, or null if the session is over.</summary>
    public async ValueTask<SignedIn?> FindAsync(AccessTokenClaims claims, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        long changes;
        lock (_gate)
        {
            if (_entries.TryGet(claims.Session, out var entry) && entry.FreshUntil > now) return entry.For(claims, now);
            changes = _changes;
        }

        if (await ReadAsync(claims, cancellationToken) is not { } found) return null;
        var fresh = found with { FreshUntil = now + _lifetime };
        lock (_gate)
        {
            // If something changed while the database was read, what was read may be from before: use it for this
            // request, which came before the change was answered, but not for the next one.
            if (_lifetime > TimeSpan.Zero && changes == _changes) _entries.Set(claims.Session, fresh);
        }

        return fresh.For(claims, now);
    }

    /// <summary>The session changed or ended.</summary>
    public void Forget(SessionId session)
    {
        lock (_gate)
        {
            _changes++;
            _entries.Remove(session);
        }
    }

    /// <summary>The user was changed, disabled or given another role.</summary>
    public void Forget(UserId user)
    {
        lock (_gate)
        {
            _changes++;
            _entries.RemoveWhere(entry => entry.SignedIn.Caller.User == user);
        }
    }

    /// <summary>The tenant was disabled, or enabled again.</summary>
    public void Forget(TenantId tenant)
    {
        lock (_gate)
        {
            _changes++;
            _entries.RemoveWhere(entry => entry.SignedIn.Caller.Tenant == tenant);
        }
    }

    private async Task<Entry?> ReadAsync(AccessTokenClaims claims, CancellationToken cancellationToken)
    {
        using var scope = tenants.Enter(claims.Tenant);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var found = await (
            from session in db.Sessions
            join user in db.Users on session.UserId equals user.UserId
            join membership in db.Memberships on session.UserId equals membership.UserId
            join tenant in db.Tenants on session.TenantId equals tenant.TenantId
            where session.SessionId == claims.Session && session.EndedAt == null && user.State == UserState.Active
                && tenant.DisabledAt == null
            select new { session.UserId, session.ExpiresAt, user.DisplayName, membership.Role, tenant.IsHome })
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken);
        if (found is null) return null;

        var caller = new Caller(claims.Tenant, found.UserId, found.DisplayName, PermissionTable.Of(found.Role, found.IsHome));
        return new Entry(new SignedIn(claims.Session, found.Role, caller), found.ExpiresAt, default);
    }

    private sealed record Entry(SignedIn SignedIn, DateTimeOffset ExpiresAt, DateTimeOffset FreshUntil)
    {
        /// <summary>
        /// The caller, if the token speaks of the same user and tenant and the session is in its time.
        /// </summary>
        public SignedIn? For(AccessTokenClaims claims, DateTimeOffset now) =>
            now < ExpiresAt && SignedIn.Caller.User == claims.User && SignedIn.Caller.Tenant == claims.Tenant
                ? SignedIn
                : null;
    }
}
