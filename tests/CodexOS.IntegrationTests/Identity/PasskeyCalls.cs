using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Testing.Passkeys;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

/// <summary>What a page does with passkeys, over HTTP and with a software authenticator.</summary>
internal static class PasskeyCalls
{
    public const string Own = "/api/v1/auth/passkeys";
    public const string SignIn = "/api/v1/auth/sign-in/passkey";
    public const string StepUp = "/api/v1/auth/step-up";

    /// <summary>The setting under which browsers offer passkeys, with the origin of a new authenticator.</summary>
    public const string PublicUrl = "Identity:PublicUrl=https://codexos.example.org";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<JsonElement> BeginAsync(
        this IdentityServer server, string path, string? accessToken = null, object? body = null)
    {
        using var answer = await server.SendAsync(HttpMethod.Post, $"{path}/options", accessToken, body);
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException(await answer.Content.ReadAsStringAsync(Cancellation));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    /// <summary>Adds a passkey in a session, with the password of who has nothing to step up with.</summary>
    public static async Task<string> AddPasskeyAsync(
        this IdentityServer server, string accessToken, SoftwareAuthenticator device, string name = "laptop")
    {
        var prompt = await server.BeginAsync(Own, accessToken, new { password = IdentityServer.Password });
        var made = await server.DoAsync(HttpMethod.Post, Own, accessToken, NewOf(prompt, device, name));
        return made.GetProperty("id").GetString()!;
    }

    public static JsonObject NewOf(JsonElement prompt, SoftwareAuthenticator device, string name = "laptop")
    {
        var body = BodyOf(prompt, device.Create(prompt.GetProperty("options")));
        body["name"] = name;
        return body;
    }

    public static JsonObject AnswerOf(JsonElement prompt, SoftwareAuthenticator device) =>
        BodyOf(prompt, device.Get(prompt.GetProperty("options")));

    public static async Task<HttpResponseMessage> EnterAsync(
        this IdentityServer server, SoftwareAuthenticator device, string? tenant = null)
    {
        var body = AnswerOf(await server.BeginAsync(SignIn), device);
        if (tenant is not null) body["tenant"] = tenant;
        return await server.PostAsync(SignIn, body);
    }

    public static async Task<Tokens> EnteredAsync(this IdentityServer server, SoftwareAuthenticator device)
    {
        using var answer = await server.EnterAsync(device);
        return await IdentityServer.TokensOfAsync(answer);
    }

    public static async Task<string?> RefusedEntryAsync(this IdentityServer server, SoftwareAuthenticator device)
    {
        using var answer = await server.EnterAsync(device);
        return answer.IsSuccessStatusCode ? null : await IdentityServer.CodeOfAsync(answer);
    }

    public static async Task StepUpWithPasskeyAsync(this IdentityServer server, string accessToken, SoftwareAuthenticator device)
    {
        var prompt = await server.BeginAsync(StepUp, accessToken);
        await server.DoAsync(HttpMethod.Post, StepUp, accessToken, new { passkey = AnswerOf(prompt, device) });
    }

    private static JsonObject BodyOf(JsonElement prompt, JsonObject credential) => new()
    {
        ["challenge"] = prompt.GetProperty("challenge").GetString(),
        ["credential"] = credential,
    };
}
