using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.OAuth;

/// <summary>An OAuth client of a running server: what it sends, and what people decide about it.</summary>
internal sealed class OAuthParty(IdentityServer server, string clientId, string? secret = null)
{
    public const string Callback = "https://notebook.example/callback";
    public const string Token = "/api/v1/oauth/token";
    public const string DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public string ClientId => clientId;

    /// <summary>What the client keeps between asking for a code and exchanging it.</summary>
    public string Verifier { get; } = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    /// <summary>Registers a client that acts for people.</summary>
    public static async Task<OAuthParty> RegisterAsync(
        IdentityServer server, Tokens owner, string[]? scopes = null, string kind = "public", bool deviceFlow = false,
        params string[] redirectUris)
    {
        var made = await server.DoAsync(HttpMethod.Post, "/api/v1/clients", owner.AccessToken, new
        {
            name = "Notebook",
            kind,
            redirectUris = redirectUris.Length == 0 ? [Callback] : redirectUris,
            scopes = scopes ?? ["agents:read", "runs:read", "openid", "profile", "email"],
            deviceFlow,
        });
        return Of(server, made);
    }

    /// <summary>Registers a client that acts for a service account.</summary>
    public static async Task<OAuthParty> RegisterServiceAsync(
        IdentityServer server, Tokens owner, string account, params string[] scopes) => Of(server, await server.DoAsync(
        HttpMethod.Post, "/api/v1/clients", owner.AccessToken,
        new { name = "Nightly", kind = "service", scopes, serviceAccount = account }));

    /// <summary>The query of an authorization request that is in order, with what a test wants otherwise.</summary>
    public string Query(params (string Name, string? Value)[] otherwise)
    {
        var members = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["response_type"] = "code",
            ["client_id"] = clientId,
            ["redirect_uri"] = Callback,
            ["scope"] = "agents:read openid",
            ["state"] = "a state",
            ["nonce"] = "a nonce",
            ["code_challenge"] = Challenge,
            ["code_challenge_method"] = "S256",
        };
        foreach (var (name, value) in otherwise) members[name] = value;
        return QueryHelpers.AddQueryString("", members.Where(member => member.Value is not null)).TrimStart('?');
    }

    /// <summary>A person decides, and the browser is sent somewhere.</summary>
    public async Task<Uri> DecideAsync(Tokens person, string query, bool allow = true) => new(
        (await server.DoAsync(
            HttpMethod.Post, "/api/v1/oauth/authorization/decide", person.AccessToken, new { query, allow }))
        .GetProperty("redirect").GetString()!);

    /// <summary>A person allows what is asked, and the client is given a code.</summary>
    public async Task<string> CodeAsync(Tokens person, params (string Name, string? Value)[] otherwise) =>
        MembersOf(await DecideAsync(person, Query(otherwise)))["code"];

    /// <summary>The whole way to tokens.</summary>
    public async Task<JsonElement> TokensAsync(Tokens person, params (string Name, string? Value)[] otherwise)
    {
        var (status, answer) = await ExchangeAsync(await CodeAsync(person, otherwise));
        status.ShouldBe(HttpStatusCode.OK, answer.ToString());
        return answer;
    }

    public Task<(HttpStatusCode Status, JsonElement Answer)> ExchangeAsync(
        string code, params (string Name, string? Value)[] otherwise) => PostAsync(
        Token,
        [("grant_type", "authorization_code"), ("code", code), ("code_verifier", Verifier), .. otherwise]);

    public Task<(HttpStatusCode Status, JsonElement Answer)> RefreshAsync(
        JsonElement tokens, params (string Name, string? Value)[] otherwise) => PostAsync(
        Token, [("grant_type", "refresh_token"), ("refresh_token", RefreshOf(tokens)), .. otherwise]);

    /// <summary>Sends a form with who the client is; the last of members named twice is sent.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Answer)> PostAsync(
        string path, params (string Name, string? Value)[] members)
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal);
        if (secret is null) form["client_id"] = clientId;
        foreach (var (name, value) in members)
        {
            if (value is null) form.Remove(name);
            else form[name] = value;
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(form) };
        if (secret is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{clientId}:{secret}")));
        }

        using var answer = await server.Server.Client.SendAsync(request, Cancellation);
        answer.Headers.CacheControl?.NoStore.ShouldBeTrue();
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        return (answer.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text));
    }

    /// <summary>The code of a refusal, which must be one.</summary>
    public static string ErrorOf((HttpStatusCode Status, JsonElement Answer) refused)
    {
        ((int)refused.Status).ShouldBeInRange(400, 401, refused.Answer.ToString());
        refused.Answer.GetProperty("error_description").GetString().ShouldNotBeNullOrEmpty();
        return refused.Answer.GetProperty("error").GetString()!;
    }

    public static string AccessOf(JsonElement tokens) => tokens.GetProperty("access_token").GetString()!;

    public static string RefreshOf(JsonElement tokens) => tokens.GetProperty("refresh_token").GetString()!;

    public static Dictionary<string, string> MembersOf(Uri address) =>
        QueryHelpers.ParseQuery(address.Query).ToDictionary(pair => pair.Key, pair => pair.Value.ToString());

    /// <summary>A part of a token, as JSON.</summary>
    public static JsonElement PartOf(string token, int part) =>
        JsonElement.Parse(Base64Url.DecodeFromChars(token.Split('.')[part]));

    private static OAuthParty Of(IdentityServer server, JsonElement made) => new(
        server, made.GetProperty("client").GetProperty("id").GetString()!, made.GetProperty("secret").GetString());
}
