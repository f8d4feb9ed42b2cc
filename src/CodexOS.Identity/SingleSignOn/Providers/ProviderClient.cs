using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Identity.SingleSignOn.Providers;

/// <summary>This installation as a client of a provider: it exchanges codes and asks who somebody is.</summary>
internal sealed class ProviderClient(ProviderHttp http, Issuer server)
{
    /// <summary>Exchanges an authorization code (RFC 6749, section 4.1.3, with the verifier of RFC 7636).</summary>
    public async Task<Result<ProviderAnswer>> ExchangeAsync(
        SsoConnectionRow connection, string secret, Provider provider, string code, string verifier,
        CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = server.At(SsoRoutes.Callback(connection.ConnectionId)),
            ["code_verifier"] = verifier,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, provider.Metadata.TokenEndpoint);
        var methods = provider.Metadata.TokenEndpointAuthMethodsSupported;
        // The header is the default where the provider lists nothing (OpenID Connect Discovery, section 3).
        if (methods.Contains("client_secret_post") && !methods.Contains("client_secret_basic"))
        {
            form["client_id"] = connection.ClientId;
            form["client_secret"] = secret;
        }
        else
        {
            var pair = $"{Uri.EscapeDataString(connection.ClientId)}:{Uri.EscapeDataString(secret)}";
            request.Headers.Authorization =
                new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }

        request.Content = new FormUrlEncodedContent(form);
        return await http.SendAsync(request, cancellationToken);
    }

    /// <summary>What the provider tells about the holder of an access token (OpenID Connect Core, section 5.3).</summary>
    public async Task<Result<JsonElement>> AskWhoAsync(
        Provider provider, string accessToken, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, provider.Metadata.UserInfoEndpoint);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        if (!(await http.SendAsync(request, cancellationToken)).TryGet(out var answer, out var fault)) return fault;
        return answer.IsOk && TryParse(answer.Body) is { } told
            ? told
            : SsoFaults.Unavailable($"its userinfo_endpoint answers with HTTP {answer.Status}.");
    }

    /// <summary>A JSON object, or null.</summary>
    public static JsonElement? TryParse(string text)
    {
        try
        {
            var json = JsonElement.Parse(text);
            return json.ValueKind is JsonValueKind.Object ? json : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
