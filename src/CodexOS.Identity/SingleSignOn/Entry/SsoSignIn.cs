using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.SecondFactor;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.SingleSignOn.Connections;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.SingleSignOn.Entry;

/// <summary>How a sign-in at a provider ended, and the page that the person wanted.</summary>
internal sealed record SsoEnd(Result<SignInOutcome> Outcome, string ReturnTo);

/// <summary>
/// A sign-in at an identity provider, from the moment the browser comes back from there:
/// 1. throttle: an address that failed too often waits;
/// 2. attempt: it was begun here, in this browser, for this connection, not long ago, and comes back once;
/// 3. provider: it answers itself, exchanges the code, and vouches for somebody by an ID token made for this attempt;
/// 4. account: the one that the provider's subject is, or the one that a verified address in a verified domain leads to;
/// 5. one transaction: account, membership, role, what the provider said; then as after a password: second factor, session,
///    tokens.
/// </summary>
internal sealed partial class SsoSignIn(
    IDbContextFactory<IdentityDbContext> databases, SignInThrottle throttle, SsoStart start, ConnectionStore connections,
    ProviderAnswers answers, SsoAccounts accounts, SignInCompletion completion, KnownCallers callers, IVault vault,
    TenantContext tenants, IAuditLog audit, IOptions<IdentityOptions> options, TimeProvider clock, ILogger<SsoSignIn> log)
{
    private const string Overview = "/";

    /// <summary>Ends a sign-in with what a provider sent the browser back with.</summary>
    /// <param name="id">The connection, as the address names it.</param>
    /// <param name="answer">What came back.</param>
    /// <param name="cookie">What the browser was given at the beginning.</param>
    /// <param name="client">Where the request comes from.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<SsoEnd> EndAsync(
        SsoConnectionId id, OAuthForm answer, string? cookie, Client client, CancellationToken cancellationToken)
    {
        using var activity = IdentityTelemetry.Source.StartActivity("identity.sign_in.sso");

        // 1. Throttle
        if (throttle.Begin(account: null, client.Address) is { } wait)
            return new SsoEnd(Refuse(SignIn.SignIn.Throttled(wait)), Overview);

        // 2. Attempt
        if (!(await start.FindAsync(id, null, cancellationToken)).TryGet(out var connection, out var fault))
            return new SsoEnd(Refuse(fault), Overview);
        using var entered = tenants.Enter(connection.TenantId);
        if (!SsoAttempt.TryParse(cookie, out var attempt) || !attempt.IsOf(answer["state"])
            || await TakeAsync(connection, attempt, cancellationToken) is not { } returnTo)
        {
            return new SsoEnd(await RefuseAsync(connection, SsoFaults.BadState, client, cancellationToken), Overview);
        }

        var outcome = await GoOnAsync(connection, attempt, answer, client, cancellationToken);
        if (!outcome.TryGet(out _, out fault))
            return new SsoEnd(await RefuseAsync(connection, fault, client, cancellationToken), returnTo);
        throttle.Succeed(account: null, client.Address);
        return new SsoEnd(outcome, returnTo);
    }

    private async Task<Result<SignInOutcome>> GoOnAsync(
        SsoConnectionRow connection, SsoAttempt attempt, OAuthForm answer, Client client, CancellationToken cancellationToken)
    {
        // 3. Provider
        if (!(await connections.OpenAsync(connection.ConnectionId, cancellationToken)).TryGet(out var opened, out var fault))
            return fault;
        var read = await answers.ReadAsync(connection, opened.Secret, attempt, answer, cancellationToken);
        if (!read.TryGet(out var vouched, out fault)) return fault;

        // 4. Account
        if (!(await accounts.FindAsync(connection, vouched.Claims, cancellationToken)).TryGet(out var account, out fault))
            return fault;

        // 5. Everything in one transaction; what seals cannot run inside of it
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var said = await SealAsync(db, connection, vouched, account, cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        try
        {
            if (await accounts.WriteAsync(db, connection, vouched.Claims, account, cancellationToken) is { } unwritten)
                return unwritten;
            await DropOldAsync(db, account, cancellationToken);
            db.SsoSignIns.Add(said);
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return SsoFaults.Raced;
        }

        var gaveThere = connection.AcceptsSecondFactor && vouched.Claims.HasSecondFactor(connection.SecondFactorAcr);
        var who = new Verified(connection.TenantId, account.User)
        {
            OwesSecondFactor = !gaveThere && await SecondFactorCheck.IsSetUpAsync(db, account.User, cancellationToken),
            GaveSecondFactor = gaveThere,
            SsoSignIn = said.SignInId,
        };
        var outcome = await completion.GoOnAsync(db, transaction, who, client, cancellationToken);
        callers.Forget(account.User);
        return outcome;
    }

    /// <summary>Uses an attempt up and says which page was wanted; null if it is unknown, used or too old.</summary>
    private async Task<string?> TakeAsync(SsoConnectionRow connection, SsoAttempt attempt, CancellationToken cancellationToken)
    {
        var (hash, now) = (attempt.StateHash, clock.GetUtcNow());
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var returnTo = await db.SsoAttempts
            .Where(row => row.StateHash == hash && row.ConnectionId == connection.ConnectionId && row.ExpiresAt > now)
            .Select(row => row.ReturnTo)
            .SingleOrDefaultAsync(cancellationToken);
        // Of two at once, one deletes it.
        return await db.SsoAttempts.Where(row => row.StateHash == hash).ExecuteDeleteAsync(cancellationToken) == 1
            ? returnTo
            : null;
    }

    private async Task<SsoSignInRow> SealAsync(
        IdentityDbContext db, SsoConnectionRow connection, VouchedFor vouched, SsoAccount account,
        CancellationToken cancellationToken)
    {
        var row = new SsoSignInRow
        {
            SignInId = SsoSignInId.New(clock),
            TenantId = connection.TenantId,
            ConnectionId = connection.ConnectionId,
            UserId = account.User,
            Subject = vouched.Claims.Subject,
            ProviderSession = vouched.Claims.ProviderSession,
            CreatedAt = clock.GetUtcNow(),
        };
        row.IdToken = await vault.SealAsync(db, row, it => it.IdToken, vouched.IdToken, cancellationToken);
        return row;
    }

    /// <summary>Drops what providers said so long ago that no session can go back to it.</summary>
    private Task<int> DropOldAsync(IdentityDbContext db, SsoAccount account, CancellationToken cancellationToken)
    {
        var overBefore = clock.GetUtcNow() - options.Value.SessionLifetimeMax;
        return db.SsoSignIns.Where(row => row.UserId == account.User && row.CreatedAt < overBefore)
            .ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>A sign-in that failed, in the log of the connection's tenant.</summary>
    private async Task<Fault> RefuseAsync(
        SsoConnectionRow connection, Fault fault, Client client, CancellationToken cancellationToken)
    {
        await audit.RecordAsync(
            AuditEntry.Failed(SessionAudit.SignIn, fault.Code).By(AuditActor.Anonymous)
                .On("sso_connection", connection.ConnectionId.ToString()).With("reason", fault.Message)
                .WithPersonal(SessionAudit.Address, SessionAudit.AddressOf(client)),
            cancellationToken);
        return Refuse(fault);
    }

    private Fault Refuse(Fault fault)
    {
        IdentityTelemetry.CountSignIn(fault.Code);
        LogRefused(fault.Code);
        return fault;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A sign-in at an identity provider was refused: {Code}.")]
    private partial void LogRefused(string code);
}
