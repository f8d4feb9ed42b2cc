using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.Members;

/// <summary>
/// The people of the present tenant. A change counts for them from their next request on. There is always an owner who can
/// sign in: the last one can be neither demoted nor disabled nor removed.
/// </summary>
internal sealed class MemberStore(
    IDbContextFactory<IdentityDbContext> databases, IAuditLog audit, KnownCallers callers, SessionConfirmation confirmation,
    TenantContext tenants, TimeProvider clock)
{
    /// <summary>By id, which is the order in which their accounts were made.</summary>
    /// <param name="search">What stands in their address or name, in whatever case; null for everybody.</param>
    public async Task<IReadOnlyList<Member>> ListAsync(
        string? search, UserId? after, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var rows = after is { } last ? db.Memberships.Where(row => row.UserId.CompareTo(last) > 0) : db.Memberships;
        if (search is not null)
        {
            var found = NameSearch.Of(db.Users, search);
            rows = rows.Where(row => found.Any(user => user.UserId == row.UserId));
        }

        return await ReadAsync(db, rows.OrderBy(row => row.UserId).Take(countMax), cancellationToken);
    }

    public async Task<Result<Member>> FindAsync(UserId id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return (await ReadAsync(db, db.Memberships.Where(row => row.UserId == id), cancellationToken)).SingleOrDefault()
            is { } found
                ? found
                : NotFound;
    }

    /// <summary>Gives a member another role, or disables or enables them.</summary>
    public async Task<Result<Member>> UpdateAsync(
        UserId id, UpdateMemberRequest request, Actor actor, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!(await FindForChangeAsync(db, id, actor, cancellationToken)).TryGet(out var row, out var fault)) return fault;
        var entry = AuditEntry.Done("members.update").On("user", id.ToString());
        if (request.Role is { } name)
        {
            if (!(await RoleStore.FindAsync(db, name, cancellationToken)).TryGet(out var role, out fault)) return fault;
            if (AccessFaults.OfReaching(actor, role.Standing) is { } beyond) return beyond;
            (row.Role, row.RoleId) = (role.BuiltIn, role.Own);
            entry = entry.With("role", role.Standing.Role);
        }

        if (request.State is { } state)
        {
            row.State = state;
            entry = entry.With("state", state.ToString().ToLowerInvariant());
        }

        // Whom somebody decided about is no longer one whom no group gave a role.
        await db.ScimUsers.Where(said => said.UserId == id && said.LacksRole).ExecuteUpdateAsync(
            said => said.SetProperty(decided => decided.LacksRole, false), cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        if (!await HasOwnerAsync(db, cancellationToken)) return LastOwner;
        await audit.RecordAsync(entry, db, cancellationToken);
        var view = (await ReadAsync(db, db.Memberships.Where(member => member.UserId == id), cancellationToken)).Single();
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(id);
        return view;
    }

    /// <summary>
    /// Takes a member out of the tenant, with their sessions, keys, grants and open invitations in it. The person's account
    /// stays, since it may belong to other tenants.
    /// </summary>
    public async Task<Result<Done>> RemoveAsync(UserId id, Actor actor, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!(await FindForChangeAsync(db, id, actor, cancellationToken)).TryGet(out _, out var fault)) return fault;
        await TakeOutAsync(db, id, clock.GetUtcNow(), cancellationToken);
        if (!await HasOwnerAsync(db, cancellationToken)) return LastOwner;
        await audit.RecordAsync(AuditEntry.Done("members.remove").On("user", id.ToString()), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(id);
        return Done.Value;
    }

    /// <summary>
    /// Ends all sessions of a member in the tenant, on devices and in applications, and what was on the way to one: a sign-in
    /// that waits for its second step, an authorization that no client has taken yet. API keys go on. Who ends their own
    /// confirms who they are, as for <see cref="OwnSessions"/>.
    /// </summary>
    public async Task<Result<Done>> SignOutAsync(
        UserId id, Actor actor, SignedIn? session, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (id == actor.Caller.User)
        {
            if (session is not { Caller.Proof: CallerProof.Session } who) return OwnSessionsByProgram;
            if (await confirmation.FaultOfAsync(db, who, cancellationToken) is { } needed) return needed;
        }

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!(await FindForChangeAsync(db, id, actor, cancellationToken)).TryGet(out _, out var fault)) return fault;
        var ended = await EndAccessAsync(db, id, clock.GetUtcNow(), cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("members.sign_out").On("user", id.ToString()).With("sessions_ended", $"{ended}"), db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(id);
        return Done.Value;
    }

    /// <summary>
    /// Takes a member's second factor and passkeys away, for somebody who has lost them and their recovery codes.
    /// </summary>
    public async Task<Result<Done>> ResetSecondFactorAsync(UserId id, Actor actor, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!(await FindForChangeAsync(db, id, actor, cancellationToken)).TryGet(out _, out var fault)) return fault;
        // The account is shared with other tenants, whose administrators did not decide this.
        if (await IsElsewhereAsync(db, tenants, id, cancellationToken))
        {
            return new Fault(
                "identity.member_elsewhere",
                FaultKind.Conflict,
                "This person belongs to other tenants too, so no tenant alone can take their second factor and passkeys "
                + "away. They need one of their recovery codes, or the operator of the server.");
        }

        await db.RecoveryCodes.Where(code => code.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.TotpFactors.Where(factor => factor.UserId == id).ExecuteDeleteAsync(cancellationToken);
        var passkeys = await db.Passkeys.Where(passkey => passkey.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("second_factor.reset").On("user", id.ToString()).With("passkeys_removed", $"{passkeys}"), db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(id);
        return Done.Value;
    }

    /// <summary>Whether a person belongs to another tenant than the present one.</summary>
    public static async Task<bool> IsElsewhereAsync(
        IdentityDbContext db, TenantContext tenants, UserId id, CancellationToken cancellationToken)
    {
        var here = tenants.Required;
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        return await db.Memberships.IgnoreQueryFilters()
            .AnyAsync(row => row.UserId == id && row.TenantId != here, cancellationToken);
    }

    /// <summary>
    /// Ends a membership, with the sessions, keys, grants, roles in projects and open invitations of the person in the tenant.
    /// </summary>
    /// <returns>How many memberships that were: one or none.</returns>
    public static async Task<int> TakeOutAsync(
        IdentityDbContext db, UserId id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await db.Grants.Where(grant => grant.SubjectId == id).ExecuteDeleteAsync(cancellationToken);
        await db.ProjectMembers.Where(member => member.SubjectId == id).ExecuteDeleteAsync(cancellationToken);
        await db.ApiKeys.Where(key => key.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.Invitations.Where(invitation => invitation.CreatedBy == id).ExecuteDeleteAsync(cancellationToken);
        await db.SignInChallenges.Where(challenge => challenge.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.HubTickets.Where(ticket => ticket.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.SsoAccounts.Where(account => account.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.ScimGroupMembers.Where(member => member.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.ScimUsers.Where(said => said.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await EndSessionsAsync(db, id, now, cancellationToken);
        return await db.Memberships.Where(member => member.UserId == id).ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>
    /// Ends a person's sessions in the tenant, and what was on the way to one: a sign-in that waits for its second step, an
    /// authorization that no client has taken yet.
    /// </summary>
    /// <returns>How many sessions there were.</returns>
    public static async Task<int> EndAccessAsync(
        IdentityDbContext db, UserId id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await db.SignInChallenges.Where(challenge => challenge.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.HubTickets.Where(ticket => ticket.UserId == id).ExecuteDeleteAsync(cancellationToken);
        await db.OAuthCodes.Where(code => code.UserId == id && code.UsedAt == null).ExecuteDeleteAsync(cancellationToken);
        return await EndSessionsAsync(db, id, now, cancellationToken);
    }

    /// <summary>Ends a person's sessions in the tenant; their refresh tokens end with them.</summary>
    /// <returns>How many there were.</returns>
    private static Task<int> EndSessionsAsync(
        IdentityDbContext db, UserId id, DateTimeOffset now, CancellationToken cancellationToken) =>
        db.Sessions.Where(session => session.UserId == id && session.EndedAt == null).ExecuteUpdateAsync(
            session => session
                .SetProperty(ended => ended.EndedAt, now)
                .SetProperty(ended => ended.EndReason, EndReasons.Revoked),
            cancellationToken);

    /// <summary>Whether a member is the only owner who can sign in.</summary>
    public static async Task<bool> IsLastOwnerAsync(IdentityDbContext db, UserId id, CancellationToken cancellationToken)
    {
        var owners = await Owners(db).Take(2).ToListAsync(cancellationToken);
        return owners is [var only] && only == id;
    }

    /// <summary>
    /// The member, if the actor may change them. Changes of one tenant's members take turns at the tenant's row, so that two
    /// owners who demote each other at once do not both succeed.
    /// </summary>
    private async Task<Result<MembershipRow>> FindForChangeAsync(
        IdentityDbContext db, UserId id, Actor actor, CancellationToken cancellationToken)
    {
        await TakeTurnAsync(db, tenants.Required, cancellationToken);
        if (await db.Memberships.SingleOrDefaultAsync(member => member.UserId == id, cancellationToken) is not { } row)
            return NotFound;
        var own = row.RoleId is { } roleId
            ? await db.Roles.AsNoTracking().SingleAsync(role => role.RoleId == roleId, cancellationToken)
            : null;
        return AccessFaults.OfReaching(actor, Standing.Of(row.Role, own?.Name, own?.Permissions)) is { } beyond
            ? beyond
            : row;
    }

    /// <summary>Waits for other changes of the tenant's members to be committed, and makes later ones wait.</summary>
    public static Task TakeTurnAsync(IdentityDbContext db, TenantId tenant, CancellationToken cancellationToken) =>
        db.Tenants.Where(row => row.TenantId == tenant).ExecuteUpdateAsync(
            row => row.SetProperty(changed => changed.MembersRevision, changed => changed.MembersRevision + 1),
            cancellationToken);

    /// <summary>Whether somebody who can sign in is an owner.</summary>
    public static Task<bool> HasOwnerAsync(IdentityDbContext db, CancellationToken cancellationToken) =>
        Owners(db).AnyAsync(cancellationToken);

    private static IQueryable<UserId> Owners(IdentityDbContext db) =>
        from member in db.Memberships
        join user in db.Users on member.UserId equals user.UserId
        where member.Role == Role.Owner && member.State == MemberState.Active && user.State == UserState.Active
        select member.UserId;

    private static async Task<List<Member>> ReadAsync(
        IdentityDbContext db, IQueryable<MembershipRow> members, CancellationToken cancellationToken)
    {
        var rows = await (
            from member in members
            join user in db.Users on member.UserId equals user.UserId
            join role in db.Roles on member.RoleId equals (RoleId?)role.RoleId into own
            from role in own.DefaultIfEmpty()
            orderby member.UserId
            select new
            {
                user.UserId,
                user.Email,
                user.DisplayName,
                user.State,
                Member = member,
                RoleName = role!.Name,
                SecondFactor = db.TotpFactors.Any(factor => factor.UserId == user.UserId && factor.ConfirmedAt != null),
                Passkeys = db.Passkeys.Count(passkey => passkey.UserId == user.UserId),
                LastSeenAt = db.Sessions.Where(session => session.UserId == user.UserId)
                    .Max(session => (DateTimeOffset?)session.LastUsedAt),
            })
            .AsNoTracking().ToListAsync(cancellationToken);
        return rows.ConvertAll(row => new Member(
            row.UserId, row.Email, row.DisplayName,
            row.Member.Role is { } role ? RoleNames.Of(role) : row.RoleName,
            row.State is UserState.Active ? row.Member.State : MemberState.Disabled,
            row.SecondFactor, row.Passkeys, row.Member.CreatedAt, row.LastSeenAt));
    }

    internal static Fault NotFound { get; } = new(
        "identity.member_not_found", FaultKind.NotFound, "There is no such member in your tenant.");

    internal static Fault LastOwner { get; } = new(
        "identity.last_owner",
        FaultKind.Conflict,
        "This is the last owner who can sign in. Make somebody else an owner first.");

    /// <summary>Said to a key or an application that would end the sessions of its own person.</summary>
    private static Fault OwnSessionsByProgram { get; } = new(
        "identity.session_needed",
        FaultKind.NotAllowed,
        "Your own sessions are ended by yourself, signed in: under /settings/sessions, or with codexos sessions end.");
}
