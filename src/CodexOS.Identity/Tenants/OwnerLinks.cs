using CodexOS.Identity.Setup;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Tenants;

/// <summary>
/// Links that make the owner of a tenant: whoever has one becomes that, once and within its time. A new link ends the tenant's
/// earlier ones. They have the form of the administrator link, and are used in the same place.
/// </summary>
internal sealed class OwnerLinks(TenantContext tenants, IOptions<IdentityOptions> options, TimeProvider clock)
{
    /// <summary>Makes a link for the present tenant; the caller saves. Only here the token is in the clear.</summary>
    public async Task<OwnerLink> AddAsync(IdentityDbContext db, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await db.OwnerLinks.Where(link => link.UsedAt == null)
            .ExecuteUpdateAsync(link => link.SetProperty(ended => ended.UsedAt, now), cancellationToken);
        var token = SetupLink.NewToken();
        var row = new OwnerLinkRow
        {
            TokenHash = SetupLink.Hash(token),
            TenantId = tenants.Required,
            CreatedAt = now,
            ExpiresAt = now + options.Value.OwnerLinkLifetime,
        };
        db.OwnerLinks.Add(row);
        return new OwnerLink(SetupLink.PathOf(token), row.ExpiresAt);
    }

    /// <summary>The tenant that a token makes the owner of, or null if it is none, used or too old.</summary>
    public async Task<TenantId?> FindAsync(IdentityDbContext db, byte[] hash, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        return await db.OwnerLinks.IgnoreQueryFilters()
            .Where(link => link.TokenHash == hash && link.UsedAt == null && link.ExpiresAt > now
                && db.Tenants.Any(tenant => tenant.TenantId == link.TenantId && tenant.DisabledAt == null))
            .Select(link => (TenantId?)link.TenantId)
            .SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>Uses a link of the present tenant up; false if somebody else was faster.</summary>
    public async Task<bool> TakeAsync(IdentityDbContext db, byte[] hash, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return await db.OwnerLinks
            .Where(link => link.TokenHash == hash && link.UsedAt == null && link.ExpiresAt > now)
            .ExecuteUpdateAsync(link => link.SetProperty(used => used.UsedAt, now), cancellationToken) == 1;
    }
}

/// <summary>A link that makes the owner of a tenant. It is shown once.</summary>
/// <param name="Path">What to put behind the server's address. It holds a secret behind its <c>#</c>, which no proxy sees.</param>
/// <param name="ExpiresAt">Until when it can be used.</param>
public sealed record OwnerLink(string Path, DateTimeOffset ExpiresAt);
