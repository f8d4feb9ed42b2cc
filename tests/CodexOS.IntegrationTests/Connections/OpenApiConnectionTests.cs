using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Connections;

/// <summary>From an API's document to its requests: the real server, gate and guard, with an API on a real socket.</summary>
public sealed class OpenApiConnectionTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<(string Method, string Line, string Body, IHeaderDictionary Headers)> _seen = new();
    private readonly WebApplication _api = Build();
    private ConnectionWorld _world = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private int Port => new Uri(_api.Urls.First()).Port;

    public async ValueTask InitializeAsync()
    {
        _api.Run(AnswerAsync);
        await _api.StartAsync(Token);
        _world = await ConnectionWorld.StartAsync(null, Token, "Tools:Connections:AnswerBytesMax=100000");
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task Reads_are_made_at_once_and_changes_once_a_person_approved()
    {
        var made = await ConnectAsync(new { document = Document(), secret = "key" });
        made.GetProperty("openApi").TryGetProperty("document", out var shown).ShouldBeTrue();
        shown.ValueKind.ShouldBe(JsonValueKind.Null, "a document that was given is not shown again");
        await _world.ApplyAsync("pets_list_pets, pets_add_pet", $"\"mcp.test:{Port}\"", Token);
        var list = (await _world.CallAsync("pets_list_pets", """{ "page": 1 }""", Token, approve: false));
        var text = list.GetProperty("output").GetProperty("text").GetString()!;
        text.ShouldStartWith("[GET /pets: 200 OK]\n{");
        text.ShouldEndWith("[There is more. Call again with page=2.]");
        list.GetProperty("label").GetProperty("integrity").GetString().ShouldBe("web");
        list.GetProperty("output").GetProperty("data").GetProperty("body").GetProperty("items").GetArrayLength().ShouldBe(1);

        _world.Chat.Answers.Clear();
        _world.Chat.Wants("pets_add_pet", """{ "body": { "name": "Rex" } }""");
        _world.Chat.Says("Done.");
        var (run, events) = await _world.RunAsync("approval.requested", Token);
        _seen.ShouldNotContain(static it => it.Method == "POST");
        await _world.ApproveAsync(run, events[^1].GetProperty("data"), Token);
        events = await _world.Server.FollowAsync(run, null, Token);
        ConnectionWorld.Completed(events, "1.pets_add_pet.1").GetProperty("output").GetProperty("text").GetString()!.ShouldContain("201");
        var sent = _seen.Single(static it => it.Method == "POST");
        (sent.Line, sent.Body).ShouldBe(("POST /v1/pets", """{"name":"Rex"}"""));
        sent.Headers.Authorization.ToString().ShouldBe("Bearer s3cr3t-value");
        events.ShouldAllBe(static it => !it.GetRawText().Contains("s3cr3t-value"));
    }

    [Fact]
    public async Task A_key_is_sent_where_an_administrator_knows_that_the_api_takes_one_and_then_a_call_can_be_repeated()
    {
        await ConnectAsync(new { document = Document() }, new { pets_add_pet = new { idempotencyHeader = "Idempotency-Key", asks = false } });
        await _world.ApplyAsync("pets_add_pet", $"\"mcp.test:{Port}\"", Token);
        _world.Chat.Answers.Clear();
        _world.Chat.Wants("pets_add_pet", """{ "body": { "name": "Rex" } }""");
        _world.Chat.Says("Done.");
        var (_, events) = await _world.RunAsync(null, Token);
        events.Single(static it => it.GetProperty("kind").GetString() == "step.started"
                && it.GetProperty("data").GetProperty("effect").GetString() == "tool.call")
            .GetProperty("data").GetProperty("repeat").GetString().ShouldBe("keyed");
        _seen.Single(static it => it.Method == "POST").Headers["Idempotency-Key"].ToString().Length.ShouldBe(36);

        // Without the header nobody may call it repeatable.
        await _world.SendAsync(HttpMethod.Patch, "/connections/pets", new { tools = new { pets_add_pet = new { repeat = "keyed" } } }, Token);
        var (_, page) = await _world.SendAsync(HttpMethod.Get, "/connections/pets/tools", null, Token);
        page.GetProperty("items").EnumerateArray().Single(static it => it.GetProperty("name").GetString() == "pets_add_pet")
            .GetProperty("repeat").GetString().ShouldBe("unsafe");
    }

    [Fact]
    public async Task A_document_is_fetched_through_the_guard_and_again_when_it_is_refreshed()
    {
        var made = await ConnectAsync(new { url = $"http://docs.test:{Port}/openapi.yaml" });
        made.GetProperty("toolsCount").GetInt32().ShouldBe(3);
        _seen.Single().Headers.Authorization.ToString().ShouldBe("", "the secret is for the API, not for who keeps the document");
        (await _world.SendAsync(HttpMethod.Post, "/connections/pets/refresh", null, Token)).Body.GetProperty("state").GetString().ShouldBe("ready");
        _seen.Count.ShouldBe(2);

        _world.Names.Set("inside.test", ["169.254.169.254"]);
        var (_, inside) = await _world.SendAsync(
            HttpMethod.Post, "/connections", new { name = "inside", openApi = new { url = "http://inside.test/openapi.yaml" } }, Token);
        inside.GetProperty("fault").GetProperty("code").GetString().ShouldBe("egress.private_address");
    }

    [Theory]
    [InlineData("pets_get_pet", """{ "petId": "../admin" }""", "openapi.bad_value")]
    [InlineData("pets_get_pet", """{ "petId": "%2e%2e%2fadmin" }""", "openapi.bad_value")]
    [InlineData("pets_get_pet", """{ "petId": "large" }""", "egress.limit")]
    public async Task What_a_model_writes_never_leads_elsewhere_and_a_large_answer_is_not_read(
        string tool, string arguments, string code)
    {
        await ConnectAsync(new { document = Document() });
        await _world.ApplyAsync(tool, $"\"mcp.test:{Port}\"", Token);
        var output = (await _world.CallAsync(tool, arguments, Token, approve: false)).GetProperty("output");
        output.GetProperty("data").GetProperty("code").GetString().ShouldBe(code);
        _seen.ShouldNotContain(static it => it.Line.Contains("admin"));
    }

    [Fact]
    public async Task A_redirect_is_shown_and_not_followed_and_an_error_is_one()
    {
        await ConnectAsync(new { document = Document() });
        await _world.ApplyAsync("pets_get_pet", $"\"mcp.test:{Port}\"", Token);
        var output = (await _world.CallAsync("pets_get_pet", """{ "petId": "moved" }""", Token, approve: false)).GetProperty("output");
        output.GetProperty("text").GetString()!.ShouldEndWith("[It leads elsewhere, and is not followed.]");
        output.GetProperty("isError").GetBoolean().ShouldBeTrue();
        _world.Names.Asked.ShouldNotContain("evil.test");
    }

    [Fact]
    public async Task Another_document_takes_the_place_of_the_first_and_without_one_it_stays()
    {
        await ConnectAsync(new { document = Document() });
        var (_, kept) = await _world.SendAsync(HttpMethod.Patch, "/connections/pets", new { openApi = new { tags = new[] { "none" } } }, Token);
        kept.GetProperty("toolsCount").GetInt32().ShouldBe(0);
        var (_, back) = await _world.SendAsync(HttpMethod.Patch, "/connections/pets", new { openApi = new { operations = new[] { "getPet" } } }, Token);
        back.GetProperty("toolsCount").GetInt32().ShouldBe(1);
        var (_, bad) = await _world.SendAsync(HttpMethod.Patch, "/connections/pets", new { openApi = new { document = "swagger: '2.0'" } }, Token);
        bad.GetProperty("state").GetString().ShouldBe("failed");
        bad.GetProperty("toolsCount").GetInt32().ShouldBe(1, "what was there before stays");
        var (status, _) = await _world.SendAsync(
            HttpMethod.Patch, "/connections/pets", new { openApi = new { tags = Array.Empty<string>() }, revision = 1 }, Token);
        status.ShouldBe(HttpStatusCode.Conflict);
    }

    private async Task<JsonElement> ConnectAsync(object openApi, object? tools = null)
    {
        var (status, made) = await _world.SendAsync(HttpMethod.Post, "/connections", new { name = "pets", openApi, tools }, Token);
        status.ShouldBe(HttpStatusCode.Created, made.ToString());
        made.GetProperty("state").GetString().ShouldBe("ready", made.ToString());
        return made;
    }

    private string Document() => $$"""
        openapi: 3.0.3
        info: { title: Pets, version: "1" }
        servers: [{ url: "http://mcp.test:{{Port}}/v1" }]
        paths:
          /pets:
            get:
              operationId: listPets
              parameters: [{ name: page, in: query, schema: { type: integer } }]
            post:
              operationId: addPet
              requestBody: 
                required: true
                content: { application/json: { schema: { type: object, properties: { name: { type: string } } } } }
          /pets/{petId}:
            get:
              operationId: getPet
              parameters: [{ name: petId, in: path, required: true, schema: { type: string } }]
        """;

    private static WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        return builder.Build();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        using var reader = new StreamReader(request.Body);
        _seen.Enqueue((request.Method, $"{request.Method} {request.Path}{request.QueryString}", await reader.ReadToEndAsync(),
            new HeaderDictionary(request.Headers.ToDictionary())));
        switch (request.Method, request.Path.Value)
        {
            case ("GET", "/openapi.yaml"):
                await response.WriteAsync(Document());
                return;
            case ("GET", "/v1/pets"):
                response.Headers.Link = $"<http://mcp.test:{Port}/v1/pets?page=2&key=x>; rel=\"next\"";
                await response.WriteAsJsonAsync(new { items = new[] { new { name = "Rex" } } });
                return;
            case ("POST", "/v1/pets"):
                response.StatusCode = 201;
                return;
            case ("GET", "/v1/pets/moved"):
                response.Redirect("http://evil.test/");
                return;
            case ("GET", "/v1/pets/large"):
                await response.WriteAsync(new string('x', 200_000));
                return;
            default:
                response.StatusCode = 404;
                return;
        }
    }
}
