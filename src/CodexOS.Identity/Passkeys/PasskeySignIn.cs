using CodexOS.Identity.SignIn;
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

namespace CodexOS.Identity.Passkeys;

/// <summary>
/// A sign-in with a passkey and nothing else, in four steps:
/// 1. throttle: an address, or an account, that failed too often waits;
/// 2. verify: the prompt is used up, and the signature is that of a passkey whose account may sign in; whatever is wrong has
///    one answer;
/// 3. rules: where a tenant's provider signs its people in, no passkey does;
/// 4. session and tokens, in one transaction with the passkey's counter. The device verified the person, so a second factor
///    was given.
/// </summary>
internal sealed partial class PasskeySignIn(
    IDbContextFactory<IdentityDbContext> databases, SignInThrottle throttle, PasskeyChallenges challenges,
    PasskeyCheck check, SignInCompletion completion, TenantContext tenants, IAuditLog audit, ILogger<PasskeySignIn> log)
{
    /// <summary>
    /// Signs in, or says why not: <c>identity.bad_passkey</c>, <c>identity.sso_required</c> or <c>identity.throttled</c>.
    /// </summary>
    public async Task<Result<IssuedTokens>> SignInAsync(
        PasskeyResponse answer, TenantId? wantedTenant, Client client, CancellationToken cancellationToken)
    {
        using var activity = IdentityTelemetry.Source.StartActivity("identity.sign_in.passkey");

        // 1. Throttle
        if (throttle.Begin(account: null, client.Address) is { } wait) return Refuse(SignIn.SignIn.Throttled(wait));

        // 2. Verify
        if (await challenges.TakeAsync(answer.Challenge, PasskeyPurpose.Enter, session: null, cancellationToken)
            is not { } state)
        {
            return Refuse(PasskeyFaults.Bad);
        }

        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var found = Credential.IdOf(answer.Credential!.Value) is { } id
            ? await FindAsync(db, id, wantedTenant, cancellationToken)
            : null;
        if (found is not null && throttle.WaitOf(found.EmailKey) is { } accountWait)
            return Refuse(SignIn.SignIn.Throttled(accountWait));
        if (found is null || await check.CheckAsync(found.Passkey, answer.Credential.Value, state) is not { } shown
            || found is not { State: UserState.Active, Tenant: { } tenant })
        {
            await audit.RecordAsync(FailureOf(found, client, PasskeyFaults.Bad), cancellationToken);
            return Refuse(PasskeyFaults.Bad);
        }

        throttle.Succeed(found.EmailKey, client.Address);

        // 3. Rules
        using var entered = tenants.Enter(tenant);
        var user = found.Passkey.UserId;
        if (await SsoEnforcement.RefusesPasswordAsync(db, user, found.EmailKey, cancellationToken))
        {
            await audit.RecordAsync(FailureOf(found, client, SsoFaults.Required), cancellationToken);
            return Refuse(SsoFaults.Required);
        }

        // 4. Session and tokens
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await check.NoteAsync(db, found.Passkey, shown, cancellationToken))
        {
            await transaction.RollbackAsync(cancellationToken);
            await audit.RecordAsync(FailureOf(found, client, PasskeyFaults.CountedBack), cancellationToken);
            return Refuse(PasskeyFaults.Bad);
        }

        var who = new Verified(tenant, user) { GaveSecondFactor = true, Passkey = found.Passkey.PasskeyId };
        return await completion.StartAsync(db, transaction, who, client, cancellationToken);
    }

    /// <summary>
    /// Whose a passkey is, with the tenant they sign in to: the one that is wanted, or else the one they have belonged to
    /// longest. The tenant is what is being looked for, so this one query looks in all of them.
    /// </summary>
    private async Task<Account?> FindAsync(
        IdentityDbContext db, byte[] credentialId, TenantId? wanted, CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        return await (
            from passkey in db.Passkeys
            join user in db.Users on passkey.UserId equals user.UserId
            where passkey.CredentialId == credentialId
            select new Account(
                passkey,
                user.EmailKey,
                user.State,
                db.OpenMemberships
                    .Where(member => member.UserId == user.UserId && (wanted == null || member.TenantId == wanted))
                    .Select(member => (TenantId?)member.TenantId)
                    .FirstOrDefault()))
            .IgnoreQueryFilters()
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>A try that failed, in the log of the account's tenant; where none is known, in the installation's.</summary>
    private static AuditEntry FailureOf(Account? account, Client client, Fault fault)
    {
        var entry = AuditEntry.Failed(SessionAudit.SignIn, fault.Code).By(AuditActor.Anonymous).With("by", "passkey")
            .WithPersonal(SessionAudit.Address, SessionAudit.AddressOf(client));
        return account is { Tenant: { } tenant }
            ? entry.In(tenant).On("user", account.Passkey.UserId.ToString())
            : entry;
    }

    private Fault Refuse(Fault fault)
    {
        IdentityTelemetry.CountSignIn(fault.Code);
        LogRefused(fault.Code);
        return fault;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A sign-in with a passkey was refused: {Code}.")]
    private partial void LogRefused(string code);

    private sealed record Account(PasskeyRow Passkey, string EmailKey, UserState State, TenantId? Tenant);
}
