using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.OAuth;

/// <summary>A widely used OAuth client library, which knows only the server's address, goes through every flow.</summary>
public sealed class OAuthInteropTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_library_of_others_uses_codes_devices_service_clients_and_registration()
    {
        await using var server = await CodexServer.StartAsync(
            settings: ["OAuth:DynamicRegistration=true", "OAuth:DevicePollIntervalSeconds=1"], cancellationToken: Cancellation);
        using var owner = await server.SignInAsync(Cancellation);
        var app = await RegisterAsync(
            owner,
            new
            {
                name = "Interop",
                redirectUris = new[] { "http://127.0.0.1/back" },
                scopes = new[] { "openid", "profile", "email", "agents:read" },
                deviceFlow = true,
            });
        await PostAsync(owner, "/api/v1/service-accounts", new { name = "nightly", role = "viewer" });
        var service = await RegisterAsync(
            owner, new { name = "Nightly", kind = "service", serviceAccount = "nightly", scopes = new[] { "agents:read" } });

        await UseCodeAsync(server, owner, "code", app.GetProperty("client").GetProperty("id").GetString()!);
        await UseCodeAsync(server, owner, "register", "");

        using (var device = Start("device", server, app.GetProperty("client").GetProperty("id").GetString()!))
        {
            var shown = (await device.HearAsync()).GetProperty("enter").GetString();
            await PostAsync(owner, "/api/v1/oauth/device/decide", new { userCode = shown, allow = true });
            var got = await device.HearAsync();
            got.GetProperty("scope").GetString().ShouldBe("agents:read");
            (await CallAsync(server, got)).ShouldBe(HttpStatusCode.OK);
        }

        using var nightly = Start(
            "service", server, service.GetProperty("client").GetProperty("id").GetString()!, service.GetProperty("secret").GetString()!);
        var token = await nightly.HearAsync();
        token.GetProperty("active").GetBoolean().ShouldBeTrue();
        (await CallAsync(server, token)).ShouldBe(HttpStatusCode.OK);
    }

    private static async Task UseCodeAsync(CodexServer server, HttpClient owner, string flow, string clientId)
    {
        using var peer = Start(flow, server, clientId);
        var asked = new Uri((await peer.HearAsync()).GetProperty("open").GetString()!);
        asked.AbsolutePath.ShouldBe("/authorize");
        var decided = await PostAsync(
            owner, "/api/v1/oauth/authorization/decide", new { query = asked.Query.TrimStart('?'), allow = true });
        await peer.SayAsync(decided.GetProperty("redirect").GetString()!);
        var got = await peer.HearAsync();
        got.GetProperty("email").GetString().ShouldBe(CodexServer.AdministratorEmail);
        (await CallAsync(server, got)).ShouldBe(HttpStatusCode.OK);
        await peer.SayAsync("seen");
        (await peer.HearAsync()).GetProperty("revoked").GetBoolean().ShouldBeTrue();
        (await CallAsync(server, got)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static Task<JsonElement> RegisterAsync(HttpClient owner, object client) => PostAsync(owner, "/api/v1/clients", client);

    private static async Task<JsonElement> PostAsync(HttpClient owner, string path, object body)
    {
        using var answer = await owner.PostAsJsonAsync(path, body, Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    private static async Task<HttpStatusCode> CallAsync(CodexServer server, JsonElement got)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/agents");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", got.GetProperty("token").GetString());
        using var answer = await server.Client.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }

    private static NodePeer Start(string flow, CodexServer server, params string[] client) =>
        NodePeer.Start("openid-client", ["oauth-flows.mjs", flow, server.Url.ToString().TrimEnd('/'), .. client]);
}
