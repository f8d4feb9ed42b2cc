using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.Scim.Groups;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SingleSignOn.Domains;
using CodexOS.Identity.SingleSignOn.Providers;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.SingleSignOn.Connections;

/// <summary>
/// The connections of the present tenant. Whoever sets one up decides who signs in as whom, so that they must reach every
/// role that it gives, before and after a change.
/// </summary>
internal sealed class ConnectionStore(
    IDbContextFactory<IdentityDbContext> databases, IVault vault, KnownCallers callers, ScimRoles scim, IAuditLog audit,
    Issuer server, TenantContext tenants, IOptions<SingleSignOnOptions> options, TimeProvider clock)
{
    private const string DefaultScopes = "openid email profile";
    private const string DefaultGroupsClaim = "groups";

    /// <summary>Oldest first.</summary>
    public async Task<IReadOnlyList<SsoConnection>> ListAsync(
        SsoConnectionId? after, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var rows = db.SsoConnections.AsNoTracking();
        if (after is { } last) rows = rows.Where(row => row.ConnectionId.CompareTo(last) > 0);
        return await ReadAsync(db, rows.OrderBy(row => row.ConnectionId).Take(countMax), cancellationToken);
    }

    /// <summary>One of them.</summary>
    public async Task<Result<SsoConnection>> FindAsync(SsoConnectionId id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await ViewAsync(db, id, cancellationToken) is { } found ? found : ConnectionFaults.NotFound;
    }

    public async Task<Result<SsoConnection>> CreateAsync(
        SetSsoConnectionRequest request, Actor actor, CancellationToken cancellationToken)
    {
        if (request is not { Name: { } name, Issuer: { } issuer, ClientId: { } clientId, ClientSecret: { } secret })
            return ConnectionFaults.Incomplete;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await db.SsoConnections.CountAsync(cancellationToken) >= options.Value.ConnectionsPerTenantMax)
            return ConnectionFaults.TooManyConnections(options.Value.ConnectionsPerTenantMax);
        var now = clock.GetUtcNow();
        var row = new SsoConnectionRow
        {
            ConnectionId = SsoConnectionId.New(clock),
            TenantId = tenants.Required,
            Name = name.Trim(),
            Issuer = issuer,
            ClientId = clientId,
            Scopes = DefaultScopes,
            GroupsClaim = DefaultGroupsClaim,
            GroupRoles = GroupRoles.Write([]),
            Provisioning = false,
            Enforced = false,
            Enabled = true,
            AcceptsSecondFactor = false,
            Revision = 0,
            CreatedAt = now,
            CreatedBy = actor.Caller.User,
            ChangedAt = now,
        };
        db.SsoConnections.Add(row);
        return await WriteAsync(db, row, request, secret, "sso_connections.create", actor, cancellationToken);
    }

    public async Task<Result<SsoConnection>> UpdateAsync(
        SsoConnectionId id, SetSsoConnectionRequest request, Actor actor, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await db.SsoConnections.SingleOrDefaultAsync(row => row.ConnectionId == id, cancellationToken) is not { } row)
            return ConnectionFaults.NotFound;
        if (request.Revision is { } expected && expected != row.Revision) return ConnectionFaults.Changed;
        if (await BeyondAsync(db, row, actor, cancellationToken) is { } beyond) return beyond;
        if (request.Issuer is { } other && other != row.Issuer && request.ClientSecret is null)
            return ConnectionFaults.SecretNeeded;
        return await WriteAsync(db, row, request, request.ClientSecret, "sso_connections.update", actor, cancellationToken);
    }

    /// <summary>Deletes a connection with its domains and links, and ends the sessions that came by it.</summary>
    public async Task<Result<Done>> DeleteAsync(SsoConnectionId id, Actor actor, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.SsoConnections.SingleOrDefaultAsync(row => row.ConnectionId == id, cancellationToken) is not { } row)
            return ConnectionFaults.NotFound;
        if (await BeyondAsync(db, row, actor, cancellationToken) is { } beyond) return beyond;
        var ended = await db.Sessions
            .Where(session => session.EndedAt == null
                && db.SsoSignIns.Any(one => one.SignInId == session.SsoSignInId && one.ConnectionId == id))
            .ExecuteUpdateAsync(
                session => session.SetProperty(gone => gone.EndedAt, now)
                    .SetProperty(gone => gone.EndReason, EndReasons.ConnectionDeleted),
                cancellationToken);
        await db.SsoConnections.Where(one => one.ConnectionId == id).ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(
            EntryOf("sso_connections.delete", row).With("sessions_ended", $"{ended}"), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(row.TenantId);
        return Done.Value;
    }

    /// <summary>The connection with its secret, for asking its provider.</summary>
    public async Task<Result<(SsoConnectionRow Row, string Secret)>> OpenAsync(
        SsoConnectionId id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await db.SsoConnections.AsNoTracking().SingleOrDefaultAsync(row => row.ConnectionId == id, cancellationToken)
            is not { } row)
        {
            return ConnectionFaults.NotFound;
        }

        return (await vault.OpenAsync(db, row, it => it.ClientSecret, cancellationToken)).TryGet(out var secret, out var fault)
            ? (row, secret)
            : fault;
    }

    private async Task<Result<SsoConnection>> WriteAsync(
        IdentityDbContext db, SsoConnectionRow row, SetSsoConnectionRequest wish, string? secret, string action, Actor actor,
        CancellationToken cancellationToken)
    {
        if (ProviderAddress.ProblemOfIssuer(wish.Issuer ?? row.Issuer, options.Value.AllowPlainHttp) is { } problem)
            return ConnectionFaults.BadIssuer(problem);
        var before = (row.GroupRoles, row.DefaultRole);
        Apply(row, wish);
        if (await BeyondAsync(db, row, actor, cancellationToken) is { } beyond) return beyond;
        if (secret is not null)
            row.ClientSecret = await vault.SealAsync(db, row, it => it.ClientSecret, secret, cancellationToken);
        row.Revision++;
        row.ChangedAt = clock.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return ConnectionFaults.Changed;
        }

        await audit.RecordAsync(
            EntryOf(action, row).With("secret", secret is null ? "kept" : "set"), db, cancellationToken);
        var changed = (row.GroupRoles, row.DefaultRole) == before
            ? []
            : await scim.ApplyAsync(db, row, before.GroupRoles, cancellationToken);
        var view = (await ViewAsync(db, row.ConnectionId, cancellationToken))!;
        await transaction.CommitAsync(cancellationToken);
        changed.ForEach(callers.Forget);
        return view;
    }

    private static void Apply(SsoConnectionRow row, SetSsoConnectionRequest wish)
    {
        row.Name = wish.Name?.Trim() ?? row.Name;
        row.Issuer = wish.Issuer ?? row.Issuer;
        row.ClientId = wish.ClientId ?? row.ClientId;
        row.Scopes = wish.Scopes ?? row.Scopes;
        row.GroupsClaim = wish.GroupsClaim ?? row.GroupsClaim;
        if (wish.GroupRoles is { } roles) row.GroupRoles = GroupRoles.Write(roles);
        if (wish.DefaultRole is { } role) row.DefaultRole = role.Length == 0 ? null : role;
        row.Provisioning = wish.Provisioning ?? row.Provisioning;
        row.Enforced = wish.Enforced ?? row.Enforced;
        row.Enabled = wish.Enabled ?? row.Enabled;
        row.AcceptsSecondFactor = wish.AcceptsSecondFactor ?? row.AcceptsSecondFactor;
        if (wish.SecondFactorAcr is { } acr) row.SecondFactorAcr = acr.Length == 0 ? null : acr;
    }

    /// <summary>What keeps an actor from touching a connection: a role that it gives and they do not reach.</summary>
    private static async Task<Fault?> BeyondAsync(
        IdentityDbContext db, SsoConnectionRow row, Actor actor, CancellationToken cancellationToken)
    {
        var given = GroupRoles.Read(row.GroupRoles).Select(static entry => entry.Role);
        foreach (var name in row.DefaultRole is { } byDefault ? given.Append(byDefault) : given)
        {
            if (!(await RoleStore.FindAsync(db, name, cancellationToken)).TryGet(out var role, out var fault)) return fault;
            if (AccessFaults.OfReaching(actor, role.Standing) is { } beyond) return beyond;
        }

        return null;
    }

    private async Task<SsoConnection?> ViewAsync(IdentityDbContext db, SsoConnectionId id, CancellationToken cancellationToken) =>
        (await ReadAsync(db, db.SsoConnections.AsNoTracking().Where(row => row.ConnectionId == id), cancellationToken))
        .SingleOrDefault();

    private async Task<List<SsoConnection>> ReadAsync(
        IdentityDbContext db, IQueryable<SsoConnectionRow> connections, CancellationToken cancellationToken)
    {
        var rows = await connections
            .Select(row => new
            {
                Row = row,
                Domains = db.SsoDomains.Where(domain => domain.ConnectionId == row.ConnectionId)
                    .OrderBy(domain => domain.Domain).ToList(),
                Accounts = db.SsoAccounts.Count(account => account.ConnectionId == row.ConnectionId),
            })
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(found => ViewOf(found.Row, found.Domains, found.Accounts));
    }

    private SsoConnection ViewOf(SsoConnectionRow row, IEnumerable<SsoDomainRow> domains, int accounts) => new(
        row.ConnectionId, row.Name, row.Issuer, row.ClientId, row.Scopes, row.GroupsClaim, GroupRoles.Read(row.GroupRoles),
        row.DefaultRole, row.Provisioning, row.Enforced, row.Enabled, row.AcceptsSecondFactor, row.SecondFactorAcr,
        [.. domains.Select(DomainStore.ViewOf)],
        server.At(SsoRoutes.Callback(row.ConnectionId)), server.At(SsoRoutes.AfterSignOut),
        server.At(SsoRoutes.BackchannelLogout(row.ConnectionId)), server.At(SsoRoutes.SignInPage(row.ConnectionId)), accounts,
        row.Revision, row.CreatedAt, row.ChangedAt);

    private static AuditEntry EntryOf(string action, SsoConnectionRow row) =>
        AuditEntry.Done(action).On("sso_connection", row.ConnectionId.ToString()).With("name", row.Name)
            .With("issuer", row.Issuer).With("client_id", row.ClientId).With("group_roles", row.GroupRoles)
            .With("default_role", row.DefaultRole ?? "none").With("provisioning", Word(row.Provisioning))
            .With("enforced", Word(row.Enforced)).With("enabled", Word(row.Enabled))
            .With("accepts_second_factor", Word(row.AcceptsSecondFactor));

    private static string Word(bool value) => value ? "yes" : "no";
}
