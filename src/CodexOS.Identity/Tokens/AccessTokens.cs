using System.Security.Cryptography;
using System.Text.Json;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CodexOS.Identity.Tokens;

/// <summary>
/// What an access token says: which session it stands for. Whether that session still lives is looked up.
/// </summary>
internal sealed record AccessTokenClaims(TenantId Tenant, UserId User, SessionId Session, DateTimeOffset ExpiresAt);

/// <summary>
/// Issues and verifies access tokens: JWTs of the type <c>at+jwt</c> (RFC 9068), signed with ES256 and nothing else,
/// from one issuer for one audience. A token carries ids, never names, roles or permissions.
/// </summary>
internal sealed class AccessTokens
{
    /// <summary>The longest token that is looked at.</summary>
    public const int LengthMax = 2_048;

    private const string Type = "at+jwt";
    private const string TenantClaim = "tid";

    private readonly IdentityOptions _options;
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

    public AccessTokens(SigningKeys keys, IOptions<IdentityOptions> options, TimeProvider clock)
    {
        _keys = keys;
        _options = options.Value;
        _clock = clock;
        _verified = new BoundedCache<string, AccessTokenClaims>(_options.SessionCacheEntriesMax);
        _rules = new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ValidTypes = [Type],
            ValidIssuer = _options.Issuer,
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

    /// <summary>Issues a token for a session.</summary>
    public string Issue(TenantId tenant, UserId user, SessionId session)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = Type,
            Issuer = _options.Issuer,
            Audience = _options.Audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + _options.AccessTokenLifetime,
            SigningCredentials = _keys.Signing,
            Claims = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                [JwtRegisteredClaimNames.Sub] = user.ToString(),
                [JwtRegisteredClaimNames.Sid] = session.ToString(),
                [TenantClaim] = tenant.ToString(),
                ["client_id"] = "codexos",
                [JwtRegisteredClaimNames.Jti] = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(12)),
            },
        });
    }

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

    private static AccessTokenClaims? ClaimsOf(JsonWebToken jwt)
    {
        if (!HasOnlyOurHeaders(jwt)
            || jwt.Audiences.Count() != 1
            || !TryGetId<TenantId>(jwt, TenantClaim, out var tenant)
            || !TryGetId<UserId>(jwt, JwtRegisteredClaimNames.Sub, out var user)
            || !TryGetId<SessionId>(jwt, JwtRegisteredClaimNames.Sid, out var session))
        {
            return null;
        }

        return new AccessTokenClaims(tenant, user, session, new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero));
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
