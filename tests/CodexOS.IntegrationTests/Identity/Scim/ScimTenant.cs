using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.IntegrationTests.Identity.SingleSignOn;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.Scim;

/// <summary>
/// A server whose first tenant has verified example.org, connected a provider that gives roles for groups, and made a key for
/// provisioning: a service account's, whose role may do that and nothing else.
/// </summary>
internal sealed class ScimTenant : IAsyncDisposable
{
    public const string Base = "/api/v1/scim/v2";
    public const string UserSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
    public const string GroupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group";
    public const string PatchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

    private ScimTenant(IdentityServer server, Tokens owner, HttpClient ownerClient, string key, JsonElement connection) =>
        (Server, Owner, OwnerClient, Key, Connection) = (server, owner, ownerClient, key, connection);

    public IdentityServer Server { get; }

    public Tokens Owner { get; }

    public HttpClient OwnerClient { get; }

    public string Key { get; }

    public JsonElement Connection { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ScimTenant> StartAsync(PostgresCluster? postgres = null, string defaultRole = "viewer", params string[] settings)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(
            postgres, [.. SsoSetup.Local, "Identity:FailuresPerAddressMax=10000", "Identity:PublicUrl=https://codexos.example.org", .. settings]);
        var client = SsoSetup.ClientOf(server.Server, owner.AccessToken);
        var connection = await SsoSetup.ConnectAsync(client, "https://login.example", new
        {
            defaultRole,
            groupRoles = new[] { new { group = "Makers", role = "developer" }, new { group = "g-admins", role = "admin" } },
        });
        await SsoSetup.AddDomainAsync(client, client, connection, "example.org");
        return new ScimTenant(server, owner, client, await MakeKeyAsync(client), connection);
    }

    /// <summary>Makes the key as an owner does: a role, a service account that has it, and a key of that.</summary>
    public static async Task<string> MakeKeyAsync(HttpClient owner)
    {
        await SsoSetup.DoAsync(
            owner, HttpMethod.Post, "/api/v1/roles",
            new { name = "provisioner", description = "Provisions.", permissions = new[] { "scim:provision" } });
        await SsoSetup.DoAsync(owner, HttpMethod.Post, "/api/v1/service-accounts", new { name = "idp", role = "provisioner" });
        var key = await SsoSetup.DoAsync(
            owner, HttpMethod.Post, "/api/v1/service-accounts/idp/api-keys", new { name = "idp", scopes = new[] { "scim:provision" } });
        return key.GetProperty("key").GetString()!;
    }

    /// <summary>Sends a request as an identity provider does.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, Base + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key ?? Key);
        request.Headers.Accept.ParseAdd("application/scim+json");
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/scim+json");
        return await Server.Server.Client.SendAsync(request, Cancellation);
    }

    /// <summary>Sends a request that must be let through, and reads its answer.</summary>
    public async Task<JsonElement> DoAsync(HttpMethod method, string path, string? body = null)
    {
        using var answer = await SendAsync(method, path, body);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        answer.IsSuccessStatusCode.ShouldBeTrue($"{method} {path}: {text}");
        if (answer.StatusCode is HttpStatusCode.NoContent) return default;
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/scim+json");
        return JsonElement.Parse(text);
    }

    /// <summary>Sends a request that must be refused in SCIM's form, and reads its status, code and SCIM's word.</summary>
    public async Task<(HttpStatusCode Status, string? Code, string? Type)> RefusedAsync(
        HttpMethod method, string path, string? body = null, string? key = null)
    {
        using var answer = await SendAsync(method, path, body, key);
        answer.IsSuccessStatusCode.ShouldBeFalse(path);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/scim+json", await answer.Content.ReadAsStringAsync(Cancellation));
        var error = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        error.GetProperty("schemas")[0].GetString().ShouldBe("urn:ietf:params:scim:api:messages:2.0:Error");
        error.GetProperty("status").GetString().ShouldBe($"{(int)answer.StatusCode}");
        error.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        return (
            answer.StatusCode, error.GetProperty("code").GetString(),
            error.TryGetProperty("scimType", out var type) ? type.GetString() : null);
    }

    /// <summary>Makes a user as a provider does.</summary>
    public async Task<string> MakeUserAsync(string email, string more = "") =>
        (await DoAsync(HttpMethod.Post, "/Users", $$"""{"schemas":["{{UserSchema}}"],"userName":"{{email}}","active":true{{more}}}"""))
        .GetProperty("id").GetString()!;

    /// <summary>Makes a group as a provider does.</summary>
    public async Task<string> MakeGroupAsync(string name, params string[] members) =>
        (await DoAsync(HttpMethod.Post, "/Groups", GroupOf(name, members))).GetProperty("id").GetString()!;

    public static string GroupOf(string name, params string[] members) =>
        $$"""{"schemas":["{{GroupSchema}}"],"displayName":"{{name}}","members":[{{string.Join(',', members.Select(static id => $$"""{"value":"{{id}}"}"""))}}]}""";

    public static string Patch(params string[] operations) =>
        $$"""{"schemas":["{{PatchSchema}}"],"Operations":[{{string.Join(',', operations)}}]}""";

    /// <summary>The member's role and state, as the tenant sees them.</summary>
    public async Task<string> StandingAsync(string user)
    {
        var member = await Server.JsonAsync($"/api/v1/members/{user}", Owner.AccessToken);
        return $"{member.GetProperty("role").GetString()} {member.GetProperty("state").GetString()}";
    }

    /// <summary>The newest entries of the audit log.</summary>
    public async Task<List<JsonElement>> AuditAsync(string action) =>
        [.. (await Server.JsonAsync($"/api/v1/audit?action={action}&limit=100", Owner.AccessToken)).GetProperty("items").EnumerateArray()];

    public async ValueTask DisposeAsync()
    {
        OwnerClient.Dispose();
        await Server.DisposeAsync();
    }
}
