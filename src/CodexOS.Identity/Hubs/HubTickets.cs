using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.Hubs;

/// <summary>
/// Tickets to hubs: a browser cannot put a header on a WebSocket, and what stands in an address ends up in logs. So the page
/// gets a ticket by POST and names that. It stands for the session, opens one connection, and only within half a minute; of
/// its 256 random bits the hash is stored.
/// </summary>
internal sealed class HubTickets(
    IDbContextFactory<IdentityDbContext> databases, TenantContext tenants, TimeProvider clock)
{
    private const string Prefix = "cht_";
    private const int TokenBytes = 32;
    private const int OpenMax = 20;

    /// <summary>For how long a ticket is good.</summary>
    public static TimeSpan Lifetime { get; } = TimeSpan.FromSeconds(30);

    private static readonly Fault TooMany = new(
        "identity.too_many_hub_tickets",
        FaultKind.Throttled,
        $"This session has {OpenMax} tickets that it has not used. Connect with them, or wait half a minute.")
    {
        RetryAfter = Lifetime,
    };

    /// <summary>Makes a ticket for a session.</summary>
    public async Task<Result<HubTicket>> MakeAsync(SignedIn who, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.HubTickets.Where(row => row.ExpiresAt <= now).ExecuteDeleteAsync(cancellationToken);
        if (await db.HubTickets.CountAsync(row => row.SessionId == who.Session, cancellationToken) >= OpenMax) return TooMany;
        var text = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        db.HubTickets.Add(new HubTicketRow
        {
            TicketHash = HashOf(text),
            TenantId = who.Caller.Tenant,
            UserId = who.Caller.User,
            SessionId = who.Session,
            ExpiresAt = now + Lifetime,
        });
        await db.SaveChangesAsync(cancellationToken);
        return new HubTicket(text, (int)Lifetime.TotalSeconds);
    }

    /// <summary>
    /// Uses a ticket up, and says which session it stands for; null if it is no good. Of two at once, one is.
    /// </summary>
    public async Task<AccessTokenClaims.OfSession?> UseAsync(string ticket, CancellationToken cancellationToken)
    {
        var (hash, now) = (HashOf(ticket), clock.GetUtcNow());
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        HubTicketRow? found;
        using (tenants.EnterWork(IdentityWork.SignIn))
        {
            // Whose it is, is not known before it is found, so this one query looks in all tenants.
            found = await db.HubTickets.IgnoreQueryFilters().AsNoTracking()
                .SingleOrDefaultAsync(row => row.TicketHash == hash, cancellationToken);
        }

        if (found is null) return null;
        using var entered = tenants.Enter(found.TenantId);
        if (await db.HubTickets.Where(row => row.TicketHash == hash).ExecuteDeleteAsync(cancellationToken) != 1
            || found.ExpiresAt <= now)
        {
            return null;
        }

        return new AccessTokenClaims.OfSession(found.TenantId, found.UserId, found.SessionId, found.ExpiresAt);
    }

    private static byte[] HashOf(string ticket) => SHA256.HashData(Encoding.UTF8.GetBytes(ticket));
}

/// <summary>A ticket to a hub, shown once.</summary>
/// <param name="Ticket">What is named in the address of the hub, as <c>ticket</c>.</param>
/// <param name="ExpiresInSeconds">For how long it is good.</param>
public sealed record HubTicket(string Ticket, int ExpiresInSeconds);
