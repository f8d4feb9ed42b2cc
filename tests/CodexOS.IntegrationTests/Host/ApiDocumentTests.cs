using System.Text.Json;
using CodexOS.Docs;
using CodexOS.Platform.Http;
using CodexOS.Testing;
using CodexOS.Testing.Servers;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Host;

public sealed class ApiDocumentTests
{
    private static readonly string[] s_openToEveryone =
    [
        "GetSetup", "SetUp", "SignIn", "SignInWithSecondFactor", "RefreshSession", "SignOut", "LookAtInvitation",
        "AcceptInvitation", "OAuthToken", "OAuthDevice", "OAuthRevoke", "OAuthIntrospect", "OAuthRegister",
        "StartSso", "EndSso", "SsoBackchannelLogout", "ForgotPassword", "ResetPassword",
        "BeginPasskeySignIn", "SignInWithPasskey",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("openapi", "openapi/codexos.json")]
    [InlineData("configuration", "docs/operate/configuration.md")]
    [InlineData("permissions", "docs/reference/permissions.md")]
    [InlineData("tools", "docs/reference/tools.md")]
    [InlineData("data", "docs/reference/data-register.md")]
    public async Task Generated_pages_are_up_to_date(string page, string path)
    {
        await using var server = await CodexServer.StartAsync(
            adjust: ApiDocumentText.AddGenerator, cancellationToken: Token);

        var fresh = await GeneratedDocs.ReadAsync(page, server.Services, Token);

        var committed = await File.ReadAllTextAsync(Repository.In(path), Token);
        committed.ShouldBe(fresh, $"{path} is out of date. Run ./run api and commit what it changes.");
    }

    [Fact]
    public async Task Only_sign_in_and_set_up_are_open_to_callers_who_are_not_signed_in()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);

        var open = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/api", StringComparison.Ordinal))
            .Where(endpoint => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null
                || endpoint.Metadata.GetMetadata<RequiredPermission>() is null)
            .Select(endpoint => endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? endpoint.DisplayName)
            .Distinct();

        open.ShouldBe(s_openToEveryone, ignoreOrder: true);
    }

    [Fact]
    public async Task Every_operation_has_a_name_a_summary_a_tag_and_refusals_in_one_form()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        using var document = JsonDocument.Parse(await server.Client.GetStringAsync("/openapi/v1.json", Token));

        var root = document.RootElement;
        root.GetProperty("openapi").GetString()!.ShouldStartWith("3.1");
        foreach (var operation in root.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()))
        {
            var id = operation.Value.GetProperty("operationId").GetString();
            operation.Value.TryGetProperty("summary", out _).ShouldBeTrue($"{id} has no summary.");
            operation.Value.GetProperty("tags").GetArrayLength().ShouldBeGreaterThan(0, $"{id} has no tag.");
            // SCIM has a form of its own, by its RFCs.
            var form = operation.Value.GetProperty("tags")[0].GetString() is "SCIM" ? "application/scim+json" : "application/problem+json";
            foreach (var refusal in operation.Value.GetProperty("responses").EnumerateObject().Where(IsRefusal))
            {
                refusal.Value.TryGetProperty("content", out var content).ShouldBeTrue($"{id} {refusal.Name} has no body.");
                content.EnumerateObject().Select(static one => one.Name).ShouldBe([form], $"{id} {refusal.Name}");
            }
        }
    }

    [Fact]
    public void An_id_is_a_text_wherever_it_was_met_first()
    {
        var document = JsonElement.Parse(File.ReadAllText(Repository.In("openapi", "codexos.json")));
        var ids = document.GetProperty("components").GetProperty("schemas").EnumerateObject()
            .Where(static schema => schema.Value.TryGetProperty("pattern", out _)).ToList();

        ids.Count.ShouldBeGreaterThan(10);
        foreach (var id in ids) id.Value.GetProperty("type").ToString().ShouldBe("string", id.Name);
    }

    private static bool IsRefusal(JsonProperty response) => response.Name[0] is '4' or '5';
}
