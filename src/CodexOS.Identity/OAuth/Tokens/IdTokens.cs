using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth.Clients;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Ids;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CodexOS.Identity.OAuth.Tokens;

/// <summary>
/// Issues ID tokens (OpenID Connect Core, section 2), which tell a client who somebody is. They are of another type than access
/// tokens and name the client as their audience, so that neither can be taken for the other.
/// </summary>
internal sealed class IdTokens(SigningKeys keys, Issuer issuer, IOptions<IdentityOptions> options, TimeProvider clock)
{
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    public string Issue(UserId user, SessionId session, OAuthClient client, string? nonce)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            [JwtRegisteredClaimNames.Sub] = user.ToString(),
            [JwtRegisteredClaimNames.Sid] = session.ToString(),
        };
        if (nonce is not null) claims[JwtRegisteredClaimNames.Nonce] = nonce;
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer.Url,
            Audience = client.PublicId,
            IssuedAt = now,
            Expires = now + options.Value.AccessTokenLifetime,
            SigningCredentials = keys.Signing,
            Claims = claims,
        });
    }
}
