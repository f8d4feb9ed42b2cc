using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.SingleSignOn.Domains;
using CodexOS.Identity.SingleSignOn.Providers;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.SingleSignOn.Entry;

/// <summary>Begins a sign-in: finds the connection and sends the browser to its provider.</summary>
internal sealed class SsoStart(
    IDbContextFactory<IdentityDbContext> databases, ProviderDirectory providers, Issuer server, TenantContext tenants,
    IOptions<SingleSignOnOptions> options, TimeProvider clock)
{
    /// <summary>
    /// The connection that a link names, or that an address leads to: of the tenant that has shown that the domain is its own.
    /// The tenant is what is looked for, so this one query looks in all of them.
    /// </summary>
    public async Task<Result<SsoConnectionRow>> FindAsync(
        SsoConnectionId? id, string? email, CancellationToken cancellationToken)
    {
        var domain = email is null ? null : DomainStore.DomainOf(email);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        var usable = db.SsoConnections.Where(row => row.Enabled
            && db.Tenants.Any(tenant => tenant.TenantId == row.TenantId && tenant.DisabledAt == null));
        var wanted = id is { } named
            ? usable.Where(row => row.ConnectionId == named)
            : usable.Where(row => db.SsoDomains.Any(one =>
                one.Domain == domain && one.VerifiedAt != null && one.ConnectionId == row.ConnectionId));
        return await wanted.IgnoreQueryFilters().AsNoTracking().SingleOrDefaultAsync(cancellationToken) is { } found
            ? found
            : SsoFaults.NoConnection;
    }

    /// <summary>Writes the attempt down, and says where the browser has to go.</summary>
    public async Task<Result<Uri>> BeginAsync(
        SsoConnectionRow connection, SsoAttempt attempt, string? email, string returnTo, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(connection.TenantId);
        if (!(await providers.FindAsync(connection.Issuer, cancellationToken)).TryGet(out var provider, out var fault))
            return fault;
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.SsoAttempts.Where(row => row.ExpiresAt <= now).ExecuteDeleteAsync(cancellationToken);
        if (await db.SsoAttempts.CountAsync(cancellationToken) >= options.Value.AttemptsPerTenantMax)
            return SsoFaults.TooManyAttempts;
        db.SsoAttempts.Add(new SsoAttemptRow
        {
            StateHash = attempt.StateHash,
            TenantId = connection.TenantId,
            ConnectionId = connection.ConnectionId,
            ReturnTo = returnTo,
            ExpiresAt = now + options.Value.AttemptLifetime,
        });
        await db.SaveChangesAsync(cancellationToken);
        return AddressOf(connection, provider, attempt, email);
    }

    private Uri AddressOf(SsoConnectionRow connection, Provider provider, SsoAttempt attempt, string? email)
    {
        var members = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["response_type"] = "code",
            ["client_id"] = connection.ClientId,
            ["redirect_uri"] = server.At(SsoRoutes.Callback(connection.ConnectionId)),
            ["scope"] = connection.Scopes,
            ["state"] = attempt.State,
            ["nonce"] = attempt.Nonce,
            ["code_challenge"] = attempt.Challenge,
            ["code_challenge_method"] = Pkce.Method,
            ["login_hint"] = email,
            ["acr_values"] = connection.AcceptsSecondFactor ? connection.SecondFactorAcr : null,
        };
        return new Uri(QueryHelpers.AddQueryString(
            provider.Metadata.AuthorizationEndpoint, members.Where(static member => member.Value is not null)));
    }
}
