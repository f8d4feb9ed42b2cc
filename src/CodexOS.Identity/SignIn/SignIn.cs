using CodexOS.Identity.Passkeys;
using CodexOS.Identity.Passwords;
using CodexOS.Identity.SecondFactor;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SingleSignOn;
using CodexOS.Identity.SingleSignOn.Entry;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace CodexOS.Identity.SignIn;

/// <summary>
/// A sign-in with email and password, in five steps:
/// 1. throttle: an account or address that failed too often waits;
/// 2. verify: the password, at the same price and with the same answer whether or not the account exists;
/// 3. second factor: who has one gets a challenge instead of a session, and comes back with it and a code;
/// 4. session: one row for the device, in one transaction with its first refresh token and its entry in the audit log;
/// 5. tokens: a short access token, and the refresh token that goes on from it.
/// </summary>
#pragma warning disable MA0049 // The flow is called what it is; the folder holds its parts.
internal sealed partial class SignIn(
#pragma warning restore MA0049
    IDbContextFactory<IdentityDbContext> databases, SignInThrottle throttle, PasswordHashing passwords,
    SignInChallenges challenges, SecondFactorCheck secondFactor, SignInCompletion completion, TenantContext tenants,
    IAuditLog audit, ILogger<SignIn> log)
{
    internal static readonly Fault BadCredentials = new(
        "identity.bad_credentials",
        FaultKind.NotSignedIn,
        "The email address or the password is wrong. Check both, and try again.");

    /// <summary>
    /// Signs in, as far as it goes without a second factor, or says why not: <c>identity.bad_credentials</c>,
    /// <c>identity.sso_required</c> or <c>identity.throttled</c>.
    /// </summary>
    public async Task<Result<SignInOutcome>> SignInAsync(
        string email, string password, TenantId? wantedTenant, Client client, CancellationToken cancellationToken)
    {
        using var activity = IdentityTelemetry.Source.StartActivity("identity.sign_in");
        var account = EmailKey.Of(email);

        // 1. Throttle
        if (throttle.Begin(account, client.Address) is { } wait) return Refuse(Throttled(wait));

        // 2. Verify
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var found = await FindAsync(db, account, wantedTenant, cancellationToken);
        var check = await passwords.CheckAsync(password, found?.PasswordHash, cancellationToken);
        if (!check.TryGet(out var verified, out var busy))
        {
            throttle.Withdraw(account, client.Address);
            return Refuse(busy);
        }

        if (found is not { State: UserState.Active, Tenant: { } tenant } || !verified.IsRight)
        {
            await audit.RecordAsync(FailureOf(found, client, BadCredentials), cancellationToken);
            return Refuse(BadCredentials);
        }

        throttle.Succeed(account, client.Address);
        using var entered = tenants.Enter(tenant);
        if (await SsoEnforcement.RefusesPasswordAsync(db, found.UserId, account, cancellationToken))
        {
            await audit.RecordAsync(FailureOf(found, client, SsoFaults.Required), cancellationToken);
            return Refuse(SsoFaults.Required);
        }

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (verified.Renewed is { } renewed) await StoreAsync(db, found.UserId, renewed, cancellationToken);

        // 3. Second factor, 4. session, 5. tokens
        var who = new Verified(tenant, found.UserId) { OwesSecondFactor = found.HasSecondFactor };
        var outcome = await completion.GoOnAsync(db, transaction, who, client, cancellationToken);
        return outcome.TryGet(out _, out var fault) ? outcome : Refuse(fault);
    }

    /// <summary>
    /// Goes on with a sign-in whose password was right: the challenge works once, and so does the code or the answer of a
    /// passkey. Says why not: <c>identity.bad_challenge</c>, <c>identity.bad_code</c>, <c>identity.bad_passkey</c>,
    /// <c>identity.second_factor_locked</c> or <c>identity.throttled</c>.
    /// </summary>
    public async Task<Result<IssuedTokens>> ContinueAsync(
        string challengeText, GivenFactor given, Client client, CancellationToken cancellationToken)
    {
        using var activity = IdentityTelemetry.Source.StartActivity("identity.sign_in.second_factor");

        // 1. Throttle
        if (throttle.Begin(account: null, client.Address) is { } wait) return Refuse(Throttled(wait));

        // 3. Second factor
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await challenges.FindAsync(db, challengeText, cancellationToken) is not { } challenge)
            return Refuse(SecondFactorFaults.BadChallenge);
        using var entered = tenants.Enter(challenge.TenantId);
        var taken = await secondFactor.TakeAsync(challenge.UserId, given, session: null, cancellationToken);
        if (!taken.TryGet(out _, out var wrong))
        {
            await audit.RecordAsync(
                FailureOf(challenge.TenantId, challenge.UserId, wrong.Code, client), cancellationToken);
            return Refuse(PasskeyFaults.AsSaid(wrong));
        }

        throttle.Succeed(account: null, client.Address);

        // 4. Session, 5. tokens; of two with the same challenge at once, one gets them
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await SignInChallenges.TryUseAsync(db, challenge, cancellationToken))
            return Refuse(SecondFactorFaults.BadChallenge);
        var who = new Verified(challenge.TenantId, challenge.UserId)
        {
            GaveSecondFactor = true,
            SsoSignIn = challenge.SsoSignInId,
        };
        return await completion.StartAsync(db, transaction, who, client, cancellationToken);
    }

    /// <summary>What is said to whoever tried too often.</summary>
    internal static Fault Throttled(TimeSpan wait) => new(
        "identity.throttled",
        FaultKind.Throttled,
        $"Too many tries. Try again in {(int)Math.Ceiling(wait.TotalSeconds)} seconds.")
    {
        RetryAfter = wait,
    };

    /// <summary>
    /// The account, with the tenant it signs in to: the one that is wanted, or else the one it has belonged to longest. The
    /// tenant is what is being looked for, so this one query looks in all of them. A disabled tenant is as none.
    /// </summary>
    private async Task<Account?> FindAsync(
        IdentityDbContext db, string emailKey, TenantId? wanted, CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        return await db.Users
            .Where(user => user.EmailKey == emailKey)
            .Select(user => new Account(
                user.UserId,
                user.PasswordHash,
                user.State,
                db.OpenMemberships
                    .Where(member => member.UserId == user.UserId && (wanted == null || member.TenantId == wanted))
                    .Select(member => (TenantId?)member.TenantId)
                    .FirstOrDefault(),
                db.TotpFactors.Any(factor => factor.UserId == user.UserId && factor.ConfirmedAt != null)))
            .IgnoreQueryFilters()
            .SingleOrDefaultAsync(cancellationToken);
    }

    private static Task<int> StoreAsync(
        IdentityDbContext db, UserId userId, string passwordHash, CancellationToken cancellationToken) =>
        db.Users
            .Where(user => user.UserId == userId)
            .ExecuteUpdateAsync(user => user.SetProperty(row => row.PasswordHash, passwordHash), cancellationToken);

    /// <summary>
    /// A try that failed, in the log of the account's tenant; of an account that does not exist, in the installation's. What
    /// was typed is not recorded: it may be a password in the wrong field. Where it came from is nobody's: who tried is not
    /// known, and to seal it under the key of the account's owner would be work that tells that there is one.
    /// </summary>
    private static AuditEntry FailureOf(Account? account, Client client, Fault fault)
    {
        var entry = AuditEntry.Failed(SessionAudit.SignIn, fault.Code).By(AuditActor.Anonymous)
            .WithPersonal(SessionAudit.Address, SessionAudit.AddressOf(client));
        return account is { Tenant: { } tenant }
            ? entry.In(tenant).On("user", account.UserId.ToString())
            : entry;
    }

    private static AuditEntry FailureOf(TenantId tenant, UserId user, string code, Client client) =>
        AuditEntry.Failed("sessions.second_factor", code).By(AuditActor.Anonymous).In(tenant)
            .On("user", user.ToString())
            .WithPersonal(SessionAudit.Address, SessionAudit.AddressOf(client));

    private Fault Refuse(Fault fault)
    {
        IdentityTelemetry.CountSignIn(fault.Code);
        LogRefused(fault.Code);
        return fault;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A sign-in was refused: {Code}.")]
    private partial void LogRefused(string code);

    private sealed record Account(
        UserId UserId, string? PasswordHash, UserState State, TenantId? Tenant, bool HasSecondFactor);
}

/// <summary>How far a sign-in got.</summary>
internal abstract record SignInOutcome
{
    private SignInOutcome()
    {
    }

    /// <summary>There is a session.</summary>
    public sealed record Finished(IssuedTokens Tokens) : SignInOutcome;

    /// <summary>The password was right; a second factor is awaited.</summary>
    public sealed record Challenged(IssuedChallenge Challenge) : SignInOutcome;
}
