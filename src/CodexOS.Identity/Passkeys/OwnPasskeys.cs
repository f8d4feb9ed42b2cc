using CodexOS.Identity.Contracts;
using CodexOS.Identity.Passwords;
using CodexOS.Identity.SecondFactor;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Passkeys;

/// <summary>What people do with their own passkeys: add, rename and remove them.</summary>
internal sealed class OwnPasskeys(
    IDbContextFactory<IdentityDbContext> databases, PasskeyCheck check, PasskeyChallenges challenges,
    SecondFactorCheck secondFactor, PasswordConfirmation confirmation, KnownCallers callers, TenantContext tenants,
    IAuditLog audit, IOptions<IdentityOptions> options, TimeProvider clock)
{
    private readonly int _most = options.Value.PasskeysPerUserMax;

    /// <summary>The newest first. There are at most <see cref="IdentityOptions.PasskeysPerUserMax"/>.</summary>
    public async Task<IReadOnlyList<Passkey>> ListAsync(SignedIn who, CancellationToken cancellationToken)
    {
        var user = who.Caller.User;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Passkeys.Where(row => row.UserId == user).OrderByDescending(row => row.CreatedAt)
            .Select(row => new Passkey(
                row.PasskeyId, row.Name, row.CreatedAt, row.LastUsedAt, row.IsBackupEligible, row.IsBackedUp))
            .ToListAsync(cancellationToken);
    }

    /// <summary>
    /// Begins to add a passkey. Who has a second factor or a passkey must have given it a short while ago in this session;
    /// anybody else gives their password, so that a borrowed session makes no way in that lasts.
    /// </summary>
    public async Task<Result<PasskeyPrompt>> BeginAsync(
        string? password, SignedIn who, Client client, CancellationToken cancellationToken)
    {
        if (check.Ceremony is not { } ceremony) return PasskeyFaults.Unavailable;
        var user = who.Caller.User;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var row = await db.Users.AsNoTracking().SingleAsync(found => found.UserId == user, cancellationToken);
        if (await SecondFactorCheck.CanStepUpAsync(db, user, cancellationToken))
        {
            if (await secondFactor.FaultOfStepUpAsync(db, who, cancellationToken) is { } needed) return needed;
        }
        else if (await confirmation.CheckAsync(row, password ?? "", client, cancellationToken) is { } wrong)
        {
            return wrong;
        }

        var holder = await PasskeyCheck.HolderAsync(db, user, cancellationToken);
        if (holder.Passkeys.Count >= _most) return PasskeyFaults.TooMany(_most);
        var question = await ceremony.AskForNewAsync(holder, row.Email, row.DisplayName);
        return await challenges.AddAsync(question, PasskeyPurpose.Add, who.Session, cancellationToken);
    }

    /// <summary>Adds the passkey that the browser made. It was given with it, so the session has a second factor.</summary>
    public async Task<Result<Passkey>> AddAsync(
        AddPasskeyRequest request, SignedIn who, CancellationToken cancellationToken)
    {
        var user = who.Caller.User;
        var now = clock.GetUtcNow();
        var state = await challenges.TakeAsync(request.Challenge, PasskeyPurpose.Add, who.Session, cancellationToken);
        if (state is null || await check.ReadNewAsync(request.Credential!.Value, state) is not { } made)
            return PasskeyFaults.NotMade;

        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await TakeTurnAsync(db, user, cancellationToken);
        if (await db.Passkeys.CountAsync(own => own.UserId == user, cancellationToken) >= _most)
            return PasskeyFaults.TooMany(_most);
        var isFirst = !await SecondFactorCheck.CanStepUpAsync(db, user, cancellationToken);
        var row = new PasskeyRow
        {
            PasskeyId = PasskeyId.New(clock),
            UserId = user,
            CredentialId = made.CredentialId,
            PublicKey = made.PublicKey,
            SignatureCounter = made.SignCount,
            Transports = Credential.WriteTransports(made.Transports),
            IsBackupEligible = made.IsBackupEligible,
            IsBackedUp = made.IsBackedUp,
            Name = request.Name.Trim(),
            CreatedAt = now,
        };
        db.Passkeys.Add(row);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return PasskeyFaults.Taken;
        }

        if (isFirst) await OwnSecondFactor.ForgetPasswordStepUpsAsync(db, tenants, user, cancellationToken);
        await db.Sessions.Where(own => own.SessionId == who.Session).ExecuteUpdateAsync(
            own => own.SetProperty(given => given.SecondFactorAt, given => given.SecondFactorAt ?? now), cancellationToken);
        await RecordAsync("passkeys.add", row.PasskeyId, user, db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(user);
        return ViewOf(row);
    }

    /// <summary>Gives a passkey another name.</summary>
    public async Task<Result<Passkey>> RenameAsync(
        PasskeyId id, string name, SignedIn who, CancellationToken cancellationToken)
    {
        var user = who.Caller.User;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Passkeys.SingleOrDefaultAsync(own => own.PasskeyId == id && own.UserId == user, cancellationToken)
            is not { } row)
        {
            return PasskeyFaults.NotFound;
        }

        row.Name = name.Trim();
        await db.SaveChangesAsync(cancellationToken);
        await RecordAsync("passkeys.rename", id, user, db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ViewOf(row);
    }

    /// <summary>
    /// Removes a passkey. Stepping up comes first. When nothing is left to step up with, no session of the person has a second
    /// factor any more.
    /// </summary>
    public async Task<Result<Done>> RemoveAsync(PasskeyId id, SignedIn who, CancellationToken cancellationToken)
    {
        var user = who.Caller.User;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await db.Passkeys.AnyAsync(own => own.PasskeyId == id && own.UserId == user, cancellationToken))
            return PasskeyFaults.NotFound;
        if (await secondFactor.FaultOfStepUpAsync(db, who, cancellationToken) is { } needed) return needed;
        await TakeTurnAsync(db, user, cancellationToken);
        await db.Passkeys.Where(own => own.PasskeyId == id && own.UserId == user).ExecuteDeleteAsync(cancellationToken);
        if (!await SecondFactorCheck.CanStepUpAsync(db, user, cancellationToken))
            await OwnSecondFactor.TakeFromSessionsAsync(db, tenants, user, cancellationToken);
        await RecordAsync("passkeys.remove", id, user, db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(user);
        return Done.Value;
    }

    /// <summary>Waits for other changes of the person's passkeys to be committed, and makes later ones wait.</summary>
    private static Task<int> TakeTurnAsync(IdentityDbContext db, UserId user, CancellationToken cancellationToken) =>
        db.Users.Where(row => row.UserId == user).ExecuteUpdateAsync(
            row => row.SetProperty(same => same.DisplayName, same => same.DisplayName), cancellationToken);

    private Task RecordAsync(
        string action, PasskeyId id, UserId user, IdentityDbContext db, CancellationToken cancellationToken) =>
        audit.RecordAsync(
            AuditEntry.Done(action).On("passkey", id.ToString()).With("user", user.ToString()), db, cancellationToken);

    private static Passkey ViewOf(PasskeyRow row) => new(
        row.PasskeyId, row.Name, row.CreatedAt, row.LastUsedAt, row.IsBackupEligible, row.IsBackedUp);
}
