using CodexOS.Identity.Contracts;
using CodexOS.Identity.SingleSignOn.Domains;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Ids;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.SingleSignOn.Entry;

/// <summary>Where a tenant wants its people to sign in through its provider and not with a password.</summary>
internal static class SsoEnforcement
{
    /// <summary>
    /// Whether a member of the present tenant cannot sign in with a password. Owners can, so that a provider that is broken
    /// or set up wrongly locks no tenant out.
    /// </summary>
    public static async Task<bool> RefusesPasswordAsync(
        IdentityDbContext db, UserId user, string emailKey, CancellationToken cancellationToken) =>
        DomainStore.DomainOf(emailKey) is { } domain
        && await db.SsoDomains.AnyAsync(
            row => row.Domain == domain && row.VerifiedAt != null
                && db.SsoConnections.Any(connection =>
                    connection.ConnectionId == row.ConnectionId && connection.Enabled && connection.Enforced)
                && !db.Memberships.Any(member => member.UserId == user && member.Role == Role.Owner),
            cancellationToken);
}
