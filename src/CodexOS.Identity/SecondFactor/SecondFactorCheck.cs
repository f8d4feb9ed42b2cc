using CodexOS.Identity.Contracts;
using CodexOS.Identity.Passkeys;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.SecondFactor;

/// <summary>A code of one of the two kinds, or the answer of a passkey, as somebody gave it.</summary>
internal sealed record GivenFactor(string? Code, string? RecoveryCode, PasskeyAnswer? Passkey)
{
    /// <summary>Whether nothing was given.</summary>
    public bool IsEmpty => string.IsNullOrEmpty(Code) && string.IsNullOrEmpty(RecoveryCode) && Passkey is null;
}

/// <summary>
/// Checks second factors. Each code works once. Tries of one user take turns, so that a hundred at once are no more than a
/// hundred one after the other: ten may be wrong, then the authenticator is locked for a while, which doubles with each
/// further wrong code. A recovery code opens the lock.
/// </summary>
internal sealed class SecondFactorCheck(
    IDbContextFactory<IdentityDbContext> databases, ISeedSeal seal, PasskeyCheck passkeys, IOptions<IdentityOptions> options,
    TimeProvider clock)
{
    // Each round somebody's try is written down, and after the tenth wrong one nobody has to wait for another round.
    private const int RoundsMax = 200;

    private readonly IdentityOptions _options = options.Value;

    /// <summary>Whether a user has to give a code after their password.</summary>
    public static Task<bool> IsSetUpAsync(IdentityDbContext db, UserId user, CancellationToken cancellationToken) =>
        db.TotpFactors.AnyAsync(factor => factor.UserId == user && factor.ConfirmedAt != null, cancellationToken);

    /// <summary>Whether a user has something to step up with: an authenticator or a passkey.</summary>
    public static async Task<bool> CanStepUpAsync(IdentityDbContext db, UserId user, CancellationToken cancellationToken) =>
        await IsSetUpAsync(db, user, cancellationToken)
        || await db.Passkeys.AnyAsync(passkey => passkey.UserId == user, cancellationToken);

    /// <summary>
    /// Takes a code or a passkey: <c>identity.bad_code</c>, <c>identity.second_factor_locked</c> or
    /// <c>identity.bad_passkey</c> if it is not good.
    /// </summary>
    /// <param name="user">Whose it has to be.</param>
    /// <param name="given">What they gave.</param>
    /// <param name="session">The session that it is given in; null in a sign-in.</param>
    public async Task<Result<Done>> TakeAsync(
        UserId user, GivenFactor given, SessionId? session, CancellationToken cancellationToken)
    {
        if (given.Passkey is { } answer) return await passkeys.TakeAsync(user, answer, session, cancellationToken);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return given.RecoveryCode is { Length: > 0 } recoveryCode
            ? await TakeRecoveryAsync(db, user, recoveryCode, cancellationToken)
            : await TakeTotpAsync(db, user, given.Code ?? "", cancellationToken);
    }

    /// <summary>
    /// What is said to somebody who has a second factor or a passkey, and has not given it again in this session a short
    /// while ago.
    /// </summary>
    public async Task<Fault?> FaultOfStepUpAsync(IdentityDbContext db, SignedIn who, CancellationToken cancellationToken)
    {
        var since = clock.GetUtcNow() - _options.StepUpLifetime;
        return !await CanStepUpAsync(db, who.Caller.User, cancellationToken)
            || await db.Sessions.AnyAsync(row => row.SessionId == who.Session && row.SteppedUpAt > since, cancellationToken)
                ? null
                : SecondFactorFaults.StepUpNeeded;
    }

    private async Task<Result<Done>> TakeTotpAsync(
        IdentityDbContext db, UserId user, string code, CancellationToken cancellationToken)
    {
        for (var round = 0; round < RoundsMax; round++)
        {
            var factor = await db.TotpFactors.AsNoTracking()
                .SingleOrDefaultAsync(row => row.UserId == user && row.ConfirmedAt != null, cancellationToken);
            if (factor is null) return SecondFactorFaults.BadCode;
            var now = clock.GetUtcNow();
            if (factor.LockedUntil > now) return SecondFactorFaults.Locked(factor.LockedUntil.Value - now);

            var step = Totp.StepOf(seal.Open(factor.SealedSeed, user), code, now);
            var isGood = step > factor.LastStep;
            var lastStep = isGood ? step!.Value : factor.LastStep;
            var failures = isGood ? 0 : factor.Failures + 1;
            DateTimeOffset? lockedUntil = failures >= _options.SecondFactorFailuresMax ? now + LockOf(failures) : null;
            var written = await db.TotpFactors
                .Where(row => row.UserId == user && row.Revision == factor.Revision)
                .ExecuteUpdateAsync(
                    row => row
                        .SetProperty(tried => tried.LastStep, lastStep)
                        .SetProperty(tried => tried.Failures, failures)
                        .SetProperty(tried => tried.LockedUntil, lockedUntil)
                        .SetProperty(tried => tried.Revision, factor.Revision + 1),
                    cancellationToken);
            if (written == 1) return isGood ? Done.Value : SecondFactorFaults.BadCode;
        }

        return SecondFactorFaults.Locked(TimeSpan.FromSeconds(1));
    }

    private async Task<Result<Done>> TakeRecoveryAsync(
        IdentityDbContext db, UserId user, string code, CancellationToken cancellationToken)
    {
        var hash = RecoveryCode.Hash(code);
        var now = clock.GetUtcNow();
        var used = await db.RecoveryCodes
            .Where(row => row.CodeHash == hash && row.UserId == user && row.UsedAt == null)
            .ExecuteUpdateAsync(row => row.SetProperty(taken => taken.UsedAt, now), cancellationToken);
        if (used == 0) return SecondFactorFaults.BadCode;
        await db.TotpFactors.Where(row => row.UserId == user).ExecuteUpdateAsync(
            row => row
                .SetProperty(open => open.Failures, 0)
                .SetProperty(open => open.LockedUntil, (DateTimeOffset?)null)
                .SetProperty(open => open.Revision, open => open.Revision + 1),
            cancellationToken);
        return Done.Value;
    }

    private TimeSpan LockOf(int failures)
    {
        var doublings = Math.Min(failures - _options.SecondFactorFailuresMax, 20);
        var wait = _options.SecondFactorLock * Math.Pow(2, doublings);
        return wait < _options.SecondFactorLockMax ? wait : _options.SecondFactorLockMax;
    }
}
