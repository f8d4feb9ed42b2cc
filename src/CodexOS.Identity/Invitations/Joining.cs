using CodexOS.Identity.Access;
using CodexOS.Identity.Mail;
using CodexOS.Identity.Members;
using CodexOS.Identity.Passwords;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace CodexOS.Identity.Invitations;

/// <summary>
/// Turns an invitation's link into a membership, once. An address that has no account gets one; whoever has one shows by its
/// password that it is theirs. Nobody is signed in by it, so that a second factor is asked for where there is one.
/// </summary>
internal sealed class Joining(
    IDbContextFactory<IdentityDbContext> databases, SignInThrottle throttle, PasswordHashing passwords, PasswordWords words,
    IAuditLog audit, IAuditSubjects subjects, TenantContext tenants, TimeProvider clock)
{
    private static readonly Fault BadLink = new(
        "identity.bad_invitation",
        FaultKind.NotFound,
        "This link is not good, or no longer: it works once and for some days. Ask whoever invited you for another.");

    private static readonly Fault NameNeeded = new(
        "identity.name_needed", FaultKind.Invalid, "Give a name by which others see you.");

    private static readonly Fault AccountChanged = new(
        "identity.invitation_raced",
        FaultKind.Conflict,
        "This address got an account or a membership at this very moment. Look at the link again.");

    /// <summary>What a link invites to.</summary>
    public async Task<Result<InvitationPreview>> LookAsync(
        string token, Client client, CancellationToken cancellationToken)
    {
        if (throttle.Begin(account: null, client.Address) is { } wait) return SignIn.SignIn.Throttled(wait);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await FindAsync(db, token, cancellationToken) is not { } found) return BadLink;
        throttle.Succeed(account: null, client.Address);
        return new InvitationPreview(
            found.TenantName, found.Invitation.Email, found.RoleName, found.Account is not null, found.Invitation.ExpiresAt);
    }

    /// <summary>
    /// Joins: (1) the link, before anything that costs or tells something; (2) the password; (3) the invitation is used up,
    /// the account made and the membership written in one transaction.
    /// </summary>
    public async Task<Result<JoinedTenant>> AcceptAsync(
        AcceptInvitationRequest request, Client client, CancellationToken cancellationToken)
    {
        // 1. The link
        if (throttle.Begin(account: null, client.Address) is { } wait) return SignIn.SignIn.Throttled(wait);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await FindAsync(db, request.Token, cancellationToken) is not { } found) return BadLink;
        throttle.Succeed(account: null, client.Address);

        // 2. The password
        var invitation = found.Invitation;
        var checkedPassword = found.Account is { } account
            ? await CheckOwnAsync(account, invitation, request.Password, client, cancellationToken)
            : await MakeHashAsync(request, invitation.TenantId, invitation.Email, cancellationToken);
        if (!checkedPassword.TryGet(out var passwordHash, out var fault)) return fault;

        // 3. The membership
        using var scope = tenants.Enter(invitation.TenantId);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await MemberStore.TakeTurnAsync(db, invitation.TenantId, cancellationToken);
        var used = await db.Invitations.Where(row => row.TokenHash == invitation.TokenHash)
            .ExecuteDeleteAsync(cancellationToken);
        if (used == 0) return BadLink;
        var now = clock.GetUtcNow();
        var user = found.Account?.UserId ?? UserId.New(clock);
        if (found.Account is null)
        {
            db.Users.Add(new UserRow
            {
                UserId = user,
                Email = invitation.Email,
                EmailKey = invitation.EmailKey,
                DisplayName = request.DisplayName!.Trim(),
                PasswordHash = passwordHash,
                State = UserState.Active,
                CreatedAt = now,
                PasswordChangedAt = now,
            });
        }

        db.Memberships.Add(new MembershipRow
        {
            TenantId = invitation.TenantId,
            UserId = user,
            Role = invitation.Role,
            RoleId = invitation.RoleId,
            CreatedAt = now,
        });
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return AccountChanged;
        }

        await subjects.KnowAsync(
            invitation.InvitationId.ToString(), user, transaction.GetDbTransaction(), cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("members.join").By(AuditActor.Of(user)).On("invitation", invitation.InvitationId.ToString())
                .With("role", found.RoleName).WithPersonal("email", invitation.Email),
            db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new JoinedTenant(invitation.TenantId, found.TenantName, invitation.Email);
    }

    /// <summary>The tenant is not known before the link is found, so this one query looks in all of them.</summary>
    private async Task<Found?> FindAsync(IdentityDbContext db, string token, CancellationToken cancellationToken)
    {
        var hash = MailedLink.Hash(token);
        var now = clock.GetUtcNow();
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        var found = await (
            from invitation in db.Invitations
            join tenant in db.Tenants on invitation.TenantId equals tenant.TenantId
            from role in db.Roles.Where(row => row.RoleId == invitation.RoleId).DefaultIfEmpty()
            from user in db.Users.Where(row => row.EmailKey == invitation.EmailKey).DefaultIfEmpty()
            where invitation.TokenHash == hash && invitation.ExpiresAt > now && tenant.DisabledAt == null
            select new { Invitation = invitation, TenantName = tenant.Name, RoleName = role!.Name, Account = user })
            .IgnoreQueryFilters()
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken);
        return found is null
            ? null
            : new Found(
                found.Invitation, found.TenantName,
                found.Invitation.Role is { } builtIn ? RoleNames.Of(builtIn) : found.RoleName, found.Account);
    }

    /// <summary>Checks the password of the account that the address has; as slow and as throttled as a sign-in.</summary>
    private async Task<Result<string>> CheckOwnAsync(
        UserRow account, InvitationRow invitation, string password, Client client, CancellationToken cancellationToken)
    {
        if (throttle.Begin(account.EmailKey, client.Address) is { } wait) return SignIn.SignIn.Throttled(wait);
        var check = await passwords.CheckAsync(password, account.PasswordHash, cancellationToken);
        if (!check.TryGet(out var verified, out var busy))
        {
            throttle.Withdraw(account.EmailKey, client.Address);
            return busy;
        }

        if (!verified.IsRight || account.State is not UserState.Active)
        {
            await audit.RecordAsync(
                AuditEntry.Failed("members.join", SignIn.SignIn.BadCredentials.Code).By(AuditActor.Anonymous)
                    .In(invitation.TenantId).On("invitation", invitation.InvitationId.ToString())
                    .WithPersonal(SessionAudit.Address, SessionAudit.AddressOf(client)),
                cancellationToken);
            return SignIn.SignIn.BadCredentials;
        }

        throttle.Succeed(account.EmailKey, client.Address);
        return account.PasswordHash!;
    }

    private async Task<Result<string>> MakeHashAsync(
        AcceptInvitationRequest request, TenantId tenant, string email, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(request.DisplayName)) return NameNeeded;
        var guessed = await words.OfAsync(tenant, cancellationToken);
        return PasswordPolicy.Check(request.Password, email, request.DisplayName.Trim(), guessed) is { } weak
            ? weak
            : await passwords.HashAsync(request.Password, cancellationToken);
    }

    private sealed record Found(InvitationRow Invitation, string TenantName, string RoleName, UserRow? Account);
}
