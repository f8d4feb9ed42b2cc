using System.Buffers.Text;
using System.Security.Cryptography;
using CodexOS.Identity.OAuth.Authorization;
using CodexOS.Identity.OAuth.Clients;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.OAuth.Devices;

/// <summary>
/// The device flow (RFC 8628): a device without a browser shows a short code and polls with a long one, until somebody who is
/// signed in elsewhere enters the short one and decides. What they allow is an authorization code whose text the device holds.
/// </summary>
internal sealed class DeviceRequests(
    IDbContextFactory<IdentityDbContext> databases, ClientDirectory clients, AuthorizationCodes codes, SignInThrottle throttle,
    Issuer issuer, IOptions<OAuthOptions> options, TimeProvider clock)
{
    private const string Prefix = "cdp_";
    private const int CodeBytes = 32;
    private const int SlowDownSeconds = 5;

    private static readonly Fault BadCode = new(
        "identity.bad_user_code",
        FaultKind.NotFound,
        "No device waits with this code. Compare it with what the device shows; a code is good for some minutes, and once.");

    private static readonly OAuthError Unknown = OAuthError.InvalidGrant("The device_code is unknown or another client's.");

    private readonly OAuthOptions _options = options.Value;

    /// <summary>Begins to wait for somebody.</summary>
    public async Task<(DeviceAnswer? Answer, OAuthError? Error)> BeginAsync(
        OAuthClient client, string? scope, Client device, CancellationToken cancellationToken)
    {
        if (!client.DeviceFlow) return (null, OAuthError.UnauthorizedClient("The client is not registered for the device flow."));
        string? granted = null;
        if (client.Id is not null)
        {
            var (scopes, error) = AuthorizationRequests.ReadScopes(scope, client);
            if (scopes is null) return (null, error);
            granted = Scopes.Write(scopes);
        }

        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.DeviceRequests.Where(row => row.ExpiresAt <= now).ExecuteDeleteAsync(cancellationToken);
        if (await db.DeviceRequests.CountAsync(cancellationToken) >= _options.DeviceRequestsMax)
            return (null, new OAuthError("temporarily_unavailable", "Too many devices wait. Try again in some minutes."));
        var deviceCode = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(CodeBytes));
        var row = new DeviceRequestRow
        {
            DeviceHash = AuthorizationCodes.HashOf(deviceCode),
            UserCode = UserCode.New(),
            ClientId = client.Id,
            ClientName = client.Name,
            Scopes = granted,
            Device = device.Name,
            CreatedAt = now,
            ExpiresAt = now + _options.DeviceCodeLifetime,
            IntervalSeconds = _options.DevicePollIntervalSeconds,
        };
        db.DeviceRequests.Add(row);
        await db.SaveChangesAsync(cancellationToken);
        var shown = UserCode.Show(row.UserCode);
        return (
            new DeviceAnswer(
                deviceCode, shown, issuer.At("/device"), issuer.At($"/device?user_code={shown}"),
                (int)_options.DeviceCodeLifetime.TotalSeconds, row.IntervalSeconds),
            null);
    }

    /// <summary>What the device that shows a code asks of the person behind a session.</summary>
    public async Task<Result<DeviceQuestion>> LookAsync(
        string typed, SignedIn who, Client client, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(typed, who, client, cancellationToken)).TryGet(out var found, out var fault)) return fault;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var person = await (
            from user in db.Users
            from tenant in db.Tenants
            where user.UserId == who.Caller.User && tenant.TenantId == who.Caller.Tenant
            select new { user.Email, tenant.Name }).SingleAsync(cancellationToken);
        return new DeviceQuestion(
            found.ClientName, found.Device, found.Scopes is null, Consent.InWords(Scopes.Split(found.Scopes ?? ""), who.Caller),
            found.CreatedAt, person.Email, person.Name);
    }

    /// <summary>Carries out what the person decided; of two at once, one does.</summary>
    public async Task<Result<Done>> DecideAsync(
        string typed, bool allow, SignedIn who, Client client, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(typed, who, client, cancellationToken)).TryGet(out var found, out var fault)) return fault;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var decided = await db.DeviceRequests.Where(row => row.DeviceHash == found.DeviceHash && row.IsAllowed == null)
            .ExecuteUpdateAsync(row => row.SetProperty(one => one.IsAllowed, allow), cancellationToken);
        if (decided == 0) return BadCode;
        if (allow)
        {
            var withSecondFactor = await Consent.GaveSecondFactorAsync(db, who, cancellationToken);
            var lifetime = found.ExpiresAt - clock.GetUtcNow();
            await codes.AddAsync(
                db, who, codes.RowOf(who, withSecondFactor, found.DeviceHash, found.ClientId, found.Scopes, lifetime),
                found.ClientName, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return Done.Value;
    }

    /// <summary>Whether the device has to go on waiting, or in vain; null if it was allowed.</summary>
    public async Task<OAuthError?> PollAsync(string deviceCode, OAuthClient client, CancellationToken cancellationToken)
    {
        var hash = AuthorizationCodes.HashOf(deviceCode);
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var found = await db.DeviceRequests.AsNoTracking().SingleOrDefaultAsync(row => row.DeviceHash == hash, cancellationToken);
        if (found is null || found.ClientId != client.Id) return Unknown;
        if (now >= found.ExpiresAt) return new OAuthError("expired_token", "Nobody entered the code in time. Begin anew.");
        if (found.IsAllowed is { } allowed)
            return allowed ? null : new OAuthError("access_denied", "The person does not allow it.");
        var isTooSoon = found.PolledAt is { } last && now - last < TimeSpan.FromSeconds(found.IntervalSeconds);
        var interval = found.IntervalSeconds + (isTooSoon ? SlowDownSeconds : 0);
        await db.DeviceRequests.Where(row => row.DeviceHash == hash)
            .ExecuteUpdateAsync(
                row => row.SetProperty(one => one.PolledAt, now).SetProperty(one => one.IntervalSeconds, interval),
                cancellationToken);
        return isTooSoon
            ? new OAuthError("slow_down", $"Wait {interval} seconds between two polls.")
            : new OAuthError("authorization_pending", "Nobody has decided yet.");
    }

    /// <summary>The device that waits with a code, if somebody of the caller's tenant may let it in.</summary>
    private async Task<Result<DeviceRequestRow>> FindAsync(
        string typed, SignedIn who, Client client, CancellationToken cancellationToken)
    {
        if (who.Caller.Withheld is { } withheld) return withheld;
        var guesser = $"device {who.Caller.User}";
        if (throttle.Begin(guesser, client.Address) is { } wait) return SignIn.SignIn.Throttled(wait);
        if (!UserCode.TryParse(typed, out var code)) return BadCode;
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var found = await db.DeviceRequests.AsNoTracking()
            .SingleOrDefaultAsync(row => row.UserCode == code && row.ExpiresAt > now && row.IsAllowed == null, cancellationToken);
        if (found is null) return BadCode;
        if (found.ClientId is { } id
            && (await clients.FindAsync(id.ToString(), cancellationToken))?.IsOf(who.Caller.Tenant) is not true)
        {
            return BadCode;
        }

        throttle.Succeed(guesser, client.Address);
        return found;
    }
}
