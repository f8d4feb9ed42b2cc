using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Identity.OAuth.Clients;

/// <summary>What a program says of itself, as far as it is looked at (RFC 7591, section 2).</summary>
internal sealed record ClientMetadata
{
    [JsonPropertyName("client_name")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    [JsonPropertyName("redirect_uris")]
    public IReadOnlyList<string> RedirectUris { get; init; } = [];

    [JsonPropertyName("scope")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Scope { get; init; }
}

/// <summary>What a program is told when it registered (RFC 7591, section 3.2.1).</summary>
internal sealed record ClientInformation(
    [property: JsonPropertyName("client_id")] string ClientId,
    [property: JsonPropertyName("client_id_issued_at")] long IssuedAt,
    [property: JsonPropertyName("client_name")] string Name,
    [property: JsonPropertyName("redirect_uris")] IReadOnlyList<string> RedirectUris,
    [property: JsonPropertyName("grant_types")] IReadOnlyList<string> GrantTypes,
    [property: JsonPropertyName("response_types")] IReadOnlyList<string> ResponseTypes,
    [property: JsonPropertyName("token_endpoint_auth_method")] string AuthMethod)
{
    [JsonPropertyName("scope")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Scope { get; init; }
}

/// <summary>
/// Where programs register themselves (RFC 7591), if the operator lets them. Whatever they ask for, they become public clients
/// that use codes with PKCE.
/// </summary>
internal static class RegistrationEndpoint
{
    private const int NameLengthMax = 100;

    public static async Task<IResult> AnswerAsync(HttpContext context, DynamicClients clients)
    {
        if (!clients.AreAllowed)
        {
            return new OAuthError(
                "access_denied", "Programs cannot register themselves here. Ask an administrator to register yours.")
                .Answer(context);
        }

        if (await ReadAsync(context) is not { } metadata) return Invalid("Send the metadata as a JSON object.").Answer(context);
        if (metadata.RedirectUris.Count is 0 or > RedirectUris.CountMax)
            return BadRedirect($"Name 1 to {RedirectUris.CountMax} redirect_uris.").Answer(context);
        foreach (var uri in metadata.RedirectUris)
        {
            if (RedirectUris.ProblemOf(uri) is { } problem) return BadRedirect($"'{uri}' {problem}.").Answer(context);
        }

        var name = new string([.. (metadata.Name ?? "").Where(c => !char.IsControl(c)).Take(NameLengthMax)]).Trim();
        if (name.Length == 0) name = RedirectUris.HostOf(metadata.RedirectUris[0]);
        if (metadata.Scope?.Length > Scopes.LengthMax) return Invalid("scope is too long.").Answer(context);
        // Scopes that mean nothing here are left out, which the answer says; the RFC lets a server do that.
        var scopes = Scopes.Write(Scopes.Split(metadata.Scope ?? "").Where(Scopes.Has));
        var (clientId, at) = clients.Register(new DynamicRegistration(name, metadata.RedirectUris, scopes));
        return TypedResults.Json(
            new ClientInformation(
                clientId, at.ToUnixTimeSeconds(), name, metadata.RedirectUris,
                [Tokens.TokenEndpoint.Code, Tokens.TokenEndpoint.Refresh], ["code"], "none")
            {
                Scope = scopes.Length == 0 ? null : scopes,
            },
            statusCode: StatusCodes.Status201Created);
    }

    private static async Task<ClientMetadata?> ReadAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType()) return null;
        try
        {
            return await JsonSerializer.DeserializeAsync<ClientMetadata>(
                context.Request.Body, JsonSerializerOptions.Default, context.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static OAuthError Invalid(string description) => new("invalid_client_metadata", description);

    private static OAuthError BadRedirect(string description) => new("invalid_redirect_uri", description);
}
