using System.Security.Cryptography;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Passwords;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tenants;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Setup;

/// <summary>
/// Makes the first tenant and its owner out of the administrator token, or the first owner of a further tenant out of its
/// link; all of it or nothing, and once.
/// </summary>
internal sealed partial class FirstOwner(
    IDbContextFactory<IdentityDbContext> databases, SetupLink link, OwnerLinks links, SignInThrottle throttle,
    PasswordHashing passwords, PasswordWords words, SessionStarter sessions, TenantContext tenants, TenantQuotas quotas,
    IAuditLog audit, IOptions<IdentityOptions> options, TimeProvider clock, ILogger<FirstOwner> log)
{
    private static readonly Fault AlreadySetUp = new(
        "identity.already_set_up", FaultKind.Conflict, "This CodexOS has an owner already. Sign in instead.");

    private static readonly Fault BadToken = new(
        "identity.bad_setup_token",
        FaultKind.NotSignedIn,
        "This is not the administrator link of this server. The valid one is printed when it starts, and is in "
        + "keys/setup-link.");

    private static readonly Fault EmailTaken = new(
        "identity.email_taken",
        FaultKind.Conflict,
        "There is an account with this address already. Take another address; the link is still good.");

    /// <summary>Whether the installation still has no owner.</summary>
    public async Task<bool> IsNeededAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.SetupState.AnyAsync(state => state.CompletedAt == null, cancellationToken);
    }

    /// <summary>Sets up and signs in.</summary>
    public async Task<Result<IssuedTokens>> SetUpAsync(
        SetupRequest request, Client client, CancellationToken cancellationToken)
    {
        using var activity = IdentityTelemetry.Source.StartActivity("identity.setup");
        await using var db = await databases.CreateDbContextAsync(cancellationToken);

        // 1. The token, before anything that costs or tells something
        var state = await db.SetupState.AsNoTracking().SingleAsync(cancellationToken);
        var hash = SetupLink.Hash(request.Token);
        TenantId? existing = null;
        if (state.CompletedAt is not null)
        {
            existing = await links.FindAsync(db, hash, cancellationToken);
            if (existing is null) return AlreadySetUp;
        }
        else
        {
            if (throttle.Begin(account: null, client.Address) is { } wait) return SignIn.SignIn.Throttled(wait);
            if (state.TokenHash is null || !CryptographicOperations.FixedTimeEquals(hash, state.TokenHash)) return BadToken;
            throttle.Succeed(account: null, client.Address);
        }

        // 2. The password
        var email = request.Email.Trim();
        var displayName = request.DisplayName.Trim();
        var guessed = await words.OfAsync(existing, cancellationToken);
        if (PasswordPolicy.Check(request.Password, email, displayName, guessed) is { } weak) return weak;
        var made = await passwords.HashAsync(request.Password, cancellationToken);
        if (!made.TryGet(out var passwordHash, out var busy)) return busy;

        // 3. Everything in one transaction; of two at once, only one finds the token unused
        var tenant = existing ?? TenantId.New(clock);
        using var entered = tenants.Enter(tenant);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var taken = existing is null
            ? await TakeAdministratorLinkAsync(db, hash, now, cancellationToken)
            : await links.TakeAsync(db, hash, cancellationToken);
        if (!taken) return AlreadySetUp;
        var members = await db.Memberships.CountAsync(cancellationToken);
        if (quotas.Check(MembersQuota.QuotaName, members) is { } full) return full;

        if (existing is null)
        {
            db.Tenants.Add(new TenantRow
            {
                TenantId = tenant,
                Name = options.Value.FirstTenantName,
                CreatedAt = now,
                IsHome = true,
            });
        }

        var user = UserId.New(clock);
        db.Users.Add(new UserRow
        {
            UserId = user,
            Email = email,
            EmailKey = EmailKey.Of(email),
            DisplayName = displayName,
            PasswordHash = passwordHash,
            State = UserState.Active,
            CreatedAt = now,
            PasswordChangedAt = now,
        });
        db.Memberships.Add(new MembershipRow { TenantId = tenant, UserId = user, Role = Role.Owner, CreatedAt = now });
        var issued = sessions.Start(db, tenant, user, client);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException taking) when (Conflicts.Caused(taking))
        {
            // The transaction is left open, so the link is as good as before.
            return EmailTaken;
        }

        await audit.RecordAsync(SessionAudit.SetUp(issued, client), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);

        // 4. The token is dead; so is its file
        if (existing is null) link.Remove();
        LogSetUp(tenant.ToString(), user.ToString());
        return issued;
    }

    private static async Task<bool> TakeAdministratorLinkAsync(
        IdentityDbContext db, byte[] hash, DateTimeOffset now, CancellationToken cancellationToken) =>
        await db.SetupState
            .Where(row => row.CompletedAt == null && row.TokenHash == hash)
            .ExecuteUpdateAsync(
                row => row
                    .SetProperty(done => done.CompletedAt, now)
                    .SetProperty(done => done.TokenHash, (byte[]?)null),
                cancellationToken) == 1;

    [LoggerMessage(Level = LogLevel.Information, Message = "Set up: {Tenant} is owned by {User}.")]
    private partial void LogSetUp(string tenant, string user);
}
