using System.Text.Json.Serialization;
using CodexOS.Identity.OAuth.Clients;
using Microsoft.IdentityModel.Tokens;

namespace CodexOS.Identity.OAuth.Discovery;

/// <summary>
/// What clients learn of this server (RFC 8414, section 2; OpenID Connect Discovery, section 3): one document for both, since
/// every member of the one is known to the other or ignored.
/// </summary>
internal sealed record ServerMetadata(
    [property: JsonPropertyName("issuer")] string Issuer,
    [property: JsonPropertyName("authorization_endpoint")] string AuthorizationEndpoint,
    [property: JsonPropertyName("token_endpoint")] string TokenEndpoint,
    [property: JsonPropertyName("device_authorization_endpoint")] string DeviceAuthorizationEndpoint,
    [property: JsonPropertyName("revocation_endpoint")] string RevocationEndpoint,
    [property: JsonPropertyName("introspection_endpoint")] string IntrospectionEndpoint,
    [property: JsonPropertyName("userinfo_endpoint")] string UserinfoEndpoint,
    [property: JsonPropertyName("jwks_uri")] string JwksUri,
    [property: JsonPropertyName("scopes_supported")] IReadOnlyList<string> ScopesSupported)
{
    private const string Protocol = "/api/v1/oauth";
    private static readonly string[] s_secretMethods = ["client_secret_basic", "client_secret_post"];

    [JsonPropertyName("registration_endpoint")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RegistrationEndpoint { get; init; }

    [JsonPropertyName("response_types_supported")]
    public IReadOnlyList<string> ResponseTypes => ["code"];

    [JsonPropertyName("response_modes_supported")]
    public IReadOnlyList<string> ResponseModes => ["query"];

    [JsonPropertyName("grant_types_supported")]
    public IReadOnlyList<string> GrantTypes =>
    [
        Tokens.TokenEndpoint.Code, Tokens.TokenEndpoint.Refresh, Tokens.TokenEndpoint.Device,
        Tokens.TokenEndpoint.ClientCredentials,
    ];

    [JsonPropertyName("code_challenge_methods_supported")]
    public IReadOnlyList<string> ChallengeMethods => [Pkce.Method];

    [JsonPropertyName("token_endpoint_auth_methods_supported")]
    public IReadOnlyList<string> TokenAuthMethods => ["none", .. s_secretMethods];

    [JsonPropertyName("revocation_endpoint_auth_methods_supported")]
    public IReadOnlyList<string> RevocationAuthMethods => TokenAuthMethods;

    [JsonPropertyName("introspection_endpoint_auth_methods_supported")]
    public IReadOnlyList<string> IntrospectionAuthMethods => s_secretMethods;

    [JsonPropertyName("authorization_response_iss_parameter_supported")]
    public bool NamesIssuerInAnswers => true;

    [JsonPropertyName("subject_types_supported")]
    public IReadOnlyList<string> SubjectTypes => ["public"];

    [JsonPropertyName("id_token_signing_alg_values_supported")]
    public IReadOnlyList<string> IdTokenAlgorithms => [SecurityAlgorithms.EcdsaSha256];

    [JsonPropertyName("claims_supported")]
    public IReadOnlyList<string> Claims => ["iss", "sub", "aud", "exp", "iat", "nonce", "sid", "name", "email"];

    public static ServerMetadata Of(Issuer issuer, DynamicClients clients) => new(
        issuer.Url, issuer.At("/authorize"), issuer.At($"{Protocol}/token"), issuer.At($"{Protocol}/device"),
        issuer.At($"{Protocol}/revoke"), issuer.At($"{Protocol}/introspect"), issuer.At($"{Protocol}/userinfo"),
        issuer.At("/.well-known/jwks.json"), Scopes.All)
    {
        RegistrationEndpoint = clients.AreAllowed ? issuer.At($"{Protocol}/register") : null,
    };
}
