using System.Collections.Frozen;
using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Projects;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.ApiKeys;

/// <summary>Who makes a request by an API key, or by an access token of a service client.</summary>
internal sealed record KeyHolder(Caller Caller, SubjectKind Kind, string Role);

/// <summary>
/// Finds who stands behind an API key at every request. A key can do what its scopes and its owner's present role both
/// allow, so that it shrinks with its owner and is over when they are. What was found is reused for a short while;
/// whoever changes something says so here.
/// </summary>
internal sealed class ApiKeyDirectory(
    IDbContextFactory<IdentityDbContext> databases, Database database, TenantContext tenants, ApiKeyUse use,
    IOptions<IdentityOptions> options, TimeProvider clock)
{
    private readonly CallerCache<string, Entry> _known = new(options.Value, database, clock);

    /// <summary>The caller behind a key, or null if it is unknown, revoked or expired, or its owner is out.</summary>
    public async ValueTask<KeyHolder?> FindAsync(ApiKey key, CancellationToken cancellationToken)
    {
        var hash = key.Hash;
        var digest = Convert.ToBase64String(hash);
        if (!_known.TryGet(digest, out var entry, out var changes))
        {
            entry = await ReadAsync(hash, cancellationToken);
            if (entry is null) return null;
            _known.Keep(digest, entry, changes);
        }

        if (clock.GetUtcNow() >= entry.ExpiresAt) return null;
        await use.NoteAsync(entry.Key, entry.Holder.Caller.Tenant, cancellationToken);
        return entry.Holder;
    }

    /// <summary>The key was revoked.</summary>
    public void Forget(ApiKeyId key) => _known.Forget(entry => entry.Key == key);

    /// <summary>Something changed for the owner of keys.</summary>
    public void Forget(UserId owner) => _known.Forget(entry => entry.Holder.Caller.User == owner);

    /// <summary>A role of the tenant was changed.</summary>
    public void Forget(TenantId tenant) => _known.Forget(entry => entry.Holder.Caller.Tenant == tenant);

    /// <summary>The tenant is not known before the key is found, so the first query looks in all of them.</summary>
    private async Task<Entry?> ReadAsync(byte[] hash, CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var found = await (
            from key in db.ApiKeys
            from membership in db.Memberships
                .Where(row => row.TenantId == key.TenantId && row.UserId == key.UserId
                    && row.State == MemberState.Active)
                .DefaultIfEmpty()
            from user in db.Users
                .Where(row => row.UserId == membership!.UserId && row.State == UserState.Active)
                .DefaultIfEmpty()
            from account in db.ServiceAccounts
                .Where(row => row.ServiceAccountId == key.ServiceAccountId && row.State == MemberState.Active)
                .DefaultIfEmpty()
            from memberRole in db.Roles.Where(row => row.RoleId == membership!.RoleId).DefaultIfEmpty()
            from accountRole in db.Roles.Where(row => row.RoleId == account!.RoleId).DefaultIfEmpty()
            where key.KeyHash == hash && key.RevokedAt == null
                && db.Tenants.Any(tenant => tenant.TenantId == key.TenantId && tenant.DisabledAt == null)
            select new
            {
                key.ApiKeyId,
                key.TenantId,
                key.Scopes,
                key.ExpiresAt,
                IsHome = db.Tenants.Any(tenant => tenant.TenantId == key.TenantId && tenant.IsHome),
                Owner = key.UserId ?? key.ServiceAccountId,
                UserName = user!.DisplayName,
                MemberRole = membership!.Role,
                AccountName = account!.Name,
                AccountRole = account.Role,
                RoleName = memberRole!.Name ?? accountRole!.Name,
                RolePermissions = memberRole.Permissions ?? accountRole!.Permissions,
            })
            .IgnoreQueryFilters()
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken);
        if (found is not { Owner: { } owner } || (found.UserName ?? found.AccountName) is not { } name) return null;

        var standing = Standing.Of(found.MemberRole ?? found.AccountRole, found.RoleName, found.RolePermissions)
            .In(found.IsHome);
        var scopes = PermissionList.Read(found.Scopes);
        using var scope = tenants.Enter(found.TenantId);
        var grants = await db.Grants.Where(grant => grant.SubjectId == owner)
            .Select(grant => new { grant.ResourceKind, grant.ResourceName, grant.Permission })
            .ToListAsync(cancellationToken);
        var caller = new Caller(found.TenantId, owner, name, standing.Permissions)
        {
            Proof = CallerProof.ApiKey,
            KeyId = found.ApiKeyId.ToString(),
            Grants = grants
                .Select(grant => new ResourceGrant(
                    new Resource(grant.ResourceKind, grant.ResourceName), grant.Permission))
                .ToFrozenSet(),
            Projects = await ProjectRoles.ReadAsync(db, owner, cancellationToken),
        }.HeldTo(scopes);
        var kind = found.UserName is null ? SubjectKind.ServiceAccount : SubjectKind.User;
        return new Entry(found.ApiKeyId, new KeyHolder(caller, kind, standing.Role), found.ExpiresAt);
    }

    private sealed record Entry(ApiKeyId Key, KeyHolder Holder, DateTimeOffset ExpiresAt);
}
