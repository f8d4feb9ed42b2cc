using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.ServiceAccounts;

/// <summary>The service accounts of the present tenant. A change counts for their keys from the next request on.</summary>
internal sealed class ServiceAccountStore(
    IDbContextFactory<IdentityDbContext> databases, IAuditLog audit, KnownCallers callers, TenantContext tenants,
    IOptions<IdentityOptions> options, TimeProvider clock)
{
    /// <summary>By name, after a name.</summary>
    public async Task<IReadOnlyList<ServiceAccount>> ListAsync(
        string? after, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        // There are few, and databases order names by rules of their own.
        var found = await ReadAsync(db, db.ServiceAccounts, cancellationToken);
        return
        [
            .. found.OrderBy(account => account.Name, StringComparer.Ordinal)
                .Where(account => string.CompareOrdinal(account.Name, after) > 0).Take(countMax),
        ];
    }

    /// <summary>One, by name or id.</summary>
    public async Task<Result<ServiceAccount>> FindAsync(string account, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return (await ReadAsync(db, Named(db, account), cancellationToken)).SingleOrDefault() is { } found
            ? found
            : NotFound(account);
    }

    /// <summary>The row and the standing of one, by name or id, for whoever gives it something.</summary>
    public async Task<Result<(ServiceAccountRow Row, Standing Standing)>> FindRowAsync(
        string account, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var row = await Named(db, account).AsNoTracking().SingleOrDefaultAsync(cancellationToken);
        if (row is null) return NotFound(account);
        return (row, await StandingOfAsync(db, row, cancellationToken));
    }

    public async Task<Result<ServiceAccount>> CreateAsync(
        CreateServiceAccountRequest request, Actor actor, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var assigned = await AssignableAsync(db, request.Role, actor, cancellationToken);
        if (!assigned.TryGet(out var role, out var fault)) return fault;
        if (await db.ServiceAccounts.CountAsync(cancellationToken) >= options.Value.ServiceAccountsMax) return TooMany();
        var row = new ServiceAccountRow
        {
            ServiceAccountId = UserId.New(clock),
            TenantId = tenants.Required,
            Name = request.Name,
            Description = request.Description.Trim(),
            Role = role.BuiltIn,
            RoleId = role.Own,
            State = MemberState.Active,
            CreatedAt = clock.GetUtcNow(),
            CreatedBy = actor.Caller.User,
        };
        db.ServiceAccounts.Add(row);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return new Fault(
                "identity.service_account_exists", FaultKind.Conflict,
                $"There is a service account '{request.Name}' already.");
        }

        await audit.RecordAsync(
            EntryOf("service_accounts.create", row).With("role", role.Standing.Role), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ViewOf(row, role.Standing.Role, keysCount: 0);
    }

    public async Task<Result<ServiceAccount>> UpdateAsync(
        string account, UpdateServiceAccountRequest request, Actor actor, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await Named(db, account).SingleOrDefaultAsync(cancellationToken) is not { } row) return NotFound(account);
        if (AccessFaults.OfReaching(actor, await StandingOfAsync(db, row, cancellationToken)) is { } beyond) return beyond;
        var entry = EntryOf("service_accounts.update", row);
        if (request.Role is { } name)
        {
            var assigned = await AssignableAsync(db, name, actor, cancellationToken);
            if (!assigned.TryGet(out var role, out var fault)) return fault;
            (row.Role, row.RoleId) = (role.BuiltIn, role.Own);
            entry = entry.With("role", role.Standing.Role);
        }

        if (request.State is { } state)
        {
            row.State = state;
            entry = entry.With("state", state.ToString().ToLowerInvariant());
        }

        row.Description = request.Description?.Trim() ?? row.Description;
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(entry, db, cancellationToken);
        var view = (await ReadAsync(
            db, db.ServiceAccounts.Where(one => one.ServiceAccountId == row.ServiceAccountId), cancellationToken)).Single();
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(row.ServiceAccountId);
        return view;
    }

    /// <summary>Deletes an account with its keys, grants and roles in projects.</summary>
    public async Task<Result<Done>> DeleteAsync(string account, Actor actor, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await Named(db, account).AsNoTracking().SingleOrDefaultAsync(cancellationToken) is not { } row)
            return NotFound(account);
        if (AccessFaults.OfReaching(actor, await StandingOfAsync(db, row, cancellationToken)) is { } beyond) return beyond;
        var id = row.ServiceAccountId;
        await db.Grants.Where(grant => grant.SubjectId == id).ExecuteDeleteAsync(cancellationToken);
        await db.ProjectMembers.Where(member => member.SubjectId == id).ExecuteDeleteAsync(cancellationToken);
        await db.ApiKeys.Where(key => key.ServiceAccountId == id).ExecuteDeleteAsync(cancellationToken);
        await db.ServiceAccounts.Where(one => one.ServiceAccountId == id).ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(EntryOf("service_accounts.delete", row), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(id);
        return Done.Value;
    }

    private static IQueryable<ServiceAccountRow> Named(IdentityDbContext db, string account) =>
        UserId.TryParse(account, null, out var id)
            ? db.ServiceAccounts.Where(row => row.ServiceAccountId == id)
            : db.ServiceAccounts.Where(row => row.Name == account);

    private static async Task<Result<AssignedRole>> AssignableAsync(
        IdentityDbContext db, string role, Actor actor, CancellationToken cancellationToken)
    {
        if (!(await RoleStore.FindAsync(db, role, cancellationToken)).TryGet(out var found, out var fault)) return fault;
        if (found.Standing.IsOwner) return NoOwner;
        return AccessFaults.OfReaching(actor, found.Standing) is { } beyond ? beyond : found;
    }

    private static async Task<Standing> StandingOfAsync(
        IdentityDbContext db, ServiceAccountRow row, CancellationToken cancellationToken)
    {
        if (row.Role is { } builtIn) return Standing.Of(builtIn);
        var role = await db.Roles.AsNoTracking().SingleAsync(own => own.RoleId == row.RoleId, cancellationToken);
        return Standing.Of(role.Name, role.Permissions);
    }

    private async Task<List<ServiceAccount>> ReadAsync(
        IdentityDbContext db, IQueryable<ServiceAccountRow> accounts, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var rows = await (
            from account in accounts.AsNoTracking()
            join role in db.Roles on account.RoleId equals (RoleId?)role.RoleId into own
            from role in own.DefaultIfEmpty()
            select new
            {
                Account = account,
                RoleName = role!.Name,
                Keys = db.ApiKeys.Count(key => key.ServiceAccountId == account.ServiceAccountId
                    && key.RevokedAt == null && key.ExpiresAt > now),
            })
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(row => ViewOf(
            row.Account, row.Account.Role is { } role ? RoleNames.Of(role) : row.RoleName, row.Keys));
    }

    private static ServiceAccount ViewOf(ServiceAccountRow row, string role, int keysCount) => new(
        row.ServiceAccountId, row.Name, row.Description, role, row.State, keysCount, row.CreatedAt);

    private static AuditEntry EntryOf(string action, ServiceAccountRow row) =>
        AuditEntry.Done(action).On("service_account", row.ServiceAccountId.ToString()).With("name", row.Name);

    private static Fault NoOwner { get; } = new(
        "identity.service_account_owner", FaultKind.Invalid, "A service account cannot be an owner. Give it another role.");

    private static Fault NotFound(string account) => new(
        "identity.service_account_not_found",
        FaultKind.NotFound,
        $"There is no service account '{account}'. GET /api/v1/service-accounts lists them.");

    private Fault TooMany() => new(
        "identity.too_many_service_accounts",
        FaultKind.LimitReached,
        $"A tenant has at most {options.Value.ServiceAccountsMax} service accounts. Delete one that is not needed.");
}
