using System.Threading.Channels;
using CodexOS.Identity.Mail;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Setup;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.SingleSignOn.Entry;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Recovery;

/// <summary>
/// Mails people who have forgotten their password a link to choose another. Whether an address has an account is looked up
/// after the request was answered, so that neither the answer nor its time tells. What nobody got to when the server stopped
/// is gone, and asked for again.
/// </summary>
internal sealed partial class ForgottenPasswords(
    IDbContextFactory<IdentityDbContext> databases, SignInThrottle throttle, IAuditLog audit, IMailer mailer,
    ServerAddress address, TenantContext tenants, IOptions<IdentityOptions> options, TimeProvider clock,
    ILogger<ForgottenPasswords> log) : BackgroundService
{
    private const int WaitingMax = 200;

    // Asking is counted apart from signing in: it must not lock the account.
    private const string ThrottlePrefix = "forgotten:";

    private static readonly Fault s_busy = new(
        "identity.recovery_busy", FaultKind.Unavailable, "Too many people ask for this at once. Try again in a minute.")
    {
        RetryAfter = TimeSpan.FromMinutes(1),
    };

    private readonly Channel<Wish> _waiting = Channel.CreateBounded<Wish>(
        new BoundedChannelOptions(WaitingMax) { SingleReader = true });

    /// <summary>Takes a wish for a link; null if it was taken, otherwise why not, which does not depend on the address.</summary>
    public Fault? Ask(string email, Client client)
    {
        var account = EmailKey.Of(email);
        if (throttle.Begin(ThrottlePrefix + account, client.Address) is { } wait) return SignIn.SignIn.Throttled(wait);
        return _waiting.Writer.TryWrite(new Wish(account, client)) ? null : s_busy;
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var wish in _waiting.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await FulfilAsync(wish, stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        }
    }

    /// <summary>(1) Finds an account that signs in with a password, (2) stores a link for it, (3) mails the link.</summary>
    private async Task FulfilAsync(Wish wish, CancellationToken cancellationToken)
    {
        // 1. The account
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await FindAsync(db, wish.Account, cancellationToken) is not { Tenant: { } tenant } found) return;
        using var entered = tenants.Enter(tenant);
        if (await SsoEnforcement.RefusesPasswordAsync(db, found.User, wish.Account, cancellationToken)) return;

        // 2. The link
        var now = clock.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.PasswordResets.Where(row => row.ExpiresAt <= now).ExecuteDeleteAsync(cancellationToken);
        var open = await db.PasswordResets.CountAsync(row => row.UserId == found.User, cancellationToken);
        if (open >= options.Value.PasswordResetsPerUserMax) return;
        var token = MailedLink.PasswordReset.NewToken();
        var row = new PasswordResetRow
        {
            TokenHash = MailedLink.Hash(token),
            UserId = found.User,
            CreatedAt = now,
            ExpiresAt = now + options.Value.PasswordResetLifetime,
        };
        db.PasswordResets.Add(row);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("users.forgot_password").By(AuditActor.Anonymous).In(tenant).On("user", found.User.ToString())
                .WithPersonal(SessionAudit.Address, SessionAudit.AddressOf(wish.Client)),
            db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);

        // 3. The mail
        var sent = await mailer.SendAsync(LetterOf(found.Email, row, token), cancellationToken);
        if (sent.TryGet(out _, out var fault)) return;
        LogNotSent(fault.Code, fault.Message);
        await db.PasswordResets.Where(failed => failed.TokenHash == row.TokenHash).ExecuteDeleteAsync(CancellationToken.None);
    }

    /// <summary>The tenant is what is being looked for, so this one query looks in all of them.</summary>
    private async Task<Found?> FindAsync(IdentityDbContext db, string account, CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        return await db.Users
            .Where(user => user.EmailKey == account && user.State == UserState.Active && user.PasswordHash != null)
            .Select(user => new Found(
                user.UserId,
                user.Email,
                db.OpenMemberships.Where(member => member.UserId == user.UserId).Select(member => (TenantId?)member.TenantId)
                    .FirstOrDefault()))
            .IgnoreQueryFilters()
            .SingleOrDefaultAsync(cancellationToken);
    }

    private Letter LetterOf(string email, PasswordResetRow row, string token) => new(
        email,
        "Choose a new password for CodexOS",
        $"""
        Somebody, probably you, asked for a new password for your account on CodexOS.

        Open this link to choose one. It works once, until {row.ExpiresAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC:

        {MailedLink.PasswordReset.Of(address.ForPeople, token)}

        If it was not you, you need not do anything: your password stays as it is.

        """);

    [LoggerMessage(Level = LogLevel.Error, Message = "A link to choose another password could not be made.")]
    private partial void LogFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "A link to choose another password could not be mailed: {Code}, {Reason}")]
    private partial void LogNotSent(string code, string reason);

    private sealed record Wish(string Account, Client Client);

    private sealed record Found(UserId User, string Email, TenantId? Tenant);
}
