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

namespace CodexOS.Identity.Grants;

/// <summary>
/// Permissions on single things. They only ever add to a role, and count from the subject's next request on.
/// </summary>
internal sealed class GrantStore(
    IDbContextFactory<IdentityDbContext> databases, IAuditLog audit, KnownCallers callers, TenantContext tenants,
    IOptions<IdentityOptions> options, TimeProvider clock)
{
    /// <summary>Newest first, of one subject or on one thing where that is asked for.</summary>
    public async Task<IReadOnlyList<Grant>> ListAsync(
        UserId? subject, Resource? resource, GrantId? before, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var grants = db.Grants.AsNoTracking();
        if (subject is { } who) grants = grants.Where(grant => grant.SubjectId == who);
        if (resource is { } what)
            grants = grants.Where(grant => grant.ResourceKind == what.Kind && grant.ResourceName == what.Name);
        if (before is { } last) grants = grants.Where(grant => grant.GrantId.CompareTo(last) < 0);
        return await ReadAsync(db, grants.OrderByDescending(grant => grant.GrantId).Take(countMax), cancellationToken);
    }

    /// <summary>Grants something. What is granted already is left as it is.</summary>
    public async Task<Result<(Grant Grant, bool IsNew)>> CreateAsync(
        CreateGrantRequest request, Actor actor, CancellationToken cancellationToken)
    {
        if (!Resource.TryParse(request.Resource, out var resource)) return BadResource;
        if (!PermissionTable.Has(request.Permission)) return AccessFaults.UnknownPermissions([request.Permission]);
        if (PermissionTable.KindOf(request.Permission) != resource.Kind) return NotOnThis(request.Permission, resource.Kind);
        if (!actor.Caller.May(request.Permission, resource)) return AccessFaults.NotHeld([request.Permission]);
        if (!UserId.TryParse(request.Subject, null, out var subject)) return AccessFaults.SubjectNotFound;

        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await db.Memberships.AnyAsync(row => row.UserId == subject, cancellationToken)
            && !await db.ServiceAccounts.AnyAsync(row => row.ServiceAccountId == subject, cancellationToken))
        {
            return AccessFaults.SubjectNotFound;
        }

        var same = db.Grants.Where(grant => grant.SubjectId == subject && grant.Permission == request.Permission
            && grant.ResourceKind == resource.Kind && grant.ResourceName == resource.Name);
        if ((await ReadAsync(db, same, cancellationToken)).SingleOrDefault() is { } present) return (present, false);
        if (await db.Grants.CountAsync(grant => grant.SubjectId == subject, cancellationToken)
            >= options.Value.GrantsPerSubjectMax)
        {
            return TooMany();
        }

        var row = new GrantRow
        {
            GrantId = GrantId.New(clock),
            TenantId = tenants.Required,
            SubjectId = subject,
            ResourceKind = resource.Kind,
            ResourceName = resource.Name,
            Permission = request.Permission,
            CreatedAt = clock.GetUtcNow(),
            CreatedBy = actor.Caller.User,
        };
        db.Grants.Add(row);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return new Fault(
                "identity.grant_exists", FaultKind.Conflict, "Somebody else granted the same at this moment. Nothing is left to do.");
        }

        await audit.RecordAsync(EntryOf("grants.create", row), db, cancellationToken);
        var made = (await ReadAsync(db, same, cancellationToken)).Single();
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(subject);
        return (made, true);
    }

    /// <summary>Takes something back.</summary>
    public async Task<Result<Done>> DeleteAsync(GrantId id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Grants.AsNoTracking().SingleOrDefaultAsync(grant => grant.GrantId == id, cancellationToken) is not { } row)
            return new Fault("identity.grant_not_found", FaultKind.NotFound, "There is no such grant.");
        await db.Grants.Where(grant => grant.GrantId == id).ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(EntryOf("grants.delete", row), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(row.SubjectId);
        return Done.Value;
    }

    private static async Task<List<Grant>> ReadAsync(
        IdentityDbContext db, IQueryable<GrantRow> grants, CancellationToken cancellationToken)
    {
        var rows = await grants.AsNoTracking()
            .Select(grant => new
            {
                Grant = grant,
                Name = db.Users.Where(user => user.UserId == grant.SubjectId).Select(user => user.DisplayName).FirstOrDefault()
                    ?? db.ServiceAccounts.Where(account => account.ServiceAccountId == grant.SubjectId)
                        .Select(account => account.Name).FirstOrDefault(),
            })
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(row => new Grant(
            row.Grant.GrantId, row.Grant.SubjectId, row.Name ?? "",
            new Resource(row.Grant.ResourceKind, row.Grant.ResourceName).ToString(), row.Grant.Permission,
            row.Grant.CreatedAt, row.Grant.CreatedBy));
    }

    private static AuditEntry EntryOf(string action, GrantRow row) => AuditEntry.Done(action)
        .On("grant", row.GrantId.ToString())
        .With("subject", row.SubjectId.ToString())
        .With("on", $"{row.ResourceKind}:{row.ResourceName}")
        .With("permission", row.Permission);

    internal static Fault BadResource { get; } = new(
        "identity.bad_resource",
        FaultKind.Invalid,
        $"This names nothing. Write kind:name; the kinds are {string.Join(", ", ResourceKinds.All)}.");

    private static Fault NotOnThis(string permission, string kind) => new(
        "identity.not_grantable",
        FaultKind.Invalid,
        PermissionTable.KindOf(permission) is { } right
            ? $"{permission} is granted on one {right}, not on one {kind}."
            : $"{permission} cannot be granted on single things; give a role that holds it.");

    private Fault TooMany() => new(
        "identity.too_many_grants",
        FaultKind.LimitReached,
        $"One subject has at most {options.Value.GrantsPerSubjectMax} grants. Give them a role that holds the permission.");
}
