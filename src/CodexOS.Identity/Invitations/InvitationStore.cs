using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Mail;
using CodexOS.Identity.Setup;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Invitations;

/// <summary>Asks people into the present tenant. The link goes to their mail and nowhere else, not even to who invites.</summary>
internal sealed class InvitationStore(
    IDbContextFactory<IdentityDbContext> databases, IAuditLog audit, IMailer mailer, ServerAddress address,
    TenantContext tenants, IOptions<IdentityOptions> options, TimeProvider clock)
{
    /// <summary>Those whose link is still good, newest first.</summary>
    public async Task<IReadOnlyList<Invitation>> ListAsync(
        InvitationId? before, int countMax, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var rows = db.Invitations.Where(row => row.ExpiresAt > now);
        if (before is { } last) rows = rows.Where(row => row.InvitationId.CompareTo(last) < 0);
        return await ReadAsync(db, rows.OrderByDescending(row => row.InvitationId).Take(countMax), cancellationToken);
    }

    /// <summary>
    /// Invites somebody: (1) check the role and who has it already, (2) replace an earlier invitation of the same address,
    /// (3) send the link; what could not be sent is taken back.
    /// </summary>
    public async Task<Result<Invitation>> CreateAsync(
        CreateInvitationRequest request, Actor actor, CancellationToken cancellationToken)
    {
        // 1. Check
        var email = request.Email.Trim();
        var key = EmailKey.Of(email);
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!(await RoleStore.FindAsync(db, request.Role, cancellationToken)).TryGet(out var role, out var fault)) return fault;
        if (AccessFaults.OfReaching(actor, role.Standing) is { } beyond) return beyond;
        var isMember = await (
            from user in db.Users
            join member in db.Memberships on user.UserId equals member.UserId
            where user.EmailKey == key
            select user.UserId).AnyAsync(cancellationToken);
        if (isMember) return AlreadyMember;

        // 2. Replace
        await db.Invitations.Where(row => row.EmailKey == key || row.ExpiresAt <= now).ExecuteDeleteAsync(cancellationToken);
        if (await db.Invitations.CountAsync(cancellationToken) >= options.Value.InvitationsMax) return TooMany();
        var token = MailedLink.Invitation.NewToken();
        var row = new InvitationRow
        {
            InvitationId = InvitationId.New(clock),
            TenantId = tenants.Required,
            Email = email,
            EmailKey = key,
            Role = role.BuiltIn,
            RoleId = role.Own,
            TokenHash = MailedLink.Hash(token),
            CreatedAt = now,
            CreatedBy = actor.Caller.User,
            ExpiresAt = now + options.Value.InvitationLifetime,
        };
        db.Invitations.Add(row);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return new Fault(
                "identity.invitation_exists", FaultKind.Conflict, "Somebody else invited this address at this moment.");
        }

        await audit.RecordAsync(
            // The address is that of whoever is invited, not of who invites.
            AuditEntry.Done("invitations.create").On("invitation", row.InvitationId.ToString())
                .With("role", role.Standing.Role).WithPersonal("email", email) with
            {
                Subject = row.InvitationId.ToString(),
            },
            db, cancellationToken);
        var tenantName = await db.Tenants.Where(tenant => tenant.TenantId == row.TenantId).Select(tenant => tenant.Name)
            .SingleAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);

        // 3. Send
        var sent = await mailer.SendAsync(
            LetterOf(row, token, Mailbox.LineOf(tenantName), Mailbox.LineOf(actor.Caller.Name)), cancellationToken);
        if (!sent.TryGet(out _, out fault))
        {
            await db.Invitations.Where(failed => failed.InvitationId == row.InvitationId)
                .ExecuteDeleteAsync(CancellationToken.None);
            return fault;
        }

        return ViewOf(row, role.Standing.Role);
    }

    /// <summary>Withdraws an invitation: its link is dead.</summary>
    public async Task<Result<Done>> DeleteAsync(InvitationId id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Invitations.Where(row => row.InvitationId == id).ExecuteDeleteAsync(cancellationToken) == 0)
            return NotFound;
        await audit.RecordAsync(
            AuditEntry.Done("invitations.delete").On("invitation", id.ToString()), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Done.Value;
    }

    private static async Task<List<Invitation>> ReadAsync(
        IdentityDbContext db, IQueryable<InvitationRow> invitations, CancellationToken cancellationToken)
    {
        var rows = await (
            from invitation in invitations
            join role in db.Roles on invitation.RoleId equals (RoleId?)role.RoleId into own
            from role in own.DefaultIfEmpty()
            orderby invitation.InvitationId descending
            select new { Invitation = invitation, RoleName = role!.Name })
            .AsNoTracking().ToListAsync(cancellationToken);
        return rows.ConvertAll(row => ViewOf(
            row.Invitation, row.Invitation.Role is { } role ? RoleNames.Of(role) : row.RoleName));
    }

    private static Invitation ViewOf(InvitationRow row, string role) =>
        new(row.InvitationId, row.Email, role, row.CreatedAt, row.CreatedBy, row.ExpiresAt);

    private Letter LetterOf(InvitationRow row, string token, string tenantName, string inviter) => new(
        row.Email,
        $"Join {tenantName} on CodexOS",
        $"""
        {inviter} invites you to join {tenantName} on CodexOS.

        Open this link to accept. It works once, until {row.ExpiresAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC:

        {MailedLink.Invitation.Of(address.ForPeople, token)}

        If you did not expect this, you need not do anything.

        """);

    private static Fault AlreadyMember { get; } = new(
        "identity.already_member", FaultKind.Conflict, "Somebody with this address is a member already.");

    private static Fault NotFound { get; } = new(
        "identity.invitation_not_found", FaultKind.NotFound, "There is no such invitation, or it was accepted already.");

    private Fault TooMany() => new(
        "identity.too_many_invitations",
        FaultKind.LimitReached,
        $"There are {options.Value.InvitationsMax} open invitations, which is the most. Withdraw those that are not needed.");
}
