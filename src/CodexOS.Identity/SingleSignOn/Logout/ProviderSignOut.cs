using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.SingleSignOn.Providers;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.SingleSignOn.Logout;

/// <summary>
/// Where a browser goes to sign out at the provider as well (OpenID Connect RP-Initiated Logout 1.0). Whatever is wrong with
/// the provider keeps nobody from signing out here.
/// </summary>
internal sealed class ProviderSignOut(
    IDbContextFactory<IdentityDbContext> databases, ProviderDirectory providers, IVault vault, Issuer server,
    TenantContext tenants)
{
    /// <summary>The address for a session that ended; null if it came by a password, or the provider has none.</summary>
    public async Task<Uri?> AddressOfAsync(TenantId tenant, SessionId session, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(tenant);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var found = await (
            from row in db.Sessions
            join said in db.SsoSignIns on row.SsoSignInId equals (Entry.SsoSignInId?)said.SignInId
            join connection in db.SsoConnections on said.ConnectionId equals connection.ConnectionId
            where row.SessionId == session
            select new { Said = said, connection.Issuer, connection.ClientId })
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken);
        if (found is null
            || !(await providers.FindAsync(found.Issuer, cancellationToken)).TryGet(out var provider, out _)
            || provider.Metadata.EndSessionEndpoint is not { Length: > 0 } address
            || !Uri.TryCreate(address, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("https" or "http"))
        {
            return null;
        }

        var opened = await vault.OpenAsync(db, found.Said, it => it.IdToken, cancellationToken);
        var members = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["client_id"] = found.ClientId,
            ["post_logout_redirect_uri"] = server.At(SsoRoutes.AfterSignOut),
            ["id_token_hint"] = opened.TryGet(out var idToken, out _) ? idToken : null,
        };
        return new Uri(QueryHelpers.AddQueryString(address, members.Where(static member => member.Value is not null)));
    }
}
