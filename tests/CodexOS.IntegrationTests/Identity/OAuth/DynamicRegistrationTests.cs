using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Identity.OAuth.OAuthParty;

namespace CodexOS.IntegrationTests.Identity.OAuth;

/// <summary>Programs that register themselves, as clients of the Model Context Protocol do.</summary>
public sealed class DynamicRegistrationTests(PostgresCluster postgres)
{
    private const string Register = "/api/v1/oauth/register";
    private const string Allowed = "OAuth:DynamicRegistration=true";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_registers_unless_the_operator_lets_them()
    {
        var (server, _) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        using var answer = await server.PostAsync(Register, new { redirect_uris = new[] { Callback } });
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("error").GetString().ShouldBe("access_denied");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_program_registers_itself_is_shown_as_such_and_is_the_tenant_s_client_once_somebody_lets_it_in(
        bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null, Allowed);
        await using var running = server;
        var metadata = await server.Server.Client.GetFromJsonAsync<JsonElement>("/.well-known/oauth-authorization-server", Cancellation);
        metadata.GetProperty("registration_endpoint").GetString().ShouldEndWith(Register);
        using var answer = await server.PostAsync(Register, new
        {
            client_name = "Editor",
            redirect_uris = new[] { Callback },
            token_endpoint_auth_method = "client_secret_basic",
            grant_types = new[] { "authorization_code", "implicit" },
        });
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var registered = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        registered.GetProperty("token_endpoint_auth_method").GetString().ShouldBe("none", "it keeps no secret");
        registered.GetProperty("grant_types").EnumerateArray().Select(each => each.GetString())
            .ShouldBe(["authorization_code", "refresh_token"]);
        var editor = new OAuthParty(server, registered.GetProperty("client_id").GetString()!);
        (await server.JsonAsync("/api/v1/clients", owner.AccessToken)).GetProperty("items").GetArrayLength()
            .ShouldBe(0, "what anybody may do stores nothing");

        var question = (await server.DoAsync(
            HttpMethod.Post, "/api/v1/oauth/authorization/look", owner.AccessToken, new { query = editor.Query() }))
            .GetProperty("question");
        question.GetProperty("selfRegistered").GetBoolean().ShouldBeTrue();
        MembersOf(await editor.DecideAsync(owner, editor.Query(("scope", null))))["error"].ShouldBe("invalid_scope");
        var tokens = await editor.TokensAsync(owner);
        await editor.TokensAsync(owner);
        (await server.GetAsync("/api/v1/agents", AccessOf(tokens))).StatusCode.ShouldBe(HttpStatusCode.OK);
        var client = (await server.JsonAsync("/api/v1/clients", owner.AccessToken)).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        client.GetProperty("dynamic").GetBoolean().ShouldBeTrue();
        client.GetProperty("sessionsCount").GetInt32().ShouldBe(2);
        var id = client.GetProperty("id").GetString()!;
        PartOf(AccessOf(tokens), 1).GetProperty("client_id").GetString().ShouldBe(id);
        ErrorOf(await new OAuthParty(server, id).RefreshAsync(tokens)).ShouldBe("invalid_client", "it goes by its registration");
        (await editor.RefreshAsync(tokens)).Status.ShouldBe(HttpStatusCode.OK);

        await server.DoAsync(HttpMethod.Delete, $"/api/v1/clients/{id}", owner.AccessToken);
        (await server.MeFaultAsync(AccessOf(tokens))).ShouldBe("identity.session_ended");
    }

    [Fact]
    public async Task A_registration_is_checked_cannot_be_changed_and_ends()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null, Allowed, "OAuth:DynamicClientLifetime=1.00:00:00");
        await using var running = server;
        (object Body, string Error)[] wrong =
        [
            (new { redirect_uris = Array.Empty<string>() }, "invalid_redirect_uri"),
            (new { redirect_uris = new[] { "http://notebook.example/" } }, "invalid_redirect_uri"),
            (new { redirect_uris = new[] { "javascript:alert(1)" } }, "invalid_redirect_uri"),
            (new { redirect_uris = "https://notebook.example/" }, "invalid_client_metadata"),
        ];
        foreach (var (body, error) in wrong)
        {
            using var refused = await server.PostAsync(Register, body);
            (await refused.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("error").GetString().ShouldBe(error, body.ToString());
        }

        using var answer = await server.PostAsync(Register, new { redirect_uris = new[] { Callback } });
        var id = (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("client_id").GetString()!;
        var editor = new OAuthParty(server, id);
        await editor.TokensAsync(owner);
        var changed = id[..^2] + (id[^2] == 'A' ? 'B' : 'A') + id[^1];
        (await LookAsync(server, owner, new OAuthParty(server, changed))).ShouldBe("identity.unknown_client");
        (await LookAsync(server, owner, new OAuthParty(server, "cdd_"))).ShouldBe("identity.unknown_client");
        server.Clock.Advance(TimeSpan.FromDays(1));
        owner = await server.RefreshedAsync(owner.Refresh);
        (await LookAsync(server, owner, editor)).ShouldBe("identity.unknown_client");
    }

    private static async Task<string?> LookAsync(
        IdentityServer server, Tokens owner, OAuthParty party) => (await server.RefusedAsync(
        HttpMethod.Post, "/api/v1/oauth/authorization/look", owner.AccessToken, new { query = party.Query() })).Code;
}
