using System.Security.Cryptography;
using System.Text.Json;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth;
using CodexOS.Platform.Ids;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CodexOS.Identity.Tokens;

/// <summary>
/// Issues and verifies access tokens: JWTs of the type <c>at+jwt</c> (RFC 9068), signed with ES256 and nothing else, for one
/// audience, from one of two issuers: one for people's own sessions, one for what clients are given. A token carries ids and
/// the scopes of a client, never names, roles or permissions.
/// </summary>
internal sealed class AccessTokens
{
    /// <summary>The longest token that is looked at.</summary>
    public const int LengthMax = 4_096;

    /// <summary>What tokens of people's own sessions name as their client.</summary>
    public const string OwnClient = "codexos";

    private const string Type = "at+jwt";
    private const string TenantClaim = "tid";
    private const string ClientClaim = "client_id";
    private const string ScopeClaim = "scope";

    private readonly IdentityOptions _options;
    private readonly Issuer _issuer;
    private readonly SigningKeys _keys;
    private readonly TimeProvider _clock;
    private readonly JsonWebTokenHandler _handler = new()
    {
        MaximumTokenSizeInBytes = LengthMax,
        SetDefaultTimesOnTokenCreation = false,
        MapInboundClaims = false,
    };

    private readonly TokenValidationParameters _rules;

    // Verifying a signature costs a tenth of a millisecond, and a client sends the same token again and again.
    private readonly Lock _gate = new();
    private readonly BoundedCache<string, AccessTokenClaims> _verified;

    public AccessTokens(SigningKeys keys, Issuer issuer, IOptions<IdentityOptions> options, TimeProvider clock)
    {
        _keys = keys;
        _issuer = issuer;
        _options = options.Value;
        _clock = clock;
        _verified = new BoundedCache<string, AccessTokenClaims>(_options.SessionCacheEntriesMax);
        _rules = new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ValidTypes = [Type],
            // Which of the two issuers it has to be depends on what the token is for; see ClaimsOf.
            ValidateIssuer = false,
            ValidAudience = _options.Audience,
            IssuerSigningKeys = keys.Verifying,
            TryAllIssuerSigningKeys = false,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            LifetimeValidator = IsInItsTime,
        };
    }

    /// <summary>How long a new token is good for.</summary>
    public TimeSpan Lifetime => _options.AccessTokenLifetime;

    /// <summary>Issues a token for a person's own session.</summary>
    public string Issue(TenantId tenant, UserId user, SessionId session) => Issue(
        _options.Issuer, tenant, user, OwnClient, (JwtRegisteredClaimNames.Sid, session.ToString()));

    /// <summary>Issues a token for a session that a person let a client have.</summary>
    public string Issue(TenantId tenant, UserId user, SessionId session, ClientScopes client) => Issue(
        _issuer.Url, tenant, user, client.Client.ToString(),
        (JwtRegisteredClaimNames.Sid, session.ToString()), (ScopeClaim, Scopes.Write(client.Scopes)));

    /// <summary>Issues a token for a client that acts for a service account.</summary>
    public string Issue(TenantId tenant, UserId serviceAccount, ClientScopes client) => Issue(
        _issuer.Url, tenant, serviceAccount, client.Client.ToString(), (ScopeClaim, Scopes.Write(client.Scopes)));

    /// <summary>The claims of a token that is in order and in its time, or null.</summary>
    public async ValueTask<AccessTokenClaims?> VerifyAsync(string token)
    {
        if (token.Length > LengthMax) return null;
        lock (_gate)
        {
            if (_verified.TryGet(token, out var known))
                return known.ExpiresAt + _options.ClockSkewMax > _clock.GetUtcNow() ? known : null;
        }

        var result = await _handler.ValidateTokenAsync(token, _rules);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt || ClaimsOf(jwt) is not { } claims)
            return null;
        lock (_gate) _verified.Set(token, claims);
        return claims;
    }

    private string Issue(
        string issuer, TenantId tenant, UserId subject, string client, params ReadOnlySpan<(string Name, string Value)> further)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            [JwtRegisteredClaimNames.Sub] = subject.ToString(),
            [TenantClaim] = tenant.ToString(),
            [ClientClaim] = client,
            [JwtRegisteredClaimNames.Jti] = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(12)),
        };
        foreach (var (name, value) in further) claims[name] = value;
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = Type,
            Issuer = issuer,
            Audience = _options.Audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + _options.AccessTokenLifetime,
            SigningCredentials = _keys.Signing,
            Claims = claims,
        });
    }

    private AccessTokenClaims? ClaimsOf(JsonWebToken jwt)
    {
        if (!HasOnlyOurHeaders(jwt)
            || jwt.Audiences.Count() != 1
            || !TryGetId<TenantId>(jwt, TenantClaim, out var tenant)
            || !TryGetId<UserId>(jwt, JwtRegisteredClaimNames.Sub, out var user))
        {
            return null;
        }

        var expiresAt = new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero);
        var hasSession = TryGetId<SessionId>(jwt, JwtRegisteredClaimNames.Sid, out var session);
        if (!jwt.TryGetPayloadValue<string>(ScopeClaim, out var scopes))
        {
            return hasSession && jwt.Issuer == _options.Issuer
                ? new AccessTokenClaims.OfSession(tenant, user, session, expiresAt)
                : null;
        }

        if (jwt.Issuer != _issuer.Url || !TryGetId<OAuthClientId>(jwt, ClientClaim, out var id)) return null;
        var client = new ClientScopes(id, Scopes.Split(scopes));
        if (hasSession) return new AccessTokenClaims.OfSession(tenant, user, session, expiresAt) { Client = client };
        return jwt.TryGetPayloadValue<object>(JwtRegisteredClaimNames.Sid, out _) || jwt.Id is not { Length: > 0 } tokenId
            ? null
            : new AccessTokenClaims.OfService(tenant, user, client, tokenId, expiresAt);
    }

    private static bool TryGetId<TId>(JsonWebToken jwt, string claim, out TId id)
        where TId : struct, ITypedId<TId>
    {
        id = default;
        return jwt.TryGetPayloadValue<string>(claim, out var text) && TypedId.TryParse(text, out id);
    }

    /// <summary>
    /// Tokens issued here have three header members. One with <c>crit</c>, <c>jwk</c>, <c>x5c</c> or anything else asks
    /// for rules that are not applied, so it is refused even if the signature is right.
    /// </summary>
    private static bool HasOnlyOurHeaders(JsonWebToken jwt)
    {
        using var header = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(jwt.EncodedHeader));
        var names = header.RootElement.EnumerateObject().Select(member => member.Name).ToList();
        return names.Count == 3 && names.Contains("alg") && names.Contains("kid") && names.Contains("typ");
    }

    private bool IsInItsTime(
        DateTime? notBefore, DateTime? expires, SecurityToken securityToken,
        TokenValidationParameters validationParameters)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        return notBefore is { } from && expires is { } until
            && from - _options.ClockSkewMax <= now && now < until + _options.ClockSkewMax;
    }
}
