using CodexOS.Identity.Contracts;
using CodexOS.Identity.SingleSignOn.Connections;
using CodexOS.Identity.SingleSignOn.Domains;
using CodexOS.Identity.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.Scim.Groups;

/// <summary>
/// Which roles the groups of the present tenant give. That is said by its single sign-on connections, whose roles an owner
/// reached who set them up; a person is looked up by the verified domain of their address.
/// </summary>
internal sealed class RoleMappings
{
    private readonly Dictionary<string, RoleMapping> _byDomain;

    private RoleMappings(Dictionary<string, RoleMapping> byDomain) => _byDomain = byDomain;

    public static async Task<RoleMappings> ReadAsync(IdentityDbContext db, CancellationToken cancellationToken)
    {
        var domains = await (
            from domain in db.SsoDomains
            join connection in db.SsoConnections on domain.ConnectionId equals connection.ConnectionId
            where domain.VerifiedAt != null
            select new { domain.Domain, connection.ConnectionId, connection.GroupRoles, connection.DefaultRole })
            .ToListAsync(cancellationToken);
        return new RoleMappings(domains.ToDictionary(
            static row => row.Domain,
            static row => new RoleMapping(row.ConnectionId, GroupRoles.Read(row.GroupRoles), row.DefaultRole),
            StringComparer.Ordinal));
    }

    /// <summary>What counts for a person; null where the domain of their address is not the tenant's.</summary>
    public RoleMapping? Of(string address) =>
        DomainStore.DomainOf(address) is { } domain ? _byDomain.GetValueOrDefault(domain) : null;
}

/// <summary>Which role a person's groups give.</summary>
/// <param name="Connection">The connection that says so.</param>
/// <param name="Groups">The role of each group, by its name or its id at the provider; of several, the first counts.</param>
/// <param name="DefaultRole">The role of whoever is in none of them; null gives none.</param>
internal sealed record RoleMapping(SsoConnectionId Connection, IReadOnlyList<GroupRole> Groups, string? DefaultRole)
{
    /// <summary>Whether one of these groups gives a role.</summary>
    public bool Mentions(IReadOnlySet<string> groups) => Groups.Any(entry => groups.Contains(entry.Group));

    /// <summary>The role of somebody who is in these groups; null if nothing gives them one.</summary>
    public string? RoleOf(IReadOnlySet<string> groups) => GroupRoles.RoleOf(Groups, groups, DefaultRole);
}
