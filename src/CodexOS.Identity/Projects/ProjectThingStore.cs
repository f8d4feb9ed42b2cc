using CodexOS.Identity.Access;
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

/// <summary>What lies in projects. A change counts for their members from the next request on.</summary>
internal sealed class ProjectThingStore(
    IDbContextFactory<IdentityDbContext> databases, IEnumerable<IProjectThings> kinds, IAuditLog audit, KnownCallers callers,
    TenantContext tenants, IOptions<IdentityOptions> options, TimeProvider clock) : IProjects
{
    /// <summary>By kind and name, after one.</summary>
    public async Task<Result<IReadOnlyList<ProjectThing>>> ListAsync(
        string project, string? after, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (!await db.Projects.AnyAsync(row => row.Name == project, cancellationToken)) return ProjectFaults.NotFound(project);
        // There are few, and databases order names by rules of their own.
        var rows = await db.ProjectThings.AsNoTracking()
            .Where(thing => db.Projects.Any(row => row.Name == project && row.ProjectId == thing.ProjectId))
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(ViewOf).OrderBy(static thing => thing.Thing, StringComparer.Ordinal)
            .Where(thing => string.CompareOrdinal(thing.Thing, after) > 0).Take(countMax).ToList();
    }

    /// <summary>
    /// Puts a thing into a project. Its members, and whoever becomes one, may then do with it what their role says; so whoever
    /// puts it there must hold all that can be granted on it.
    /// </summary>
    public async Task<Result<(ProjectThing Thing, bool IsNew)>> PutAsync(
        string project, string thing, Actor actor, CancellationToken cancellationToken)
    {
        if (!Resource.TryParse(thing, out var resource) || KeeperOf(resource) is not { } keeper) return ProjectFaults.BadThing;
        var missing = PermissionTable.OnKind(resource.Kind).Where(each => !actor.Caller.May(each, resource)).ToList();
        if (missing.Count > 0) return ProjectFaults.NotYours(resource, missing);
        if (!await keeper.ExistsAsync(resource.Name, cancellationToken)) return ProjectFaults.ThingNotFound(resource);
        return await PutAsync(project, resource, actor.Caller.User, cancellationToken);
    }

    /// <summary>Takes a thing out of a project.</summary>
    public async Task<Result<Done>> TakeAsync(string project, string thing, CancellationToken cancellationToken)
    {
        if (!Resource.TryParse(thing, out var resource) || KeeperOf(resource) is null) return ProjectFaults.BadThing;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!(await ProjectStore.TakeTurnAsync(db, project, cancellationToken)).TryGet(out var found, out var fault))
            return fault;
        if (await Named(db, resource).Where(row => row.ProjectId == found.ProjectId).ExecuteDeleteAsync(cancellationToken) == 0)
            return ProjectFaults.ThingNotIn(resource);
        await audit.RecordAsync(EntryOf("projects.take_thing", project, resource), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(found.TenantId);
        return Done.Value;
    }

    /// <inheritdoc />
    public async Task<Fault?> WhyNotAsync(
        string project, string permission, Caller caller, CancellationToken cancellationToken)
    {
        var itself = new Resource(ResourceKinds.Project, project);
        // Whoever may make such things anywhere may put a new one where they may look; nobody else learns what there is.
        if (!caller.May(permission, itself) || !caller.May("projects:read", itself)) return ProjectFaults.NotFound(project);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await db.Projects.AsNoTracking().SingleOrDefaultAsync(row => row.Name == project, cancellationToken)
            is not { } found)
        {
            return ProjectFaults.NotFound(project);
        }

        return await FullAsync(db, found.ProjectId, cancellationToken);
    }

    /// <inheritdoc />
    public async Task<Fault?> WhyNotAnewAsync(string project, Resource thing, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var isThere = await Named(db, thing).AnyAsync(
            row => db.Projects.Any(one => one.Name == project && one.ProjectId == row.ProjectId), cancellationToken);
        return isThere ? null : ProjectFaults.WasThere(project, thing);
    }

    /// <inheritdoc />
    public async Task<Fault?> PutMadeAsync(
        string project, Resource thing, Caller by, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(by);
        var put = await PutAsync(project, thing, by.User, cancellationToken);
        return put.TryGet(out _, out var why) ? null : ProjectFaults.Outside(project, thing, why);
    }

    /// <inheritdoc />
    public async Task FreeAsync(Resource thing, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (!await Named(db, thing).AnyAsync(cancellationToken)) return;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await Named(db, thing).ExecuteDeleteAsync(cancellationToken) == 0) return;
        await RecordGoneAsync(db, thing, grants: 0, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(tenants.Required);
    }

    /// <inheritdoc />
    public async Task GoneAsync(Resource thing, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var left = await Named(db, thing).ExecuteDeleteAsync(cancellationToken);
        var grants = await db.Grants
            .Where(grant => grant.ResourceKind == thing.Kind && grant.ResourceName == thing.Name)
            .ExecuteDeleteAsync(cancellationToken);
        if (left + grants == 0) return;
        await RecordGoneAsync(db, thing, grants, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(tenants.Required);
    }

    /// <summary>Says that access to a thing ended because there is no such thing any more.</summary>
    private Task RecordGoneAsync(IdentityDbContext db, Resource thing, int grants, CancellationToken cancellationToken) =>
        audit.RecordAsync(
            AuditEntry.Done("access.thing_gone").On(thing.Kind, thing.Name).With("grants", grants.ToString()), db,
            cancellationToken);

    private async Task<Result<(ProjectThing Thing, bool IsNew)>> PutAsync(
        string project, Resource thing, UserId by, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!(await ProjectStore.TakeTurnAsync(db, project, cancellationToken)).TryGet(out var found, out var fault))
            return fault;
        if (await Named(db, thing).AsNoTracking().SingleOrDefaultAsync(cancellationToken) is { } present)
            return present.ProjectId == found.ProjectId ? (ViewOf(present), false) : ProjectFaults.Elsewhere(thing);
        if (await FullAsync(db, found.ProjectId, cancellationToken) is { } full) return full;
        var row = new ProjectThingRow
        {
            TenantId = found.TenantId,
            ResourceKind = thing.Kind,
            ResourceName = thing.Name,
            ProjectId = found.ProjectId,
            CreatedAt = clock.GetUtcNow(),
            CreatedBy = by,
        };
        db.ProjectThings.Add(row);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return ProjectFaults.Elsewhere(thing);
        }

        await audit.RecordAsync(EntryOf("projects.put_thing", project, thing), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(found.TenantId);
        return (ViewOf(row), true);
    }

    private async Task<Fault?> FullAsync(IdentityDbContext db, ProjectId project, CancellationToken cancellationToken)
    {
        var max = options.Value.ProjectThingsMax;
        return await db.ProjectThings.CountAsync(thing => thing.ProjectId == project, cancellationToken) >= max
            ? ProjectFaults.TooManyThings(max)
            : null;
    }

    private IProjectThings? KeeperOf(Resource thing) => kinds.FirstOrDefault(kind => kind.Kind == thing.Kind);

    private static IQueryable<ProjectThingRow> Named(IdentityDbContext db, Resource thing) =>
        db.ProjectThings.Where(row => row.ResourceKind == thing.Kind && row.ResourceName == thing.Name);

    private static ProjectThing ViewOf(ProjectThingRow row)
    {
        var thing = new Resource(row.ResourceKind, row.ResourceName);
        return new ProjectThing(thing.ToString(), thing.Kind, thing.Name, row.CreatedAt);
    }

    private static AuditEntry EntryOf(string action, string project, Resource thing) =>
        AuditEntry.Done(action).On("project", project).With("thing", thing.ToString());
}
