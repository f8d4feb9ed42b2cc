using System.Collections.Frozen;
using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Permissions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.Projects;

/// <summary>
/// What roles in projects come to. It is read in one place for sessions, API keys and tokens of service clients alike, and kept
/// with the caller for as long as they are known.
/// </summary>
internal static class ProjectRoles
{
    /// <summary>The projects that somebody belongs to, with what they may do in each, by name.</summary>
    public static async Task<IReadOnlyList<CallerProject>> ReadAsync(
        IdentityDbContext db, UserId subject, CancellationToken cancellationToken)
    {
        var found = await (
            from member in db.ProjectMembers
            join project in db.Projects on member.ProjectId equals project.ProjectId
            join role in db.Roles on member.RoleId equals (RoleId?)role.RoleId into own
            from role in own.DefaultIfEmpty()
            where member.SubjectId == subject
            orderby project.Name
            select new
            {
                project.ProjectId,
                project.Name,
                member.Role,
                RoleName = role!.Name,
                RolePermissions = role.Permissions,
            })
            .AsNoTracking().ToListAsync(cancellationToken);
        if (found.Count == 0) return [];

        var things = (await (
            from thing in db.ProjectThings
            join member in db.ProjectMembers on thing.ProjectId equals member.ProjectId
            where member.SubjectId == subject
            select new { thing.ProjectId, thing.ResourceKind, thing.ResourceName })
            .AsNoTracking().ToListAsync(cancellationToken))
            .ToLookup(static thing => thing.ProjectId, static thing => new Resource(thing.ResourceKind, thing.ResourceName));
        return found.ConvertAll(project =>
        {
            var standing = Standing.Of(project.Role, project.RoleName, project.RolePermissions);
            return new CallerProject(
                project.Name, standing.Role, OnThings(project.Role, standing.Permissions),
                things[project.ProjectId].ToFrozenSet());
        });
    }

    /// <summary>What a role gives in a project.</summary>
    public static FrozenSet<string> OnThings(Role? builtIn, FrozenSet<string> permissions) =>
        builtIn is { } role ? PermissionTable.OnThings(role) : PermissionTable.OnThings(permissions);
}
