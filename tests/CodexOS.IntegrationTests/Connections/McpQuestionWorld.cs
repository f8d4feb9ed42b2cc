using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;

namespace CodexOS.IntegrationTests.Connections;

/// <summary>A server whose tool <c>book</c> asks a person before it books, and a run that calls it.</summary>
internal sealed class McpQuestionWorld(ConnectionWorld? world, McpTestServer server) : IAsyncDisposable
{
    public const string Form = """
        {
          "type": "object",
          "properties": {
            "city": { "type": "string", "title": "City", "minLength": 2, "maxLength": 40 },
            "nights": { "type": "integer", "minimum": 1, "maximum": 14 },
            "board": { "type": "string", "enum": ["none", "half", "full"], "default": "half" },
            "mail": { "type": "string", "format": "email" },
            "extras": { "type": "array", "items": { "type": "string", "enum": ["sauna", "bike"] }, "maxItems": 1 },
            "late": { "type": "boolean" }
          },
          "required": ["city", "nights"]
        }
        """;

    public const string Fitting = """{ "city": "Ulm", "nights": 2, "extras": ["bike"], "late": true }""";

    public ConnectionWorld World => world!;

    public McpTestServer Server => server;

    /// <summary>How often the tool was called from its beginning.</summary>
    public int Begun { get; private set; }

    /// <summary>What the server got for an answer, in order.</summary>
    public List<JsonElement> Got { get; } = [];

    public static async Task<McpQuestionWorld> StartAsync(
        bool modern, CancellationToken cancellationToken, params string[] settings)
    {
        var world = await ConnectionWorld.StartAsync(null, cancellationToken, settings);
        var server = await McpTestServer.StartAsync(modern);
        return new McpQuestionWorld(world, server);
    }

    /// <summary>Offers the tool, and sets the connection and the agent up.</summary>
    public async Task OfferAsync(CancellationToken cancellationToken, string form = Form, string? mode = null)
    {
        Offer(form, mode);
        await World.ConnectAsync("s", server, cancellationToken);
        await World.ApplyAsync("s_book", $"\"mcp.test:{server.Port}\"", cancellationToken);
    }

    /// <summary>Offers the tool.</summary>
    public void Offer(string form = Form, string? mode = null)
    {
        var ask = new JsonObject { ["message"] = "Where\u200b to?", ["requestedSchema"] = JsonNode.Parse(form) };
        if (mode is not null) ask["mode"] = mode;
        server.Offers("book", "Books a room.", ["day"], static _ => "");
        server.Does["book"] = async call =>
        {
            if (!server.IsModern)
            {
                Begun++;
                return Take((await call.AskAsync("elicitation/create", ask)).GetProperty("result"));
            }

            if (call.Parameters.TryGetProperty("inputResponses", out var given))
            {
                call.Parameters.GetProperty("requestState").GetString().ShouldBe("state-1");
                return Take(given.GetProperty("where"));
            }

            Begun++;
            return new JsonObject
            {
                ["resultType"] = "input_required",
                ["requestState"] = "state-1",
                ["inputRequests"] = new JsonObject { ["where"] = new JsonObject { ["method"] = "elicitation/create", ["params"] = ask.DeepClone() } },
            };
        };
    }

    /// <summary>Starts a run that calls the tool, lets it begin, and gives the question as journaled.</summary>
    public async Task<(string Run, JsonElement Asked)> AskAsync(CancellationToken cancellationToken)
    {
        var (run, events) = await BeginAsync("approval.requested", 1, cancellationToken);
        return (run, events[^1].GetProperty("data"));
    }

    /// <summary>Starts a run that calls the tool, lets it begin, and follows it.</summary>
    public async Task<(string Run, List<JsonElement> Events)> BeginAsync(
        string? until, int skip, CancellationToken cancellationToken)
    {
        World.Chat.Answers.Clear();
        World.Chat.Wants("s_book", """{ "day": "today" }""");
        World.Chat.Says("Done.");
        var (run, events) = await World.RunAsync("approval.requested", cancellationToken);
        await World.ApproveAsync(run, events[^1].GetProperty("data"), cancellationToken);
        return (run, await World.Server.FollowAsync(run, until, cancellationToken, skip));
    }

    public Task<(HttpStatusCode Status, JsonElement Body)> AnswerAsync(
        string run, JsonElement asked, CancellationToken cancellationToken, string? content = Fitting, bool approve = true,
        bool dismiss = false) => World.SendAsync(
            HttpMethod.Post, $"/runs/{run}/approvals/{asked.GetProperty("approvalId").GetString()}", BodyOf(asked, content, approve, dismiss),
            cancellationToken);

    public static object BodyOf(JsonElement asked, string? content = Fitting, bool approve = true, bool dismiss = false) => new
    {
        approve,
        dismiss,
        argumentsHash = asked.GetProperty("argumentsHash").GetString(),
        content = content is null ? (JsonElement?)null : JsonElement.Parse(content),
    };

    public async ValueTask DisposeAsync()
    {
        if (world is not null) await world.DisposeAsync();
        await server.DisposeAsync();
    }

    private JsonObject Take(JsonElement got)
    {
        Got.Add(got);
        return McpTestServer.Text($"They said: {got.GetProperty("action").GetString()}.");
    }
}
