using System.Collections.Frozen;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Permissions;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SingleSignOn.Connections;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Access;

/// <summary>A role that somebody is to have: built in, or the tenant's own.</summary>
internal sealed record AssignedRole(Role? BuiltIn, RoleId? Own, Standing Standing);

/// <summary>
/// The roles of the present tenant: those that come with CodexOS, and its own. A change counts for every holder from
/// their next request on.
/// </summary>
internal sealed class RoleStore(
    IDbContextFactory<IdentityDbContext> databases, IAuditLog audit, KnownCallers callers, TenantContext tenants,
    IOptions<IdentityOptions> options, TimeProvider clock)
{
    private static readonly FrozenDictionary<Role, string> Descriptions = new Dictionary<Role, string>
    {
        [Role.Owner] = "Everything, always",
        [Role.Admin] = "Runs the installation for everybody",
        [Role.Developer] = "Writes agents and runs them",
        [Role.Operator] = "Runs what others wrote, and decides approvals",
        [Role.Viewer] = "Looks",
        [Role.Auditor] = "Looks at everything, including the system, and changes nothing",
    }.ToFrozenDictionary();

    /// <summary>All roles, by name. A tenant has at most <see cref="IdentityOptions.RolesMax"/> of its own.</summary>
    public async Task<IReadOnlyList<TenantRole>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var own = await db.Roles.AsNoTracking().ToListAsync(cancellationToken);
        return
        [
            .. own.Select(ViewOf).Concat(Enum.GetValues<Role>().Select(ViewOf))
                .OrderBy(static role => role.Name, StringComparer.Ordinal),
        ];
    }

    public async Task<Result<TenantRole>> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (RoleNames.BuiltIn(name) is { } builtIn) return ViewOf(builtIn);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Roles.AsNoTracking().SingleOrDefaultAsync(role => role.Name == name, cancellationToken) is { } row
            ? ViewOf(row)
            : AccessFaults.RoleNotFound(name);
    }

    /// <summary>The role of a name, for somebody who is to have it.</summary>
    public static async Task<Result<AssignedRole>> FindAsync(
        IdentityDbContext db, string name, CancellationToken cancellationToken)
    {
        if (RoleNames.BuiltIn(name) is { } builtIn) return new AssignedRole(builtIn, null, Standing.Of(builtIn));
        var row = await db.Roles.AsNoTracking().SingleOrDefaultAsync(role => role.Name == name, cancellationToken);
        return row is null
            ? AccessFaults.RoleNotFound(name)
            : new AssignedRole(null, row.RoleId, Standing.Of(row.Name, row.Permissions));
    }

    public async Task<Result<TenantRole>> CreateAsync(
        CreateRoleRequest request, Actor actor, CancellationToken cancellationToken)
    {
        if (RoleNames.BuiltIn(request.Name) is not null) return BuiltInName(request.Name);
        if (AccessFaults.OfGiving(request.Permissions, actor.Caller.May) is { } beyond) return beyond;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Roles.CountAsync(cancellationToken) >= options.Value.RolesMax) return TooMany();
        var now = clock.GetUtcNow();
        var row = new RoleRow
        {
            RoleId = RoleId.New(clock),
            TenantId = tenants.Required,
            Name = request.Name,
            Description = request.Description.Trim(),
            Permissions = PermissionList.Write(request.Permissions),
            Revision = 1,
            CreatedAt = now,
            CreatedBy = actor.Caller.User,
            ChangedAt = now,
        };
        db.Roles.Add(row);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return new Fault("identity.role_exists", FaultKind.Conflict, $"There is a role '{request.Name}' already.");
        }

        await audit.RecordAsync(
            AuditEntry.Done("roles.create").On("role", row.Name).With("permissions", row.Permissions), db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ViewOf(row);
    }

    public async Task<Result<TenantRole>> UpdateAsync(
        string name, UpdateRoleRequest request, Actor actor, CancellationToken cancellationToken)
    {
        if (RoleNames.BuiltIn(name) is not null) return BuiltInName(name);
        if (request.Permissions is { } wanted && AccessFaults.OfGiving(wanted, actor.Caller.May) is { } beyond)
            return beyond;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Roles.SingleOrDefaultAsync(role => role.Name == name, cancellationToken) is not { } row)
            return AccessFaults.RoleNotFound(name);
        if (request.Revision is { } expected && expected != row.Revision) return Changed(name);
        var before = row.Permissions;
        row.Description = request.Description?.Trim() ?? row.Description;
        row.Permissions = request.Permissions is { } permissions ? PermissionList.Write(permissions) : before;
        row.Revision++;
        row.ChangedAt = clock.GetUtcNow();
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return Changed(name);
        }

        await audit.RecordAsync(
            AuditEntry.Done("roles.update").On("role", name).With("before", before).With("permissions", row.Permissions),
            db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(row.TenantId);
        return ViewOf(row);
    }

    /// <summary>Deletes a role that nobody has.</summary>
    public async Task<Result<Done>> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        if (RoleNames.BuiltIn(name) is not null) return BuiltInName(name);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Roles.AsNoTracking().SingleOrDefaultAsync(role => role.Name == name, cancellationToken) is not { } row)
            return AccessFaults.RoleNotFound(name);
        if (await IsHeldAsync(db, row, cancellationToken))
        {
            return new Fault(
                "identity.role_in_use",
                FaultKind.Conflict,
                $"Somebody has the role '{name}', in the tenant or in a project, was invited with it, or is given it by single "
                + "sign-on. Give them another one first.");
        }

        await db.Roles.Where(role => role.RoleId == row.RoleId).ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("roles.delete").On("role", name).With("permissions", row.Permissions), db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Done.Value;
    }

    private static async Task<bool> IsHeldAsync(IdentityDbContext db, RoleRow role, CancellationToken cancellationToken) =>
        await db.Memberships.AnyAsync(row => row.RoleId == role.RoleId, cancellationToken)
        || await db.ServiceAccounts.AnyAsync(row => row.RoleId == role.RoleId, cancellationToken)
        || await db.Invitations.AnyAsync(row => row.RoleId == role.RoleId, cancellationToken)
        || await db.ProjectMembers.AnyAsync(row => row.RoleId == role.RoleId, cancellationToken)
        || (await db.SsoConnections.AsNoTracking().ToListAsync(cancellationToken))
            .Exists(connection => GroupRoles.Gives(connection, role.Name));

    private static TenantRole ViewOf(RoleRow row) => new(
        row.Name, row.Description, false, [.. PermissionList.Read(row.Permissions).Order(StringComparer.Ordinal)],
        row.Revision);

    private static TenantRole ViewOf(Role role) => new(
        RoleNames.Of(role), Descriptions[role], true, [.. PermissionTable.Of(role).Order(StringComparer.Ordinal)], 0);

    private static Fault BuiltInName(string name) => new(
        "identity.role_built_in",
        FaultKind.Conflict,
        $"'{name}' comes with CodexOS and cannot be made, changed or deleted. Make a role of another name.");

    private static Fault Changed(string name) => new(
        "identity.role_changed",
        FaultKind.Conflict,
        $"The role '{name}' was changed by somebody else in between. Read it again, then change it.");

    private Fault TooMany() => new(
        "identity.too_many_roles",
        FaultKind.LimitReached,
        $"A tenant has at most {options.Value.RolesMax} roles of its own. Delete one that nobody has.");
}
