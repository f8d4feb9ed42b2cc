using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Permissions;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Projects;

/// <summary>
/// Who belongs to a project. Nobody gives, changes or takes a role there that may do more with the project's things than they
/// may themselves; a change counts from the subject's next request on.
/// </summary>
internal sealed class ProjectMemberStore(
    IDbContextFactory<IdentityDbContext> databases, IAuditLog audit, KnownCallers callers, IOptions<IdentityOptions> options,
    TimeProvider clock)
{
    /// <summary>By id, after an id.</summary>
    public async Task<Result<List<ProjectMember>>> ListAsync(
        string project, UserId? after, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (!await db.Projects.AnyAsync(row => row.Name == project, cancellationToken)) return ProjectFaults.NotFound(project);
        var members = db.ProjectMembers.Where(member =>
            db.Projects.Any(row => row.Name == project && row.ProjectId == member.ProjectId));
        if (after is { } last) members = members.Where(member => member.SubjectId.CompareTo(last) > 0);
        return await ReadAsync(db, members.OrderBy(member => member.SubjectId).Take(countMax), cancellationToken);
    }

    /// <summary>Lets somebody belong to a project, or gives them another role there.</summary>
    public async Task<Result<(ProjectMember Member, bool IsNew)>> SetAsync(
        string project, string subject, SetProjectMemberRequest request, Actor actor, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!(await ProjectStore.TakeTurnAsync(db, project, cancellationToken)).TryGet(out var found, out var fault))
            return fault;
        if (!(await RoleStore.FindAsync(db, request.Role, cancellationToken)).TryGet(out var role, out fault)) return fault;
        if (role.Standing.IsOwner) return ProjectFaults.NoOwner;
        if (!Covers(actor, project, role.Standing.Permissions)) return ProjectFaults.BeyondOwn;
        if (!UserId.TryParse(subject, null, out var id) || !await IsSubjectAsync(db, id, cancellationToken))
            return AccessFaults.SubjectNotFound;

        var row = await db.ProjectMembers.SingleOrDefaultAsync(
            member => member.ProjectId == found.ProjectId && member.SubjectId == id, cancellationToken);
        var isNew = row is null;
        if (row is null)
        {
            if (await FullAsync(db, found.ProjectId, id, cancellationToken) is { } full) return full;
            row = new ProjectMemberRow
            {
                ProjectId = found.ProjectId,
                SubjectId = id,
                TenantId = found.TenantId,
                CreatedAt = clock.GetUtcNow(),
                CreatedBy = actor.Caller.User,
            };
            db.ProjectMembers.Add(row);
        }
        else if (!Covers(actor, project, await PermissionsAsync(db, row, cancellationToken)))
        {
            return ProjectFaults.BeyondOwn;
        }

        (row.Role, row.RoleId) = (role.BuiltIn, role.Own);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return AccessFaults.RoleNotFound(request.Role);
        }

        await audit.RecordAsync(
            AuditEntry.Done("projects.set_member").On("project", project).With("subject", id.ToString())
                .With("role", role.Standing.Role),
            db, cancellationToken);
        var member = (await ReadAsync(
            db, db.ProjectMembers.Where(one => one.ProjectId == found.ProjectId && one.SubjectId == id), cancellationToken))
            .Single();
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(id);
        return (member, isNew);
    }

    /// <summary>Takes somebody out of a project.</summary>
    public async Task<Result<Done>> RemoveAsync(
        string project, string subject, Actor actor, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!(await ProjectStore.TakeTurnAsync(db, project, cancellationToken)).TryGet(out var found, out var fault))
            return fault;
        if (!UserId.TryParse(subject, null, out var id)) return ProjectFaults.MemberNotFound;
        var members = db.ProjectMembers.Where(member => member.ProjectId == found.ProjectId && member.SubjectId == id);
        if (await members.AsNoTracking().SingleOrDefaultAsync(cancellationToken) is not { } row)
            return ProjectFaults.MemberNotFound;
        if (!Covers(actor, project, await PermissionsAsync(db, row, cancellationToken))) return ProjectFaults.BeyondOwn;
        await members.ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("projects.remove_member").On("project", project).With("subject", id.ToString()), db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(id);
        return Done.Value;
    }

    /// <summary>
    /// Whether an actor holds in a project all that permissions give there: for the tenant, or by a role in the project. It is
    /// held on the project itself, and so on whatever comes to lie in it.
    /// </summary>
    private static bool Covers(Actor actor, string project, IEnumerable<string> permissions)
    {
        var itself = new Resource(ResourceKinds.Project, project);
        return PermissionTable.OnThings(permissions).All(permission => actor.Caller.May(permission, itself));
    }

    private async Task<Fault?> FullAsync(
        IdentityDbContext db, ProjectId project, UserId subject, CancellationToken cancellationToken)
    {
        var limits = options.Value;
        if (await db.ProjectMembers.CountAsync(member => member.ProjectId == project, cancellationToken)
            >= limits.ProjectMembersMax)
        {
            return ProjectFaults.TooManyMembers(limits.ProjectMembersMax);
        }

        return await db.ProjectMembers.CountAsync(member => member.SubjectId == subject, cancellationToken)
            >= limits.ProjectsPerSubjectMax
                ? ProjectFaults.InTooMany(limits.ProjectsPerSubjectMax)
                : null;
    }

    private static async Task<bool> IsSubjectAsync(IdentityDbContext db, UserId id, CancellationToken cancellationToken) =>
        await db.Memberships.AnyAsync(row => row.UserId == id, cancellationToken)
        || await db.ServiceAccounts.AnyAsync(row => row.ServiceAccountId == id, cancellationToken);

    private static async Task<IReadOnlySet<string>> PermissionsAsync(
        IdentityDbContext db, ProjectMemberRow row, CancellationToken cancellationToken)
    {
        if (row.Role is { } builtIn) return PermissionTable.Of(builtIn);
        var role = await db.Roles.AsNoTracking().SingleAsync(own => own.RoleId == row.RoleId, cancellationToken);
        return PermissionList.Read(role.Permissions);
    }

    private static async Task<List<ProjectMember>> ReadAsync(
        IdentityDbContext db, IQueryable<ProjectMemberRow> members, CancellationToken cancellationToken)
    {
        var rows = await (
            from member in members
            join role in db.Roles on member.RoleId equals (RoleId?)role.RoleId into own
            from role in own.DefaultIfEmpty()
            orderby member.SubjectId
            select new
            {
                Member = member,
                RoleName = role!.Name,
                RolePermissions = role.Permissions,
                Person = db.Users.Where(user => user.UserId == member.SubjectId).Select(user => user.DisplayName)
                    .FirstOrDefault(),
                Program = db.ServiceAccounts.Where(account => account.ServiceAccountId == member.SubjectId)
                    .Select(account => account.Name).FirstOrDefault(),
            })
            .AsNoTracking().ToListAsync(cancellationToken);
        return rows.ConvertAll(row =>
        {
            var standing = Standing.Of(row.Member.Role, row.RoleName, row.RolePermissions);
            return new ProjectMember(
                row.Member.SubjectId, row.Program is null ? SubjectKind.User : SubjectKind.ServiceAccount,
                row.Person ?? row.Program ?? "", standing.Role,
                [.. ProjectRoles.OnThings(row.Member.Role, standing.Permissions).Order(StringComparer.Ordinal)],
                row.Member.CreatedAt);
        });
    }
}
