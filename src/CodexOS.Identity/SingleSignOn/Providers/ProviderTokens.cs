using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CodexOS.Identity.SingleSignOn.Providers;

/// <summary>A token that is a provider's, or one word for why it is not.</summary>
internal sealed record CheckedToken(JsonWebToken? Token, string Why)
{
    public static CheckedToken Bad(string why) => new(null, why);
}

/// <summary>
/// Checks what a provider signs, ID tokens and logout tokens: by its published keys, with asymmetric algorithms only, from
/// this issuer, for this client, in its time (RFC 7519, RFC 8725).
/// </summary>
internal sealed class ProviderTokens(
    ProviderDirectory providers, IOptions<SingleSignOnOptions> options, TimeProvider clock)
{
    private const int LengthMax = 32 * 1_024;

    // With a secret key, whoever knows the public one could sign; so none of those is here, and no "none".
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private readonly JsonWebTokenHandler _handler = new()
    {
        MaximumTokenSizeInBytes = LengthMax,
        MapInboundClaims = false,
    };

    /// <summary>Checks a token that a provider sent for a client of it.</summary>
    public async Task<CheckedToken> CheckAsync(
        Provider provider, string clientId, string token, CancellationToken cancellationToken)
    {
        if (token.Length > LengthMax) return CheckedToken.Bad("it is too long");
        var result = await ValidateAsync(provider, clientId, token);
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException
            && await providers.RenewAsync(provider, cancellationToken) is { } newer)
        {
            result = await ValidateAsync(newer, clientId, token);
        }

        if (!result.IsValid) return CheckedToken.Bad(WhyNot(result.Exception));
        var jwt = (JsonWebToken)result.SecurityToken;
        if (!IsIssuedAtNow(jwt)) return CheckedToken.Bad("iat");
        var azp = jwt.TryGetPayloadValue<string>(JwtRegisteredClaimNames.Azp, out var party) ? party : null;
        // OpenID Connect Core, section 3.1.3.7: of several audiences, it says for which one it was made.
        return (azp is null && jwt.Audiences.Skip(1).Any()) || (azp is not null && azp != clientId)
            ? CheckedToken.Bad("azp")
            : new CheckedToken(jwt, "");
    }

    private Task<TokenValidationResult> ValidateAsync(Provider provider, string clientId, string token) =>
        _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidAlgorithms = Algorithms,
            ValidIssuer = provider.Metadata.Issuer,
            ValidAudience = clientId,
            IssuerSigningKeys = provider.Keys,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            LifetimeValidator = IsInItsTime,
        });

    private bool IsIssuedAtNow(JsonWebToken jwt) =>
        jwt.TryGetPayloadValue<long>(JwtRegisteredClaimNames.Iat, out _)
        && jwt.IssuedAt <= clock.GetUtcNow().UtcDateTime + options.Value.ClockSkewMax;

    private bool IsInItsTime(
        DateTime? notBefore, DateTime? expires, SecurityToken securityToken, TokenValidationParameters validationParameters)
    {
        var (now, skew) = (clock.GetUtcNow().UtcDateTime, options.Value.ClockSkewMax);
        return expires is { } until && now < until + skew && (notBefore is not { } from || from - skew <= now);
    }

    /// <summary>The claim or part that is wrong, for the audit log.</summary>
    private static string WhyNot(Exception error) => error switch
    {
        SecurityTokenInvalidAudienceException => JwtRegisteredClaimNames.Aud,
        SecurityTokenInvalidIssuerException => JwtRegisteredClaimNames.Iss,
        SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException or SecurityTokenNotYetValidException
            or SecurityTokenNoExpirationException => JwtRegisteredClaimNames.Exp,
        SecurityTokenInvalidAlgorithmException => "algorithm",
        SecurityTokenInvalidSignatureException => "signature",
        _ => "form",
    };
}
