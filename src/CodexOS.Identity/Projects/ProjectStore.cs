using CodexOS.Identity.Access;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Projects;

/// <summary>The projects of the present tenant. A change counts for their members from the next request on.</summary>
internal sealed class ProjectStore(
    IDbContextFactory<IdentityDbContext> databases, IAuditLog audit, KnownCallers callers, TenantContext tenants,
    IOptions<IdentityOptions> options, TimeProvider clock)
{
    /// <summary>By name, after a name; only those that the caller may see.</summary>
    public async Task<IReadOnlyList<Project>> ListAsync(
        Caller caller, string? after, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var projects = db.Projects.AsQueryable();
        if (after is not null) projects = projects.Where(project => string.Compare(project.Name, after) > 0);
        if (caller.NamesWith("projects:read", ResourceKinds.Project) is { } seen)
            projects = projects.Where(project => EF.Parameter(seen).Contains(project.Name));
        return await ReadAsync(db, projects.OrderBy(project => project.Name).Take(countMax), cancellationToken);
    }

    public async Task<Result<Project>> FindAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await FindAsync(db, name, cancellationToken);
    }

    public async Task<Result<Project>> CreateAsync(
        CreateProjectRequest request, Actor actor, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Projects.CountAsync(cancellationToken) >= options.Value.ProjectsMax)
            return ProjectFaults.TooManyProjects(options.Value.ProjectsMax);
        var row = new ProjectRow
        {
            ProjectId = ProjectId.New(clock),
            TenantId = tenants.Required,
            Name = request.Name,
            Title = request.Title.Trim(),
            CreatedAt = clock.GetUtcNow(),
            CreatedBy = actor.Caller.User,
        };
        db.Projects.Add(row);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return ProjectFaults.Exists(request.Name);
        }

        await audit.RecordAsync(EntryOf("projects.create", row), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new Project(row.Name, row.Title, 0, 0, row.CreatedAt, row.CreatedBy);
    }

    public async Task<Result<Project>> UpdateAsync(
        string name, UpdateProjectRequest request, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Projects.SingleOrDefaultAsync(project => project.Name == name, cancellationToken) is not { } row)
            return ProjectFaults.NotFound(name);
        row.Title = request.Title?.Trim() ?? row.Title;
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(EntryOf("projects.update", row), db, cancellationToken);
        var changed = await FindAsync(db, name, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return changed;
    }

    /// <summary>
    /// Deletes a project. Its things stay, and nobody reaches them through it any more; what was granted on the project ends, so
    /// that another one of the same name is nobody's.
    /// </summary>
    public async Task<Result<Done>> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Projects.AsNoTracking().SingleOrDefaultAsync(project => project.Name == name, cancellationToken)
            is not { } row)
        {
            return ProjectFaults.NotFound(name);
        }

        var id = row.ProjectId;
        var things = await db.ProjectThings.Where(thing => thing.ProjectId == id).ExecuteDeleteAsync(cancellationToken);
        var members = await db.ProjectMembers.Where(member => member.ProjectId == id).ExecuteDeleteAsync(cancellationToken);
        await db.Grants.Where(grant => grant.ResourceKind == ResourceKinds.Project && grant.ResourceName == name)
            .ExecuteDeleteAsync(cancellationToken);
        await db.Projects.Where(project => project.ProjectId == id).ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(
            EntryOf("projects.delete", row).With("members", members.ToString()).With("things", things.ToString()), db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(row.TenantId);
        return Done.Value;
    }

    /// <summary>
    /// The row of a project, for whoever changes what belongs to it. Such changes take turns at the row, so that a limit is not
    /// passed by two at once, and what is added goes with the project if that is deleted.
    /// </summary>
    public static async Task<Result<ProjectRow>> TakeTurnAsync(
        IdentityDbContext db, string name, CancellationToken cancellationToken)
    {
        var taken = await db.Projects.Where(project => project.Name == name).ExecuteUpdateAsync(
            set => set.SetProperty(project => project.Title, project => project.Title), cancellationToken);
        if (taken == 0) return ProjectFaults.NotFound(name);
        return await db.Projects.AsNoTracking().SingleAsync(project => project.Name == name, cancellationToken);
    }

    private static AuditEntry EntryOf(string action, ProjectRow row) =>
        AuditEntry.Done(action).On("project", row.Name).With("id", row.ProjectId.ToString());

    private static async Task<Result<Project>> FindAsync(
        IdentityDbContext db, string name, CancellationToken cancellationToken) =>
        (await ReadAsync(db, db.Projects.Where(project => project.Name == name), cancellationToken)).SingleOrDefault()
            is { } found
                ? found
                : ProjectFaults.NotFound(name);

    private static Task<List<Project>> ReadAsync(
        IdentityDbContext db, IQueryable<ProjectRow> projects, CancellationToken cancellationToken) => projects
        .Select(project => new Project(
            project.Name, project.Title, db.ProjectMembers.Count(member => member.ProjectId == project.ProjectId),
            db.ProjectThings.Count(thing => thing.ProjectId == project.ProjectId), project.CreatedAt, project.CreatedBy))
        .ToListAsync(cancellationToken);
}
