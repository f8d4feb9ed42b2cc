using System.Text.Json;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.SingleSignOn.Providers;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CodexOS.Identity.SingleSignOn.Entry;

/// <summary>Somebody whom a provider vouches for.</summary>
/// <param name="Claims">What it says about them.</param>
/// <param name="IdToken">What it said it with.</param>
internal sealed record VouchedFor(ProviderClaims Claims, string IdToken);

/// <summary>
/// Turns what the provider sent the browser back with into who somebody is: 1. it comes from the provider that was asked,
/// 2. the code is exchanged, 3. the ID token is the provider's and made for this very attempt, 4. userinfo adds what is missing.
/// </summary>
internal sealed class ProviderAnswers(ProviderDirectory providers, ProviderClient client, ProviderTokens tokens)
{
    public async Task<Result<VouchedFor>> ReadAsync(
        SsoConnectionRow connection, string secret, SsoAttempt attempt, OAuthForm answer, CancellationToken cancellationToken)
    {
        if (!(await providers.FindAsync(connection.Issuer, cancellationToken)).TryGet(out var provider, out var fault))
            return fault;

        // 1. RFC 9207: where the provider says that it names itself, an answer without its name is not its own.
        var named = answer["iss"];
        if (named is null ? provider.Metadata.AuthorizationResponseIssParameterSupported : named != connection.Issuer)
            return SsoFaults.WrongIssuer;
        if (answer["error"] is not null || answer["code"] is not { } code) return SsoFaults.Refused;

        // 2.
        var sent = await client.ExchangeAsync(connection, secret, provider, code, attempt.Verifier, cancellationToken);
        if (!sent.TryGet(out var exchanged, out fault)) return fault;
        if (!exchanged.IsOk || ProviderClient.TryParse(exchanged.Body) is not { } body || TextOf(body, "id_token") is not { } idToken)
            return SsoFaults.Unavailable($"its token_endpoint answers with HTTP {exchanged.Status} and no ID token. Test the connection.");

        // 3.
        var (token, why) = await tokens.CheckAsync(provider, connection.ClientId, idToken, cancellationToken);
        if (token is null) return SsoFaults.BadToken(why);
        if (!token.TryGetPayloadValue<string>(JwtRegisteredClaimNames.Nonce, out var nonce) || nonce != attempt.Nonce)
            return SsoFaults.BadToken(JwtRegisteredClaimNames.Nonce);
        var payload = JsonElement.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        var claims = ProviderClaims.Of(payload, connection.GroupsClaim);
        if (claims.Subject.Length is 0 or > ProviderClaims.SubjectLengthMax)
            return SsoFaults.BadToken(JwtRegisteredClaimNames.Sub);

        // 4.
        if (claims.IsComplete || provider.Metadata.UserInfoEndpoint is not { Length: > 0 }
            || TextOf(body, "access_token") is not { } accessToken)
        {
            return new VouchedFor(claims, idToken);
        }

        if (!(await client.AskWhoAsync(provider, accessToken, cancellationToken)).TryGet(out var told, out fault)) return fault;
        // OpenID Connect Core, section 5.3.2: it may be about somebody else otherwise.
        return TextOf(told, JwtRegisteredClaimNames.Sub) == claims.Subject
            ? new VouchedFor(claims.With(told, connection.GroupsClaim), idToken)
            : SsoFaults.BadToken("userinfo");
    }

    private static string? TextOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
