using CodexOS.Identity.Contracts;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.OAuth.Clients;

/// <summary>Finds clients by what they call themselves, and checks that it is they.</summary>
internal sealed class ClientDirectory(
    IDbContextFactory<IdentityDbContext> databases, DynamicClients dynamic, TenantContext tenants)
{
    /// <summary>A client that may ask at present, or null. Its tenant is not known before it is found.</summary>
    public async Task<OAuthClient?> FindAsync(string clientId, CancellationToken cancellationToken)
    {
        if (clientId == OAuthClient.CommandLine.PublicId) return OAuthClient.CommandLine;
        if (clientId.StartsWith(DynamicClients.Prefix, StringComparison.Ordinal)) return dynamic.Find(clientId);
        if (!OAuthClientId.TryParse(clientId, null, out var id)) return null;
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        // One that registered itself goes by its registration, wherever it was let in.
        return await db.OAuthClients
            .Where(row => row.ClientId == id && !row.IsDynamic
                && db.Tenants.Any(tenant => tenant.TenantId == row.TenantId && tenant.DisabledAt == null))
            .IgnoreQueryFilters()
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken) is { } found
            ? OAuthClient.Of(found)
            : null;
    }

    /// <summary>The client that makes a request, if it shows that it is who it says; otherwise null.</summary>
    public async Task<OAuthClient?> AuthenticateAsync(HttpContext context, OAuthForm form) =>
        form.Credentials(context) is var (id, secret)
        && await FindAsync(id, context.RequestAborted) is { } client && client.IsProvenBy(secret)
            ? client
            : null;
}
