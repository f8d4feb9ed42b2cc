using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth.Clients;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.OAuth.Authorization;

/// <summary>What came of a code.</summary>
/// <param name="Tokens">The tokens of the session that began.</param>
/// <param name="Nonce">What an ID token has to repeat.</param>
internal sealed record RedeemedCode(IssuedTokens Tokens, string? Nonce);

/// <summary>
/// What somebody allowed a client, from the decision until the client takes it. A code is 256 random bits, of which the hash is
/// stored; it is good once, for a minute, for the client it was made for. To redeem one: (1) find it, (2) check that it is for
/// whoever brings it, (3) use it up, so that of two at once one succeeds, (4) begin a session that is held to what was allowed.
/// A code that comes a second time is in two hands, so what came from it ends.
/// </summary>
internal sealed class AuthorizationCodes(
    IDbContextFactory<IdentityDbContext> databases, SessionStarter sessions, SessionDirectory directory, TenantContext tenants,
    IAuditLog audit, IOptions<IdentityOptions> identity, IOptions<OAuthOptions> options, TimeProvider clock)
{
    private const string Prefix = "cda_";
    private const int CodeBytes = 32;

    private static readonly OAuthError Over = OAuthError.InvalidGrant(
        "The code is unknown, was used, is too old, or was made for another client. Ask the person again.");

    private static readonly OAuthError NotTheSame = OAuthError.InvalidGrant(
        "code_verifier or redirect_uri are not those that the code was asked for with.");

    /// <summary>A new code and the hash that is stored of it.</summary>
    public static (string Text, byte[] Hash) New()
    {
        var text = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(CodeBytes));
        return (text, HashOf(text));
    }

    public static byte[] HashOf(string code) => SHA256.HashData(Encoding.UTF8.GetBytes(code));

    /// <summary>
    /// Writes down what the person behind a session allowed, with its entry in the audit log. The caller commits.
    /// </summary>
    public async Task AddAsync(
        IdentityDbContext db, SignedIn who, OAuthCodeRow code, string clientName, CancellationToken cancellationToken)
    {
        var forgottenBefore = clock.GetUtcNow() - identity.Value.SessionLifetimeMax;
        await db.OAuthCodes.Where(old => old.ExpiresAt < forgottenBefore).ExecuteDeleteAsync(cancellationToken);
        db.OAuthCodes.Add(code);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("clients.authorize").By(AuditActor.Of(who.Caller.User))
                .On("oauth_client", code.ClientId?.ToString() ?? AccessTokens.OwnClient)
                .With("name", clientName).With("scopes", code.Scopes ?? "everything"),
            db, cancellationToken);
    }

    /// <summary>The row of a code for what a session allows now.</summary>
    public OAuthCodeRow RowOf(
        SignedIn who, bool withSecondFactor, byte[] hash, OAuthClientId? client, string? scopes, TimeSpan? lifetime = null,
        AuthorizationRequest? request = null)
    {
        var now = clock.GetUtcNow();
        return new OAuthCodeRow
        {
            CodeHash = hash,
            TenantId = who.Caller.Tenant,
            UserId = who.Caller.User,
            ClientId = client,
            Scopes = scopes,
            RedirectUri = request?.RedirectUri,
            Challenge = request?.Challenge,
            Nonce = request?.Nonce,
            WithSecondFactor = withSecondFactor,
            CreatedAt = now,
            ExpiresAt = now + (lifetime ?? options.Value.CodeLifetime),
        };
    }

    /// <summary>Exchanges a code for the tokens of a new session.</summary>
    /// <param name="hash">The code's hash.</param>
    /// <param name="client">Who brings it.</param>
    /// <param name="redirectUri">Where the client says that it got it, if it says so.</param>
    /// <param name="verifier">What the client shows for the code's challenge; null for a device.</param>
    /// <param name="origin">Where the request comes from.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<(RedeemedCode? Redeemed, OAuthError? Error)> RedeemAsync(
        byte[] hash, OAuthClient client, string? redirectUri, string? verifier, Client origin,
        CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);

        // 1. Find
        if (await FindAsync(db, hash, cancellationToken) is not { } code || code.ClientId != client.Id
            || (code.Challenge is null) != (verifier is null))
        {
            return (null, Over);
        }

        using var entered = tenants.Enter(code.TenantId);

        // 2. Check
        var now = clock.GetUtcNow();
        if (code.UsedAt is null)
        {
            if (now >= code.ExpiresAt) return (null, Over);
            if (code.Challenge is { } challenge
                && (!Pkce.Matches(verifier, challenge) || (redirectUri is not null && redirectUri != code.RedirectUri)))
            {
                return (null, NotTheSame);
            }
        }

        // 3. Use it up
        var used = await db.OAuthCodes.Where(row => row.CodeHash == hash && row.UsedAt == null)
            .ExecuteUpdateAsync(row => row.SetProperty(one => one.UsedAt, now), cancellationToken);
        if (used == 0)
        {
            var ended = await EndWhatCameOfItAsync(db, hash, now, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            if (ended is { } over) directory.Forget(over);
            return (null, Over);
        }

        // 4. Begin a session
        var scopes = code is { ClientId: { } id, Scopes: { } granted } ? new ClientScopes(id, Scopes.Split(granted)) : null;
        var surplus = await sessions.MakeRoomAsync(db, code.TenantId, code.UserId, cancellationToken);
        var device = scopes is null ? origin : origin with { Name = client.Name };
        var issued = sessions.Start(db, code.TenantId, code.UserId, device, code.WithSecondFactor, scopes);
        await db.SaveChangesAsync(cancellationToken);
        await db.OAuthCodes.Where(row => row.CodeHash == hash)
            .ExecuteUpdateAsync(row => row.SetProperty(one => one.SessionId, issued.Session), cancellationToken);
        await audit.RecordAsync(
            SessionAudit.SignedIn(issued, device).With("oauth_client", client.Id?.ToString() ?? client.PublicId), db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        sessions.Forget(surplus);
        return (new RedeemedCode(issued, code.Nonce), null);
    }

    /// <summary>The tenant is not known before the code is found, so this one query looks in all of them.</summary>
    private async Task<OAuthCodeRow?> FindAsync(IdentityDbContext db, byte[] hash, CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        return await db.OAuthCodes
            .Where(code => code.CodeHash == hash
                && db.Users.Any(user => user.UserId == code.UserId && user.State == UserState.Active)
                && db.Memberships.Any(member => member.UserId == code.UserId && member.TenantId == code.TenantId
                    && member.State == MemberState.Active)
                && db.Tenants.Any(tenant => tenant.TenantId == code.TenantId && tenant.DisabledAt == null))
            .IgnoreQueryFilters()
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken);
    }

    private async Task<SessionId?> EndWhatCameOfItAsync(
        IdentityDbContext db, byte[] hash, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var session = await db.OAuthCodes.Where(code => code.CodeHash == hash).Select(code => code.SessionId)
            .SingleOrDefaultAsync(cancellationToken);
        if (session is not { } id) return null;
        await db.Sessions.Where(row => row.SessionId == id && row.EndedAt == null)
            .ExecuteUpdateAsync(
                row => row.SetProperty(gone => gone.EndedAt, now).SetProperty(gone => gone.EndReason, EndReasons.CodeReused),
                cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Denied("clients.redeem", EndReasons.CodeReused).By(AuditActor.Anonymous).On("session", id.ToString()),
            db, cancellationToken);
        return id;
    }
}
