using CodexOS.Identity.Contracts;
using CodexOS.Identity.Permissions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.Access;

/// <summary>Where a list of holders goes on: the people come before the programs, each by id.</summary>
internal sealed record HolderCursor(SubjectKind Kind, UserId After)
{
    public static HolderCursor Start { get; } = new(SubjectKind.User, default);

    public static bool TryParse(string text, out HolderCursor cursor)
    {
        cursor = Start;
        if (text.Length < 2 || !UserId.TryParse(text[1..], null, out var after)) return false;
        cursor = new HolderCursor(text[0] is 'u' ? SubjectKind.User : SubjectKind.ServiceAccount, after);
        return text[0] is 'u' or 's';
    }

    public static string Of(AccessHolder holder) => $"{(holder.Kind is SubjectKind.User ? 'u' : 's')}{holder.Subject}";
}

/// <summary>Says who of the present tenant can do something, and by what.</summary>
internal sealed class AccessQuery(IDbContextFactory<IdentityDbContext> databases)
{
    /// <summary>Those who hold a permission: for everything, or for one thing if it is named.</summary>
    public async Task<Result<IReadOnlyList<AccessHolder>>> WhoMayAsync(
        string permission, Resource? resource, HolderCursor cursor, int countMax, CancellationToken cancellationToken)
    {
        if (!PermissionTable.Has(permission)) return AccessFaults.UnknownPermissions([permission]);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var own = await db.Roles.AsNoTracking().ToListAsync(cancellationToken);
        var names = own.ToDictionary(role => role.RoleId, role => role.Name);
        var builtInRoles = Enum.GetValues<Role>()
            .Where(role => PermissionTable.Of(role).Contains(permission)).Select(role => (Role?)role).ToList();
        var ownRoles = own.Where(role => PermissionList.Read(role.Permissions).Contains(permission))
            .Select(role => (RoleId?)role.RoleId).ToList();
        var grants = db.Grants.Where(grant => grant.Permission == permission);
        if (resource is { } one)
            grants = grants.Where(grant => grant.ResourceKind == one.Kind && grant.ResourceName == one.Name);
        var inProjects = InProjects(db, permission, resource, builtInRoles, ownRoles);

        var members =
            from member in db.Memberships
            join user in db.Users on member.UserId equals user.UserId
            where member.State == MemberState.Active && user.State == UserState.Active
                && (builtInRoles.Contains(member.Role) || ownRoles.Contains(member.RoleId)
                    || grants.Any(grant => grant.SubjectId == member.UserId)
                    || inProjects.Any(row => row.SubjectId == member.UserId))
            select new Found { Id = user.UserId, Name = user.DisplayName, Role = member.Role, RoleId = member.RoleId };
        var programs =
            from account in db.ServiceAccounts
            where account.State == MemberState.Active
                && (builtInRoles.Contains(account.Role) || ownRoles.Contains(account.RoleId)
                    || grants.Any(grant => grant.SubjectId == account.ServiceAccountId)
                    || inProjects.Any(row => row.SubjectId == account.ServiceAccountId))
            select new Found
            {
                Id = account.ServiceAccountId,
                Name = account.Name,
                Role = account.Role,
                RoleId = account.RoleId,
            };

        var found = new List<(Found Subject, SubjectKind Kind)>();
        if (cursor.Kind is SubjectKind.User)
        {
            found.AddRange((await TakeAsync(members, cursor.After, countMax, cancellationToken))
                .Select(subject => (subject, SubjectKind.User)));
        }

        if (found.Count < countMax)
        {
            var after = cursor.Kind is SubjectKind.User ? default : cursor.After;
            found.AddRange((await TakeAsync(programs, after, countMax - found.Count, cancellationToken))
                .Select(subject => (subject, SubjectKind.ServiceAccount)));
        }

        var ids = found.ConvertAll(each => each.Subject.Id);
        var granted = (await grants.AsNoTracking().Where(grant => ids.Contains(grant.SubjectId)).ToListAsync(cancellationToken))
            .ToLookup(
                grant => grant.SubjectId,
                grant => new AccessGrant(
                    grant.GrantId, new Resource(grant.ResourceKind, grant.ResourceName).ToString()));
        var belonging = (await (
            from row in inProjects
            join project in db.Projects on row.ProjectId equals project.ProjectId
            where ids.Contains(row.SubjectId)
            orderby project.Name
            select new { row.SubjectId, project.Name, row.Role, row.RoleId })
            .AsNoTracking().ToListAsync(cancellationToken))
            .ToLookup(
                row => row.SubjectId,
                row => new AccessProject(row.Name, row.Role is { } role ? RoleNames.Of(role) : names[row.RoleId!.Value]));
        return found.ConvertAll(each => new AccessHolder(
            each.Subject.Id, each.Kind, each.Subject.Name,
            each.Subject.Role is { } role ? RoleNames.Of(role) : names[each.Subject.RoleId!.Value],
            each.Subject.Role is not null
                ? builtInRoles.Contains(each.Subject.Role)
                : ownRoles.Contains(each.Subject.RoleId),
            [.. granted[each.Subject.Id]], [.. belonging[each.Subject.Id]]));
    }

    /// <summary>Roles in projects that hold a permission, which can be one for single things only.</summary>
    private static IQueryable<ProjectMemberRow> InProjects(
        IdentityDbContext db, string permission, Resource? resource, List<Role?> builtInRoles, List<RoleId?> ownRoles)
    {
        if (PermissionTable.KindOf(permission) is null) return db.ProjectMembers.Where(static _ => false);
        var holding = db.ProjectMembers.Where(row => builtInRoles.Contains(row.Role) || ownRoles.Contains(row.RoleId));
        return resource switch
        {
            null => holding,
            { Kind: ResourceKinds.Project, Name: var name } => holding.Where(
                row => db.Projects.Any(project => project.Name == name && project.ProjectId == row.ProjectId)),
            { Kind: var kind, Name: var name } => holding.Where(row => db.ProjectThings.Any(thing =>
                thing.ResourceKind == kind && thing.ResourceName == name && thing.ProjectId == row.ProjectId)),
        };
    }

    private static Task<List<Found>> TakeAsync(
        IQueryable<Found> subjects, UserId after, int countMax, CancellationToken cancellationToken) => subjects
        .Where(subject => subject.Id.CompareTo(after) > 0)
        .OrderBy(subject => subject.Id)
        .Take(countMax)
        .ToListAsync(cancellationToken);

    private sealed class Found
    {
        public UserId Id { get; init; }

        public required string Name { get; init; }

        public Role? Role { get; init; }

        public RoleId? RoleId { get; init; }
    }
}
