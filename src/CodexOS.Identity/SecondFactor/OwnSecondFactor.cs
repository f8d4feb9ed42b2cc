using System.Security.Cryptography;
using CodexOS.Identity.Passkeys;
using CodexOS.Identity.Passwords;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using QRCoder;

namespace CodexOS.Identity.SecondFactor;

/// <summary>What people do with their own second factor: set it up, use it again for something grave, remove it.</summary>
internal sealed class OwnSecondFactor(
    IDbContextFactory<IdentityDbContext> databases, SecondFactorCheck check, ISeedSeal seal,
    PasswordConfirmation confirmation, KnownCallers callers, TenantContext tenants, IAuditLog audit,
    IOptions<IdentityOptions> options, TimeProvider clock)
{
    private const int RecoveryCodesCount = 10;
    private const int PixelsPerModule = 4;

    private readonly IdentityOptions _options = options.Value;

    public async Task<SecondFactorStatus> StatusAsync(SignedIn who, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var user = who.Caller.User;
        var now = clock.GetUtcNow();
        var factor = await db.TotpFactors.AsNoTracking()
            .SingleOrDefaultAsync(row => row.UserId == user && row.ConfirmedAt != null, cancellationToken);
        var left = await db.RecoveryCodes.CountAsync(row => row.UserId == user && row.UsedAt == null, cancellationToken);
        var required = await db.Tenants.Where(row => row.TenantId == who.Caller.Tenant)
            .Select(row => row.SecondFactorRequired).SingleAsync(cancellationToken);
        var given = await db.Sessions.AnyAsync(
            row => row.SessionId == who.Session && row.SecondFactorAt != null, cancellationToken);
        var passkeys = await db.Passkeys.CountAsync(row => row.UserId == user, cancellationToken);
        return new SecondFactorStatus(
            factor is not null, factor?.ConfirmedAt, left, required, given,
            factor?.LockedUntil > now ? factor.LockedUntil : null, passkeys,
            await SessionConfirmation.TakesPasswordAsync(db, who, cancellationToken));
    }

    /// <summary>
    /// Begins to set up an authenticator. It asks for nothing until it is confirmed; beginning again starts anew. Who has a
    /// passkey steps up with it first.
    /// </summary>
    public async Task<Result<TotpSetup>> BeginAsync(
        string password, SignedIn who, Client client, CancellationToken cancellationToken)
    {
        var user = who.Caller.User;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var row = await db.Users.AsNoTracking().SingleAsync(found => found.UserId == user, cancellationToken);
        if (await confirmation.CheckAsync(row, password, client, cancellationToken) is { } wrong) return wrong;

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await SecondFactorCheck.IsSetUpAsync(db, user, cancellationToken)) return SecondFactorFaults.Exists;
        if (await check.FaultOfStepUpAsync(db, who, cancellationToken) is { } needed) return needed;
        await db.TotpFactors.Where(factor => factor.UserId == user && factor.ConfirmedAt == null)
            .ExecuteDeleteAsync(cancellationToken);
        var seed = RandomNumberGenerator.GetBytes(Totp.SeedBytes);
        db.TotpFactors.Add(new TotpFactorRow
        {
            UserId = user,
            SealedSeed = seal.Seal(seed, user),
            CreatedAt = clock.GetUtcNow(),
            LastStep = 0,
            Failures = 0,
            Revision = 0,
        });
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        var uri = Totp.UriOf(seed, _options.SecondFactorIssuer, row.Email);
        return new TotpSetup(Totp.TextOf(seed), uri, QrOf(uri));
    }

    /// <summary>
    /// Confirms the authenticator with a first code. From then on every sign-in asks for one; the other sessions of the user,
    /// which gave none, end.
    /// </summary>
    public async Task<Result<RecoveryCodes>> ConfirmAsync(string code, SignedIn who, CancellationToken cancellationToken)
    {
        var user = who.Caller.User;
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var factor = await db.TotpFactors.AsNoTracking().SingleOrDefaultAsync(row => row.UserId == user, cancellationToken);
        if (factor is null) return SecondFactorFaults.NotBegun;
        if (factor.ConfirmedAt is not null) return SecondFactorFaults.Exists;
        if (Totp.StepOf(seal.Open(factor.SealedSeed, user), code, now) is not { } step) return SecondFactorFaults.BadCode;
        var confirmed = await db.TotpFactors
            .Where(row => row.UserId == user && row.ConfirmedAt == null && row.CreatedAt == factor.CreatedAt)
            .ExecuteUpdateAsync(
                row => row.SetProperty(good => good.ConfirmedAt, now).SetProperty(good => good.LastStep, step),
                cancellationToken);
        if (confirmed == 0) return SecondFactorFaults.NotBegun;

        if (!await db.Passkeys.AnyAsync(row => row.UserId == user, cancellationToken))
            await ForgetPasswordStepUpsAsync(db, tenants, user, cancellationToken);
        var codes = await RenewRecoveryCodesAsync(db, user, now, cancellationToken);
        await OwnSessions.EndAllAsync(
            db, tenants, user, who.Session, EndReasons.SecondFactorSetUp, now, cancellationToken);
        await db.Sessions.Where(row => row.SessionId == who.Session).ExecuteUpdateAsync(
            row => row.SetProperty(own => own.SecondFactorAt, now), cancellationToken);
        await RecordAsync("second_factor.set_up", user, db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(user);
        return new RecoveryCodes(codes);
    }

    /// <summary>
    /// Gives the second factor or a passkey once more, for what asks for that. Who has neither gives the password.
    /// </summary>
    public async Task<Result<SteppedUp>> StepUpAsync(
        GivenFactor given, string? password, SignedIn who, Client client, CancellationToken cancellationToken)
    {
        var user = who.Caller.User;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (!await SecondFactorCheck.CanStepUpAsync(db, user, cancellationToken))
        {
            return password is null
                ? SecondFactorFaults.None
                : await StepUpByPasswordAsync(db, password, who, client, cancellationToken);
        }

        if (given.IsEmpty && password is not null) return SecondFactorFaults.StepUpNeeded;
        if (!(await check.TakeAsync(user, given, who.Session, cancellationToken)).TryGet(out _, out var fault))
        {
            await audit.RecordAsync(
                AuditEntry.Failed("second_factor.step_up", fault.Code).On("user", user.ToString()), cancellationToken);
            return PasskeyFaults.AsSaid(fault);
        }

        var now = clock.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Sessions.Where(row => row.SessionId == who.Session).ExecuteUpdateAsync(
            row => row
                .SetProperty(own => own.SteppedUpAt, now)
                .SetProperty(own => own.SecondFactorAt, own => own.SecondFactorAt ?? now),
            cancellationToken);
        await RecordAsync("second_factor.step_up", user, db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(user);
        return new SteppedUp(now + _options.StepUpLifetime);
    }

    private async Task<Result<SteppedUp>> StepUpByPasswordAsync(
        IdentityDbContext db, string password, SignedIn who, Client client, CancellationToken cancellationToken)
    {
        var user = who.Caller.User;
        var row = await db.Users.AsNoTracking().SingleAsync(found => found.UserId == user, cancellationToken);
        if (await confirmation.CheckAsync(row, password, client, cancellationToken) is { } wrong)
        {
            await audit.RecordAsync(
                AuditEntry.Failed("sessions.confirm", wrong.Code).On("user", user.ToString()), cancellationToken);
            return wrong;
        }

        var now = clock.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // Written first, so that a second factor that is set up meanwhile either is seen here or forgets this.
        await db.Sessions.Where(own => own.SessionId == who.Session).ExecuteUpdateAsync(
            own => own.SetProperty(confirmed => confirmed.SteppedUpAt, now), cancellationToken);
        if (await SecondFactorCheck.CanStepUpAsync(db, user, cancellationToken)) return SecondFactorFaults.StepUpNeeded;
        await RecordAsync("sessions.confirm", user, db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(user);
        return new SteppedUp(now + _options.StepUpLifetime);
    }

    /// <summary>Removes the second factor. It has to be given once more first.</summary>
    public async Task<Result<Done>> RemoveAsync(SignedIn who, CancellationToken cancellationToken)
    {
        var user = who.Caller.User;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await SecondFactorCheck.IsSetUpAsync(db, user, cancellationToken)) return SecondFactorFaults.None;
        if (await check.FaultOfStepUpAsync(db, who, cancellationToken) is { } needed) return needed;
        await db.RecoveryCodes.Where(row => row.UserId == user).ExecuteDeleteAsync(cancellationToken);
        await db.TotpFactors.Where(row => row.UserId == user).ExecuteDeleteAsync(cancellationToken);
        await TakeFromSessionsAsync(db, tenants, user, cancellationToken);
        await RecordAsync("second_factor.remove", user, db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(user);
        return Done.Value;
    }

    /// <summary>Makes new recovery codes; the earlier ones are dead.</summary>
    public async Task<Result<RecoveryCodes>> RenewAsync(SignedIn who, CancellationToken cancellationToken)
    {
        var user = who.Caller.User;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await SecondFactorCheck.IsSetUpAsync(db, user, cancellationToken)) return SecondFactorFaults.None;
        if (await check.FaultOfStepUpAsync(db, who, cancellationToken) is { } needed) return needed;
        var codes = await RenewRecoveryCodesAsync(db, user, clock.GetUtcNow(), cancellationToken);
        await RecordAsync("second_factor.renew_recovery_codes", user, db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new RecoveryCodes(codes);
    }

    /// <summary>Lets no session of a person's, in any tenant, count as one in which a second factor was given.</summary>
    public static async Task TakeFromSessionsAsync(
        IdentityDbContext db, TenantContext tenants, UserId user, CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.Credentials);
        await db.Sessions.IgnoreQueryFilters().Where(row => row.UserId == user && row.EndedAt == null)
            .ExecuteUpdateAsync(
                row => row
                    .SetProperty(without => without.SecondFactorAt, (DateTimeOffset?)null)
                    .SetProperty(without => without.SteppedUpAt, (DateTimeOffset?)null),
                cancellationToken);
    }

    /// <summary>
    /// Lets what a person confirmed with their password count no more, now that there is something to step up with: a password
    /// is no second factor.
    /// </summary>
    public static async Task ForgetPasswordStepUpsAsync(
        IdentityDbContext db, TenantContext tenants, UserId user, CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.Credentials);
        await db.Sessions.IgnoreQueryFilters().Where(row => row.UserId == user && row.EndedAt == null)
            .ExecuteUpdateAsync(
                row => row.SetProperty(confirmed => confirmed.SteppedUpAt, (DateTimeOffset?)null), cancellationToken);
    }

    private static async Task<List<string>> RenewRecoveryCodesAsync(
        IdentityDbContext db, UserId user, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await db.RecoveryCodes.Where(row => row.UserId == user).ExecuteDeleteAsync(cancellationToken);
        var codes = Enumerable.Range(0, RecoveryCodesCount).Select(static _ => RecoveryCode.New()).ToList();
        db.RecoveryCodes.AddRange(codes.Select(code => new RecoveryCodeRow
        {
            CodeHash = RecoveryCode.Hash(code),
            UserId = user,
            CreatedAt = now,
        }));
        await db.SaveChangesAsync(cancellationToken);
        return codes;
    }

    private Task RecordAsync(string action, UserId user, IdentityDbContext db, CancellationToken cancellationToken) =>
        audit.RecordAsync(AuditEntry.Done(action).On("user", user.ToString()), db, cancellationToken);

    private static string QrOf(string uri)
    {
        using var data = QRCodeGenerator.GenerateQrCode(uri, QRCodeGenerator.ECCLevel.M);
        using var picture = new SvgQRCode(data);
        return picture.GetGraphic(PixelsPerModule);
    }
}
