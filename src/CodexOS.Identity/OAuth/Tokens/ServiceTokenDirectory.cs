using System.Collections.Frozen;
using CodexOS.Identity.Access;
using CodexOS.Identity.ApiKeys;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Projects;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.OAuth.Tokens;

/// <summary>
/// Finds who stands behind an access token of a service client at every request: the service account, as far as its present
/// role and the token's scopes both go, unless the token was revoked or the client is gone.
/// </summary>
internal sealed class ServiceTokenDirectory(
    IDbContextFactory<IdentityDbContext> databases, Database database, TenantContext tenants,
    IOptions<IdentityOptions> options, TimeProvider clock)
{
    private readonly CallerCache<string, Entry> _known = new(options.Value, database, clock);

    /// <summary>The caller behind a token, or null if it is over.</summary>
    public async ValueTask<KeyHolder?> FindAsync(AccessTokenClaims.OfService claims, CancellationToken cancellationToken)
    {
        if (!_known.TryGet(claims.TokenId, out var entry, out var changes))
        {
            entry = await ReadAsync(claims, cancellationToken);
            if (entry is null) return null;
            _known.Keep(claims.TokenId, entry, changes);
        }

        var caller = entry.Holder.Caller;
        return caller.Tenant == claims.Tenant && caller.User == claims.User && entry.Client == claims.Client.Client
            ? entry.Holder
            : null;
    }

    /// <summary>The token was revoked.</summary>
    public void Forget(string tokenId) => _known.Forget(tokenId);

    /// <summary>Something changed for a service account.</summary>
    public void Forget(UserId account) => _known.Forget(entry => entry.Holder.Caller.User == account);

    /// <summary>A role or a client of the tenant was changed, or the tenant itself.</summary>
    public void Forget(TenantId tenant) => _known.Forget(entry => entry.Holder.Caller.Tenant == tenant);

    private async Task<Entry?> ReadAsync(AccessTokenClaims.OfService claims, CancellationToken cancellationToken)
    {
        using var scope = tenants.Enter(claims.Tenant);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var found = await (
            from client in db.OAuthClients
            join account in db.ServiceAccounts on client.ServiceAccountId equals (UserId?)account.ServiceAccountId
            join tenant in db.Tenants on client.TenantId equals tenant.TenantId
            join role in db.Roles on account.RoleId equals (RoleId?)role.RoleId into own
            from role in own.DefaultIfEmpty()
            where client.ClientId == claims.Client.Client && account.ServiceAccountId == claims.User
                && account.State == MemberState.Active && tenant.DisabledAt == null
                && !db.RevokedTokens.Any(token => token.TokenId == claims.TokenId)
            select new
            {
                account.Name,
                account.Role,
                tenant.IsHome,
                RoleName = role!.Name,
                RolePermissions = role.Permissions,
                IsInProjects = db.ProjectMembers.Any(member => member.SubjectId == account.ServiceAccountId),
                Grants = db.Grants.Where(grant => grant.SubjectId == account.ServiceAccountId)
                    .Select(grant => new { grant.ResourceKind, grant.ResourceName, grant.Permission })
                    .ToList(),
            })
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken);
        if (found is null) return null;
        var standing = Standing.Of(found.Role, found.RoleName, found.RolePermissions).In(found.IsHome);
        var caller = new Caller(claims.Tenant, claims.User, found.Name, standing.Permissions)
        {
            Grants = found.Grants
                .Select(grant => new ResourceGrant(
                    new Resource(grant.ResourceKind, grant.ResourceName), grant.Permission))
                .ToFrozenSet(),
            Projects = found.IsInProjects ? await ProjectRoles.ReadAsync(db, claims.User, cancellationToken) : [],
        };
        return new Entry(
            claims.Client.Client,
            new KeyHolder(Scopes.Restrict(caller, claims.Client), SubjectKind.ServiceAccount, standing.Role));
    }

    private sealed record Entry(OAuthClientId Client, KeyHolder Holder);
}
