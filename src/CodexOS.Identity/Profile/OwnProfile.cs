using CodexOS.Identity.Passwords;
using CodexOS.Identity.SecondFactor;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.Profile;

/// <summary>What people change about their own account.</summary>
internal sealed class OwnProfile(
    IDbContextFactory<IdentityDbContext> databases, PasswordConfirmation confirmation, PasswordHashing passwords,
    PasswordWords words, SecondFactorCheck secondFactor, KnownCallers callers, TenantContext tenants, IAuditLog audit,
    TimeProvider clock)
{
    private static readonly Fault s_samePassword = new(
        "identity.same_password", FaultKind.Invalid, "This is your present password. Choose another.");

    /// <summary>Changes the name by which others see the user.</summary>
    public async Task<Result<MeUser>> UpdateAsync(
        UpdateProfileRequest request, SignedIn who, CancellationToken cancellationToken)
    {
        var user = who.Caller.User;
        var displayName = request.DisplayName.Trim();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Users.Where(row => row.UserId == user).ExecuteUpdateAsync(
            row => row.SetProperty(own => own.DisplayName, displayName), cancellationToken);
        var email = await db.Users.Where(row => row.UserId == user).Select(row => row.Email).SingleAsync(cancellationToken);
        await audit.RecordAsync(AuditEntry.Done("users.update").On("user", user.ToString()), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(user);
        return new MeUser(user, email, displayName);
    }

    /// <summary>
    /// Changes the password. The present one is asked for, and the second factor of who has one; every other session of the
    /// user ends, in all tenants.
    /// </summary>
    public async Task<Result<Done>> ChangePasswordAsync(
        ChangePasswordRequest request, SignedIn who, Client client, CancellationToken cancellationToken)
    {
        var user = who.Caller.User;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var row = await db.Users.AsNoTracking().SingleAsync(found => found.UserId == user, cancellationToken);
        if (await secondFactor.FaultOfStepUpAsync(db, who, cancellationToken) is { } needed) return needed;
        if (await confirmation.CheckAsync(row, request.CurrentPassword, client, cancellationToken) is { } wrong)
        {
            await audit.RecordAsync(
                AuditEntry.Failed("users.change_password", wrong.Code).On("user", user.ToString()), cancellationToken);
            return wrong;
        }

        if (request.NewPassword == request.CurrentPassword) return s_samePassword;
        var guessed = await words.OfAsync(who.Caller.Tenant, cancellationToken);
        if (PasswordPolicy.Check(request.NewPassword, row.Email, row.DisplayName, guessed) is { } weak) return weak;
        if (!(await passwords.HashAsync(request.NewPassword, cancellationToken)).TryGet(out var hash, out var busy)) return busy;

        var now = clock.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // Of two changes at once, the second has to know the password that the first one made.
        var changed = await db.Users.Where(own => own.UserId == user && own.PasswordHash == row.PasswordHash).ExecuteUpdateAsync(
            own => own.SetProperty(good => good.PasswordHash, hash).SetProperty(good => good.PasswordChangedAt, now),
            cancellationToken);
        if (changed == 0) return PasswordConfirmation.Wrong;
        await db.PasswordResets.Where(link => link.UserId == user).ExecuteDeleteAsync(cancellationToken);
        await OwnSessions.EndAllAsync(db, tenants, user, who.Session, EndReasons.PasswordChanged, now, cancellationToken);
        await audit.RecordAsync(AuditEntry.Done("users.change_password").On("user", user.ToString()), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(user);
        return Done.Value;
    }
}
