using CodexOS.Identity.Mail;
using CodexOS.Identity.Passwords;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.Recovery;

/// <summary>
/// Lets somebody choose another password by a link that was mailed to them, once. Nobody is signed in by it: a second factor
/// is asked for where there is one.
/// </summary>
internal sealed class PasswordReset(
    IDbContextFactory<IdentityDbContext> databases, SignInThrottle throttle, PasswordHashing passwords, PasswordWords words,
    KnownCallers callers,
    TenantContext tenants, IAuditLog audit, TimeProvider clock)
{
    private static readonly Fault s_badLink = new(
        "identity.bad_reset_link",
        FaultKind.NotFound,
        "This link is not good, or no longer: it works once and for a short time. Ask for another on the sign-in page.");

    /// <summary>
    /// Resets: (1) the link, before anything that costs or tells something; (2) the new password; (3) the link and its like are
    /// used up, the password is set and every session of the person ends, in one transaction.
    /// </summary>
    public async Task<Result<Done>> ResetAsync(
        ResetPasswordRequest request, Client client, CancellationToken cancellationToken)
    {
        // 1. The link
        if (throttle.Begin(account: null, client.Address) is { } wait) return SignIn.SignIn.Throttled(wait);
        var hash = MailedLink.Hash(request.Token);
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await FindAsync(db, hash, now, cancellationToken) is not ({ } user, { } tenant)) return s_badLink;
        throttle.Succeed(account: null, client.Address);

        // 2. The password
        var guessed = await words.OfAsync(tenant, cancellationToken);
        if (PasswordPolicy.Check(request.Password, user.Email, user.DisplayName, guessed) is { } weak) return weak;
        var hashed = await passwords.HashAsync(request.Password, cancellationToken);
        if (!hashed.TryGet(out var passwordHash, out var busy)) return busy;

        // 3. The change
        using var entered = tenants.Enter(tenant);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var used = await db.PasswordResets.Where(link => link.TokenHash == hash).ExecuteDeleteAsync(cancellationToken);
        if (used == 0) return s_badLink;
        await db.PasswordResets.Where(link => link.UserId == user.UserId).ExecuteDeleteAsync(cancellationToken);
        await db.Users.Where(row => row.UserId == user.UserId).ExecuteUpdateAsync(
            row => row.SetProperty(own => own.PasswordHash, passwordHash).SetProperty(own => own.PasswordChangedAt, now),
            cancellationToken);
        await OwnSessions.EndAllAsync(
            db, tenants, user.UserId, except: null, EndReasons.PasswordChanged, now, cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("users.reset_password").By(AuditActor.Of(user.UserId)).On("user", user.UserId.ToString())
                .WithPersonal(SessionAudit.Address, SessionAudit.AddressOf(client)),
            db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(user.UserId);
        throttle.Forget(user.EmailKey);
        return Done.Value;
    }

    /// <summary>
    /// Whose link it is, and the tenant whose log says so: the one that they have belonged to longest. The tenant is what is
    /// being looked for, so this one query looks in all of them.
    /// </summary>
    private async Task<(UserRow? User, TenantId? Tenant)> FindAsync(
        IdentityDbContext db, byte[] hash, DateTimeOffset now, CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        var found = await (
            from link in db.PasswordResets
            join user in db.Users on link.UserId equals user.UserId
            where link.TokenHash == hash && link.ExpiresAt > now && user.State == UserState.Active
            select new
            {
                User = user,
                Tenant = db.OpenMemberships.Where(member => member.UserId == user.UserId)
                    .Select(member => (TenantId?)member.TenantId).FirstOrDefault(),
            })
            .IgnoreQueryFilters()
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken);
        return (found?.User, found?.Tenant);
    }
}
