using CodexOS.Identity.Contracts;
using CodexOS.Identity.Projects;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Access;

/// <summary>
/// Reads all access to the present tenant at once: members, service accounts, grants, roles in projects, API keys, applications.
/// </summary>
internal sealed class AccessReviewReader(
    IDbContextFactory<IdentityDbContext> databases, IAuditLog audit, TenantContext tenants,
    IOptions<IdentityOptions> options, TimeProvider clock)
{
    /// <summary>Reads it for whoever asks in the present request.</summary>
    public Task<Result<AccessReview>> ReadAsync(CancellationToken cancellationToken) => ReadAsync(null, cancellationToken);

    /// <summary>Reads it, and records that it was read.</summary>
    /// <param name="by">Who reads it, where no request says so.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<AccessReview>> ReadAsync(AuditActor? by, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var count = await db.Memberships.CountAsync(cancellationToken)
            + await db.ServiceAccounts.CountAsync(cancellationToken)
            + await db.Grants.CountAsync(cancellationToken) + await db.ApiKeys.CountAsync(cancellationToken)
            + await db.ProjectMembers.CountAsync(cancellationToken)
            + await Allowed(db, now).CountAsync(cancellationToken) + await ServiceClients(db).CountAsync(cancellationToken);
        if (count > options.Value.AccessReviewEntriesMax) return TooLarge(count);

        var tenant = await db.Tenants.AsNoTracking()
            .SingleAsync(row => row.TenantId == tenants.Required, cancellationToken);
        var roles = await db.Roles.AsNoTracking().ToDictionaryAsync(role => role.RoleId, cancellationToken);
        var subjects = new Dictionary<UserId, Subject>();
        foreach (var subject in await MembersAsync(db, roles, cancellationToken)) subjects[subject.Id] = subject;
        foreach (var subject in await ProgramsAsync(db, roles, cancellationToken)) subjects[subject.Id] = subject;

        var entries = subjects.Values.Select(EntryOf).ToList();
        foreach (var grant in await db.Grants.AsNoTracking().OrderBy(row => row.GrantId).ToListAsync(cancellationToken))
            if (subjects.TryGetValue(grant.SubjectId, out var subject)) entries.Add(EntryOf(grant, subject));
        foreach (var (row, project) in await InProjectsAsync(db, cancellationToken))
        {
            if (subjects.TryGetValue(row.SubjectId, out var subject))
                entries.Add(EntryOf(row, project, StandingOf(row.Role, row.RoleId, roles), subject));
        }

        foreach (var key in await db.ApiKeys.AsNoTracking().OrderBy(row => row.ApiKeyId).ToListAsync(cancellationToken))
        {
            if (subjects.TryGetValue((key.UserId ?? key.ServiceAccountId)!.Value, out var subject))
                entries.Add(EntryOf(key, subject, now));
        }

        foreach (var session in await Allowed(db, now).OrderBy(row => row.SessionId).ToListAsync(cancellationToken))
            if (subjects.TryGetValue(session.UserId, out var subject)) entries.Add(EntryOf(session, subject));
        foreach (var client in await ServiceClients(db).OrderBy(row => row.ClientId).ToListAsync(cancellationToken))
            if (subjects.TryGetValue(client.ServiceAccountId!.Value, out var subject)) entries.Add(EntryOf(client, subject));

        await audit.RecordAsync(
            AuditEntry.Done("access.review").With("entries", entries.Count.ToString()) with { Actor = by }, cancellationToken);
        return new AccessReview(tenant.TenantId, tenant.Name, now, entries);
    }

    /// <summary>What people let applications have, which ends with its session.</summary>
    private IQueryable<SessionRow> Allowed(IdentityDbContext db, DateTimeOffset now)
    {
        var usedAfter = now - options.Value.SessionIdleMax;
        return db.Sessions.AsNoTracking().Where(row =>
            row.ClientId != null && row.EndedAt == null && row.ExpiresAt > now && row.LastUsedAt > usedAfter);
    }

    /// <summary>Applications that act for a service account at any time, by their secret.</summary>
    private static IQueryable<OAuthClientRow> ServiceClients(IdentityDbContext db) =>
        db.OAuthClients.AsNoTracking().Where(row => row.ServiceAccountId != null);

    private static async Task<IEnumerable<Subject>> MembersAsync(
        IdentityDbContext db, Dictionary<RoleId, RoleRow> roles, CancellationToken cancellationToken)
    {
        var rows = await (
            from member in db.Memberships
            join user in db.Users on member.UserId equals user.UserId
            orderby user.UserId
            select new
            {
                Member = member,
                User = user,
                SecondFactor = db.TotpFactors.Any(factor => factor.UserId == user.UserId && factor.ConfirmedAt != null),
                LastUsedAt = db.Sessions.Where(session => session.UserId == user.UserId)
                    .Max(session => (DateTimeOffset?)session.LastUsedAt),
            })
            .AsNoTracking().ToListAsync(cancellationToken);
        return rows.Select(row => new Subject(
            row.User.UserId, SubjectKind.User, row.User.DisplayName, row.User.Email,
            row.Member.State is MemberState.Active && row.User.State is UserState.Active,
            StandingOf(row.Member.Role, row.Member.RoleId, roles), row.SecondFactor, row.Member.CreatedAt, row.LastUsedAt));
    }

    private static async Task<IEnumerable<Subject>> ProgramsAsync(
        IdentityDbContext db, Dictionary<RoleId, RoleRow> roles, CancellationToken cancellationToken)
    {
        var rows = await db.ServiceAccounts.AsNoTracking().OrderBy(row => row.ServiceAccountId)
            .ToListAsync(cancellationToken);
        return rows.Select(row => new Subject(
            row.ServiceAccountId, SubjectKind.ServiceAccount, row.Name, null, row.State is MemberState.Active,
            StandingOf(row.Role, row.RoleId, roles), null, row.CreatedAt, null));
    }

    private static Standing StandingOf(Role? role, RoleId? own, Dictionary<RoleId, RoleRow> roles) => role is { } builtIn
        ? Standing.Of(builtIn)
        : Standing.Of(roles[own!.Value].Name, roles[own.Value].Permissions);

    private static AccessReviewEntry EntryOf(Subject subject) => new(
        AccessEntryKind.Role, subject.Id.ToString(), subject.Id, subject.Kind, subject.Name, subject.Email, subject.State,
        subject.Standing.Role, PermissionList.Write(subject.Standing.Permissions), null, subject.SecondFactor,
        subject.Since, null, subject.LastUsedAt);

    private static AccessReviewEntry EntryOf(GrantRow grant, Subject subject) => new(
        AccessEntryKind.Grant, grant.GrantId.ToString(), subject.Id, subject.Kind, subject.Name, subject.Email,
        subject.State, subject.Standing.Role, grant.Permission,
        new Resource(grant.ResourceKind, grant.ResourceName).ToString(), subject.SecondFactor, grant.CreatedAt, null, null);

    private static async Task<IEnumerable<(ProjectMemberRow Row, string Project)>> InProjectsAsync(
        IdentityDbContext db, CancellationToken cancellationToken)
    {
        var rows = await (
            from row in db.ProjectMembers
            join project in db.Projects on row.ProjectId equals project.ProjectId
            orderby project.Name, row.SubjectId
            select new { Row = row, project.Name })
            .AsNoTracking().ToListAsync(cancellationToken);
        return rows.Select(static each => (each.Row, each.Name));
    }

    private static AccessReviewEntry EntryOf(ProjectMemberRow row, string project, Standing standing, Subject subject) => new(
        AccessEntryKind.Project, project, subject.Id, subject.Kind, subject.Name, subject.Email, subject.State, standing.Role,
        PermissionList.Write(ProjectRoles.OnThings(row.Role, standing.Permissions)),
        new Resource(ResourceKinds.Project, project).ToString(), subject.SecondFactor, row.CreatedAt, null, null);

    private static AccessReviewEntry EntryOf(ApiKeyRow key, Subject subject, DateTimeOffset now) => new(
        AccessEntryKind.ApiKey, key.ApiKeyId.ToString(), subject.Id, subject.Kind, subject.Name, subject.Email,
        key.RevokedAt is not null ? "revoked" : key.ExpiresAt <= now ? "expired" : subject.State,
        subject.Standing.Role, key.Scopes, null, subject.SecondFactor, key.CreatedAt, key.ExpiresAt, key.LastUsedAt);

    private static AccessReviewEntry EntryOf(SessionRow session, Subject subject) => new(
        AccessEntryKind.Application, session.SessionId.ToString(), subject.Id, subject.Kind, subject.Name, subject.Email,
        subject.State, subject.Standing.Role, session.Scopes ?? "", null, subject.SecondFactor, session.CreatedAt,
        session.ExpiresAt, session.LastUsedAt, session.Client);

    private static AccessReviewEntry EntryOf(OAuthClientRow client, Subject subject) => new(
        AccessEntryKind.Application, client.ClientId.ToString(), subject.Id, subject.Kind, subject.Name, subject.Email,
        subject.State, subject.Standing.Role, client.Scopes, null, subject.SecondFactor, client.CreatedAt, null, null,
        client.Name);

    private Fault TooLarge(int count) => new(
        "identity.review_too_large",
        FaultKind.LimitReached,
        $"The review would have {count} entries; the most is {options.Value.AccessReviewEntriesMax} "
        + "(Identity:AccessReviewEntriesMax). Page through members, service accounts, grants, keys and clients instead.");

    private sealed record Subject(
        UserId Id, SubjectKind Kind, string Name, string? Email, bool IsActive, Standing Standing, bool? SecondFactor,
        DateTimeOffset Since, DateTimeOffset? LastUsedAt)
    {
        public string State => IsActive ? "active" : "disabled";
    }
}
