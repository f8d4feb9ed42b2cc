using System.Text.Json.Serialization;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth.Clients;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.OAuth.Tokens;

/// <summary>What is said of a token (RFC 7662, section 2.2); of one that is over, only that.</summary>
internal sealed record TokenState([property: JsonPropertyName("active")] bool IsActive)
{
    [JsonPropertyName("token_type")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TokenType { get; init; }

    [JsonPropertyName("scope")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Scope { get; init; }

    [JsonPropertyName("client_id")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ClientId { get; init; }

    [JsonPropertyName("sub")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Subject { get; init; }

    [JsonPropertyName("exp")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ExpiresAt { get; init; }

    [JsonPropertyName("iss")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Issuer { get; init; }
}

/// <summary>
/// Tells clients what their tokens are worth (RFC 7662), and takes tokens back (RFC 7009). A session ends with any of its
/// tokens; an access token of a service client, which has no session, ends alone.
/// </summary>
internal sealed class TokenInspection(
    IDbContextFactory<IdentityDbContext> databases, AccessTokens accessTokens, SessionDirectory sessions,
    ServiceTokenDirectory serviceTokens, OwnSessions ownSessions, KnownCallers callers, TenantContext tenants, Issuer issuer,
    IAuditLog audit, IOptions<IdentityOptions> options, TimeProvider clock)
{
    private static readonly TokenState Over = new(false);

    /// <summary>What a token is worth at this moment, to a client of its tenant that keeps a secret.</summary>
    public async Task<TokenState> InspectAsync(string token, OAuthClient asker, CancellationToken cancellationToken)
    {
        switch (await accessTokens.VerifyAsync(token))
        {
            case AccessTokenClaims.OfSession { Client: { } client } claims
                when asker.IsOf(claims.Tenant)
                    && await sessions.FindAsync(claims, cancellationToken) is { Caller.Withheld: null }:
                return StateOf("access_token", claims.User, client, claims.ExpiresAt);
            case AccessTokenClaims.OfService claims
                when asker.IsOf(claims.Tenant) && await serviceTokens.FindAsync(claims, cancellationToken) is not null:
                return StateOf("access_token", claims.User, claims.Client, claims.ExpiresAt);
            default:
                return await FindAsync(token, cancellationToken) is { Client: { } held } found && asker.IsOf(found.Tenant)
                    && await sessions.FindAsync(found.AsClaims(), cancellationToken) is { Caller.Withheld: null }
                    ? StateOf("refresh_token", found.User, held, found.ExpiresAt)
                    : Over;
        }
    }

    /// <summary>Takes back a token of a client; false if it is another client's. One that is unknown is over already.</summary>
    public async Task<bool> RevokeAsync(string token, OAuthClient client, CancellationToken cancellationToken)
    {
        if (await FindAsync(token, cancellationToken) is { } refresh)
        {
            if (refresh.Client?.Client != client.Id) return false;
            await ownSessions.EndAsync(refresh.Tenant, refresh.Session, refresh.User, cancellationToken);
            return true;
        }

        switch (await accessTokens.VerifyAsync(token))
        {
            case AccessTokenClaims.OfSession claims:
                if (claims.Client?.Client != client.Id) return false;
                await ownSessions.EndAsync(claims.Tenant, claims.Session, claims.User, cancellationToken);
                return true;
            case AccessTokenClaims.OfService claims:
                if (claims.Client.Client != client.Id) return false;
                await RevokeAsync(claims, cancellationToken);
                return true;
            default:
                return true;
        }
    }

    private async Task RevokeAsync(AccessTokenClaims.OfService claims, CancellationToken cancellationToken)
    {
        using var scope = tenants.Enter(claims.Tenant);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var now = clock.GetUtcNow();
        await db.RevokedTokens.Where(row => row.ExpiresAt < now).ExecuteDeleteAsync(cancellationToken);
        if (!await db.RevokedTokens.AnyAsync(row => row.TokenId == claims.TokenId, cancellationToken))
        {
            db.RevokedTokens.Add(new RevokedTokenRow
            {
                TenantId = claims.Tenant,
                TokenId = claims.TokenId,
                ExpiresAt = claims.ExpiresAt + options.Value.ClockSkewMax,
            });
            await db.SaveChangesAsync(cancellationToken);
            await audit.RecordAsync(
                AuditEntry.Done("clients.revoke_token").By(new AuditActor(AuditActorKind.ServiceAccount, claims.User.ToString()))
                    .On("oauth_client", claims.Client.Client.ToString()),
                db, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        callers.Forget(claims.User);
    }

    /// <summary>The session of a refresh token that can be used. Its tenant is not known before it is found.</summary>
    private async Task<Found?> FindAsync(string text, CancellationToken cancellationToken)
    {
        if (!RefreshToken.TryParse(text, out var token)) return null;
        var (hash, now) = (token.Hash, clock.GetUtcNow());
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var found = await (
            from row in db.RefreshTokens
            join session in db.Sessions on row.SessionId equals session.SessionId
            where row.TokenHash == hash && row.UsedAt == null && row.ExpiresAt > now
            select new { session.TenantId, session.UserId, session.SessionId, session.ClientId, session.Scopes, row.ExpiresAt })
            .IgnoreQueryFilters()
            .SingleOrDefaultAsync(cancellationToken);
        return found is null
            ? null
            : new Found(
                found.TenantId, found.UserId, found.SessionId,
                found.ClientId is { } id ? new ClientScopes(id, Scopes.Split(found.Scopes ?? "")) : null, found.ExpiresAt);
    }

    private TokenState StateOf(string type, UserId subject, ClientScopes client, DateTimeOffset expiresAt) => new(true)
    {
        TokenType = type,
        Scope = Scopes.Write(client.Scopes),
        ClientId = client.Client.ToString(),
        Subject = subject.ToString(),
        ExpiresAt = expiresAt.ToUnixTimeSeconds(),
        Issuer = issuer.Url,
    };

    private sealed record Found(
        TenantId Tenant, UserId User, SessionId Session, ClientScopes? Client, DateTimeOffset ExpiresAt)
    {
        public AccessTokenClaims.OfSession AsClaims() => new(Tenant, User, Session, ExpiresAt) { Client = Client };
    }
}
