using System.Text.Json.Serialization;
using CodexOS.Identity.Tokens;
using Microsoft.IdentityModel.Tokens;

namespace CodexOS.Identity.OAuth.Discovery;

/// <summary>The public keys that tokens can be checked with (RFC 7517): those that sign, and those that signed before.</summary>
internal sealed record KeySet([property: JsonPropertyName("keys")] IReadOnlyList<PublicKey> Keys)
{
    public static KeySet Of(SigningKeys keys) => new([.. keys.Verifying.Select(PublicKey.Of)]);
}

/// <summary>A key on the curve P-256 (RFC 7518, section 6.2).</summary>
internal sealed record PublicKey(
    [property: JsonPropertyName("kid")] string KeyId,
    [property: JsonPropertyName("x")] string X,
    [property: JsonPropertyName("y")] string Y)
{
    [JsonPropertyName("kty")]
    public string Type => "EC";

    [JsonPropertyName("crv")]
    public string Curve => "P-256";

    [JsonPropertyName("use")]
    public string Use => "sig";

    [JsonPropertyName("alg")]
    public string Algorithm => SecurityAlgorithms.EcdsaSha256;

    public static PublicKey Of(ECDsaSecurityKey key)
    {
        var point = key.ECDsa.ExportParameters(includePrivateParameters: false).Q;
        return new PublicKey(key.KeyId, Base64UrlEncoder.Encode(point.X), Base64UrlEncoder.Encode(point.Y));
    }
}
