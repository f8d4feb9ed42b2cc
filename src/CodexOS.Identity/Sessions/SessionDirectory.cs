using System.Collections.Frozen;
using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.Projects;
using CodexOS.Identity.SecondFactor;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Sessions;

/// <summary>Who makes a request in a session, with what only this module has to know.</summary>
internal sealed record SignedIn(SessionId Session, Standing Standing, Caller Caller)
{
    /// <summary>The same for a client, which is held to its scopes: whoever is an owner is none through it.</summary>
    public SignedIn HeldTo(ClientScopes client)
    {
        var caller = Scopes.Restrict(Caller, client);
        return this with { Caller = caller, Standing = Standing with { IsOwner = false, Permissions = caller.Permissions } };
    }

    /// <summary>Hands the session to an endpoint that asks for one.</summary>
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
    private readonly CallerCache<SessionId, Entry> _known = new(options.Value, database, clock);

    /// <summary>The signed-in caller behind a token, or null if the session is over.</summary>
    public async ValueTask<SignedIn?> FindAsync(AccessTokenClaims.OfSession claims, CancellationToken cancellationToken)
    {
        if (!_known.TryGet(claims.Session, out var entry, out var changes))
        {
            entry = await ReadAsync(claims, cancellationToken);
            if (entry is null) return null;
            _known.Keep(claims.Session, entry, changes);
        }

        return entry.For(claims, clock.GetUtcNow());
    }

    /// <summary>The session changed or ended.</summary>
    public void Forget(SessionId session) => _known.Forget(session);

    /// <summary>The user was changed, disabled or given another role.</summary>
    public void Forget(UserId user) => _known.Forget(entry => entry.SignedIn.Caller.User == user);

    /// <summary>A role or a rule of the tenant was changed, or it was disabled or enabled again.</summary>
    public void Forget(TenantId tenant) => _known.Forget(entry => entry.SignedIn.Caller.Tenant == tenant);

    private async Task<Entry?> ReadAsync(AccessTokenClaims.OfSession claims, CancellationToken cancellationToken)
    {
        using var scope = tenants.Enter(claims.Tenant);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var found = await (
            from session in db.Sessions
            join user in db.Users on session.UserId equals user.UserId
            join tenant in db.Tenants on session.TenantId equals tenant.TenantId
            join membership in db.Memberships on session.UserId equals membership.UserId
            join role in db.Roles on membership.RoleId equals (RoleId?)role.RoleId into own
            from role in own.DefaultIfEmpty()
            where session.SessionId == claims.Session && session.EndedAt == null && tenant.DisabledAt == null
                && user.State == UserState.Active && membership.State == MemberState.Active
            select new
            {
                session.UserId,
                session.ExpiresAt,
                session.SecondFactorAt,
                session.ClientId,
                session.Scopes,
                user.DisplayName,
                tenant.SecondFactorRequired,
                tenant.IsHome,
                membership.Role,
                RoleName = role!.Name,
                RolePermissions = role.Permissions,
                IsInProjects = db.ProjectMembers.Any(member => member.SubjectId == session.UserId),
                Grants = db.Grants.Where(grant => grant.SubjectId == session.UserId)
                    .Select(grant => new { grant.ResourceKind, grant.ResourceName, grant.Permission })
                    .ToList(),
            })
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken);
        if (found is null) return null;

        var standing = Standing.Of(found.Role, found.RoleName, found.RolePermissions).In(found.IsHome);
        if (found.SecondFactorRequired && found.SecondFactorAt is null)
        {
            var without = standing with { IsOwner = false, Permissions = FrozenSet<string>.Empty };
            var nobody = new Caller(claims.Tenant, found.UserId, found.DisplayName, without.Permissions)
            {
                Withheld = SecondFactorFaults.Needed,
            };
            return Entry.Of(new SignedIn(claims.Session, without, nobody), found.ClientId, found.Scopes, found.ExpiresAt);
        }

        var caller = new Caller(claims.Tenant, found.UserId, found.DisplayName, standing.Permissions)
        {
            Grants = found.Grants
                .Select(grant => new ResourceGrant(
                    new Resource(grant.ResourceKind, grant.ResourceName), grant.Permission))
                .ToFrozenSet(),
            Projects = found.IsInProjects ? await ProjectRoles.ReadAsync(db, found.UserId, cancellationToken) : [],
        };
        return Entry.Of(new SignedIn(claims.Session, standing, caller), found.ClientId, found.Scopes, found.ExpiresAt);
    }

    private sealed record Entry(SignedIn SignedIn, ClientScopes? Client, DateTimeOffset ExpiresAt)
    {
        public static Entry Of(SignedIn signedIn, OAuthClientId? client, string? scopes, DateTimeOffset expiresAt)
        {
            if (client is not { } id) return new Entry(signedIn, null, expiresAt);
            var held = new ClientScopes(id, Scopes.Split(scopes ?? ""));
            return new Entry(signedIn.HeldTo(held), held, expiresAt);
        }

        /// <summary>
        /// The caller, if the token speaks of the same user, tenant and client and the session is in its time. A client's
        /// token may be held to less than its session.
        /// </summary>
        public SignedIn? For(AccessTokenClaims.OfSession claims, DateTimeOffset now)
        {
            if (now >= ExpiresAt || SignedIn.Caller.User != claims.User || SignedIn.Caller.Tenant != claims.Tenant
                || Client?.Client != claims.Client?.Client)
            {
                return null;
            }

            return claims.Client is { } client && !Client!.Scopes.IsSubsetOf(client.Scopes)
                ? SignedIn.HeldTo(client)
                : SignedIn;
        }
    }
}
