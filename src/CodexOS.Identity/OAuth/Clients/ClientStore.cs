using System.Buffers.Text;
using System.Security.Cryptography;
using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.ServiceAccounts;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.OAuth.Clients;

/// <summary>The OAuth clients of the present tenant.</summary>
internal sealed class ClientStore(
    IDbContextFactory<IdentityDbContext> databases, ServiceAccountStore accounts, KnownCallers callers, IAuditLog audit,
    TenantContext tenants, IOptions<OAuthOptions> options, TimeProvider clock)
{
    private const string SecretPrefix = "cds_";
    private const int SecretBytes = 32;

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<OAuthClientSummary>> ListAsync(
        OAuthClientId? before, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var rows = db.OAuthClients.AsNoTracking();
        if (before is { } last) rows = rows.Where(row => row.ClientId.CompareTo(last) < 0);
        return await ReadAsync(db, rows.OrderByDescending(row => row.ClientId).Take(countMax), cancellationToken);
    }

    /// <summary>One of them.</summary>
    public async Task<Result<OAuthClientSummary>> FindAsync(OAuthClientId id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var found = await ReadAsync(db, db.OAuthClients.AsNoTracking().Where(row => row.ClientId == id), cancellationToken);
        return found is [var one] ? one : ClientFaults.NotFound;
    }

    /// <summary>Registers a client. One that acts for a service account does no more than whoever registers it.</summary>
    public async Task<Result<CreatedOAuthClient>> CreateAsync(
        CreateOAuthClientRequest request, Actor actor, CancellationToken cancellationToken)
    {
        if (ProblemOf(request) is { } problem) return problem;
        UserId? account = null;
        if (request.ServiceAccount is { } name)
        {
            if (actor.Caller.Lacks("service_accounts:write") is { } missing) return missing;
            if (!(await accounts.FindRowAsync(name, cancellationToken)).TryGet(out var found, out var fault)) return fault;
            if (AccessFaults.OfReaching(actor, found.Standing) is { } beyond) return beyond;
            if (AccessFaults.OfGiving(request.Scopes, actor.Caller.May) is { } notHeld) return notHeld;
            account = found.Row.ServiceAccountId;
        }

        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await IsFullAsync(db, cancellationToken)) return ClientFaults.TooMany(options.Value.ClientsPerTenantMax);
        var secret = request.Kind is OAuthClientKind.Public
            ? null
            : SecretPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var row = new OAuthClientRow
        {
            TenantId = tenants.Required,
            ClientId = OAuthClientId.New(clock),
            Name = request.Name.Trim(),
            Kind = request.Kind,
            IsDynamic = false,
            SecretHash = secret is null ? null : OAuthClient.HashOf(secret),
            RedirectUris = string.Join('\n', request.RedirectUris),
            Scopes = Scopes.Write(request.Scopes),
            DeviceFlow = request.DeviceFlow,
            ServiceAccountId = account,
            CreatedAt = clock.GetUtcNow(),
            CreatedBy = actor.Caller.User,
        };
        db.OAuthClients.Add(row);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(EntryOf("clients.create", row), db, cancellationToken);
        var view = (await ReadAsync(
            db, db.OAuthClients.AsNoTracking().Where(one => one.ClientId == row.ClientId), cancellationToken)).Single();
        await transaction.CommitAsync(cancellationToken);
        return new CreatedOAuthClient(view, secret);
    }

    /// <summary>
    /// Puts a program that registered itself among the clients of the present tenant, where somebody lets it in. The caller
    /// saves and commits.
    /// </summary>
    public async Task<Fault?> LetInAsync(
        IdentityDbContext db, OAuthClient client, UserId by, CancellationToken cancellationToken)
    {
        if (!client.IsDynamic || client.Id is not { } id
            || await db.OAuthClients.AnyAsync(row => row.ClientId == id, cancellationToken))
        {
            return null;
        }

        if (await IsFullAsync(db, cancellationToken)) return ClientFaults.TooMany(options.Value.ClientsPerTenantMax);
        var row = new OAuthClientRow
        {
            TenantId = tenants.Required,
            ClientId = id,
            Name = client.Name,
            Kind = OAuthClientKind.Public,
            IsDynamic = true,
            RedirectUris = string.Join('\n', client.RedirectUris),
            Scopes = Scopes.Write(client.Allowed),
            DeviceFlow = false,
            CreatedAt = clock.GetUtcNow(),
            CreatedBy = by,
        };
        db.OAuthClients.Add(row);
        await audit.RecordAsync(EntryOf("clients.let_in", row), db, cancellationToken);
        return null;
    }

    /// <summary>Deletes a client, and ends what it was let have: nothing of it works from the next request on.</summary>
    public async Task<Result<Done>> DeleteAsync(OAuthClientId id, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.OAuthClients.SingleOrDefaultAsync(row => row.ClientId == id, cancellationToken) is not { } row)
            return ClientFaults.NotFound;
        db.OAuthClients.Remove(row);
        await db.SaveChangesAsync(cancellationToken);
        await db.OAuthCodes.Where(code => code.ClientId == id && code.UsedAt == null).ExecuteDeleteAsync(cancellationToken);
        var ended = await db.Sessions.Where(session => session.ClientId == id && session.EndedAt == null)
            .ExecuteUpdateAsync(
                session => session.SetProperty(gone => gone.EndedAt, now)
                    .SetProperty(gone => gone.EndReason, EndReasons.ClientDeleted),
                cancellationToken);
        await audit.RecordAsync(
            EntryOf("clients.delete", row).With("sessions_ended", $"{ended}"), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(row.TenantId);
        return Done.Value;
    }

    private static Fault? ProblemOf(CreateOAuthClientRequest request)
    {
        var unknown = request.Scopes.Where(static scope => !Scopes.Has(scope)).Order(StringComparer.Ordinal).ToList();
        if (unknown.Count > 0) return ClientFaults.UnknownScopes(unknown);
        if (request.Kind is OAuthClientKind.Service)
        {
            return request.ServiceAccount is null || request.RedirectUris.Count > 0 || request.DeviceFlow
                || request.Scopes.Any(Scopes.IsOfIdentity)
                ? ClientFaults.ServiceOnly
                : null;
        }

        if (request.ServiceAccount is not null) return ClientFaults.ServiceOnly;
        if (request.RedirectUris.Count == 0 && !request.DeviceFlow) return ClientFaults.NoRedirectUri;
        foreach (var uri in request.RedirectUris)
        {
            if (RedirectUris.ProblemOf(uri) is { } problem) return ClientFaults.BadRedirectUri(uri, problem);
        }

        return null;
    }

    private async Task<bool> IsFullAsync(IdentityDbContext db, CancellationToken cancellationToken) =>
        await db.OAuthClients.CountAsync(cancellationToken) >= options.Value.ClientsPerTenantMax;

    private async Task<List<OAuthClientSummary>> ReadAsync(
        IdentityDbContext db, IQueryable<OAuthClientRow> clients, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var rows = await clients
            .Select(client => new
            {
                Client = client,
                Account = db.ServiceAccounts.Where(account => account.ServiceAccountId == client.ServiceAccountId)
                    .Select(account => account.Name).FirstOrDefault(),
                Sessions = db.Sessions.Count(session => session.ClientId == client.ClientId
                    && session.EndedAt == null && session.ExpiresAt > now),
            })
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(row => new OAuthClientSummary(
            row.Client.ClientId, row.Client.Name, row.Client.Kind, row.Client.IsDynamic,
            row.Client.RedirectUris.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            [.. Scopes.Split(row.Client.Scopes).Order(StringComparer.Ordinal)], row.Client.DeviceFlow, row.Account, row.Sessions,
            row.Client.CreatedAt));
    }

    private static AuditEntry EntryOf(string action, OAuthClientRow row) =>
        AuditEntry.Done(action).On("oauth_client", row.ClientId.ToString()).With("name", row.Name)
            .With("kind", row.Kind.ToString().ToLowerInvariant()).With("scopes", row.Scopes);
}
