using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.SingleSignOn;

/// <summary>What an owner does to set single sign-on up, over HTTP.</summary>
internal static class SsoSetup
{
    /// <summary>The server's settings that let it reach a provider on this machine.</summary>
    public static string[] Local { get; } = ["Egress:AllowedNetworks:0=127.0.0.1/32", "SingleSignOn:AllowPlainHttp=true"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Makes a connection; what is not given is as a tenant would have it that lets everybody in as a viewer.</summary>
    public static Task<JsonElement> ConnectAsync(HttpClient owner, string issuer, object? settings = null) =>
        DoAsync(owner, HttpMethod.Post, "/api/v1/sso/connections", Merge(
            new
            {
                name = "Staff",
                issuer,
                clientId = "codexos",
                clientSecret = "a secret for tests only",
                provisioning = true,
                defaultRole = "viewer",
            },
            settings));

    /// <summary>Adds a domain, and confirms it as the owner of the installation.</summary>
    public static async Task AddDomainAsync(HttpClient owner, HttpClient installationOwner, JsonElement connection, string domain)
    {
        var id = connection.GetProperty("id").GetString();
        await DoAsync(owner, HttpMethod.Post, "/api/v1/sso/domains", new { domain, connection = id });
        var me = await owner.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", Cancellation);
        var tenant = me.GetProperty("tenant").GetProperty("id").GetString();
        await DoAsync(installationOwner, HttpMethod.Post, $"/api/v1/tenants/{tenant}/sso-domains/{domain}/confirm", null);
    }

    public static async Task<JsonElement> DoAsync(HttpClient owner, HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = JsonContent.Create(body);
        using var answer = await owner.SendAsync(request, Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        answer.IsSuccessStatusCode.ShouldBeTrue($"{method} {path}: {text}");
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    /// <summary>A client of a server with an access token.</summary>
    public static HttpClient ClientOf(CodexServer server, string accessToken)
    {
        var client = new HttpClient { BaseAddress = server.Url };
        client.DefaultRequestHeaders.Authorization = new("Bearer", accessToken);
        return client;
    }

    private static Dictionary<string, JsonElement> Merge(params object?[] parts)
    {
        var merged = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var part in parts.OfType<object>())
        {
            foreach (var member in JsonSerializer.SerializeToElement(part).EnumerateObject()) merged[member.Name] = member.Value;
        }

        return merged;
    }
}
