using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CodexOS.IntegrationTests.Connections;

/// <summary>
/// A server that speaks MCP over HTTP from its own reading of the protocol: in the revision without a handshake, or in one
/// with it. It checks what a client must send, and misbehaves where the test wants it to.
/// </summary>
internal sealed class McpTestServer : IAsyncDisposable
{
    public const string Modern = "2026-07-28";

    private readonly WebApplication _app;
    private int _sessions;
    private int _asks;

    private McpTestServer(WebApplication app) => _app = app;

    public required bool IsModern { get; init; }

    public int Port { get; private set; }

    /// <summary>The tools that it offers.</summary>
    public JsonArray Tools { get; set; } = [];

    /// <summary>How many tools stand on a page.</summary>
    public int PageSize { get; set; } = 100;

    /// <summary>What tools do, by name: the parameters of the call become its result.</summary>
    public Dictionary<string, Func<McpTestCall, Task<JsonObject>>> Does { get; } = [];

    /// <summary>Answers in the server's place where it says so.</summary>
    public Func<HttpContext, JsonElement, Task<bool>>? Instead { get; set; }

    /// <summary>The messages that it received.</summary>
    public ConcurrentQueue<(string Method, string? Authorization)> Seen { get; } = new();

    /// <summary>What a client sent in answer to requests of the server.</summary>
    public ConcurrentDictionary<string, TaskCompletionSource<JsonElement>> Replies { get; } = new();

    public ConcurrentDictionary<string, bool> Sessions { get; } = new();

    public static async Task<McpTestServer> StartAsync(bool modern = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var server = new McpTestServer(app) { IsModern = modern };
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Port = new Uri(app.Urls.First()).Port;
        return server;
    }

    /// <summary>Offers a tool that takes texts and gives a text.</summary>
    public McpTestServer Offers(string name, string description, string[] arguments, Func<JsonElement, string> gives)
    {
        Tools.Add(new JsonObject
        {
            ["name"] = name,
            ["description"] = description,
            ["inputSchema"] = new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject(arguments.Select(static each =>
                    new KeyValuePair<string, JsonNode?>(each, new JsonObject { ["type"] = "string" }))),
            },
        });
        Does[name] = call => Task.FromResult(Text(gives(call.Arguments)));
        return this;
    }

    public string NextAsk() => $"ask-{Interlocked.Increment(ref _asks)}";

    public static JsonObject Text(string text) => new()
    {
        ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text }),
    };

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Method == "DELETE")
        {
            Sessions.TryRemove(request.Headers["Mcp-Session-Id"].ToString(), out _);
            return;
        }

        using var body = await JsonDocument.ParseAsync(request.Body);
        var message = body.RootElement.Clone();
        var method = message.TryGetProperty("method", out var named) ? named.GetString()! : "";
        Seen.Enqueue((method, request.Headers.Authorization.FirstOrDefault()));
        if (Instead is { } instead && await instead(context, message)) return;
        if (method.Length == 0)
        {
            Replies.GetOrAdd(message.GetProperty("id").GetString()!, static _ => new()).TrySetResult(message);
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        if (WhatIsWrong(context, message, method) is { } wrong)
        {
            context.Response.StatusCode = wrong.Status;
            await context.Response.WriteAsJsonAsync(Envelope(message, "error", new JsonObject
            {
                ["code"] = wrong.Code,
                ["message"] = wrong.Why,
                ["data"] = new JsonObject { ["supported"] = new JsonArray(Modern) },
            }));
            return;
        }

        if (!message.TryGetProperty("id", out _))
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        var parameters = message.TryGetProperty("params", out var with) ? with : default;
        if (method == "tools/call")
        {
            await CallAsync(context, message, parameters);
            return;
        }

        var result = ResultOf(context, method, parameters);
        await context.Response.WriteAsJsonAsync(result is null
            ? Envelope(message, "error", new JsonObject { ["code"] = -32601, ["message"] = "no such method" })
            : Envelope(message, "result", result));
    }

    private async Task CallAsync(HttpContext context, JsonElement message, JsonElement parameters)
    {
        var call = new McpTestCall(this, context, parameters);
        if (!Does.TryGetValue(parameters.GetProperty("name").GetString()!, out var does))
        {
            await context.Response.WriteAsJsonAsync(
                Envelope(message, "error", new JsonObject { ["code"] = -32602, ["message"] = "no such tool" }));
            return;
        }

        var result = await does(call);
        if (IsModern && !result.ContainsKey("resultType")) result["resultType"] = "complete";
        await call.EndAsync(Envelope(message, "result", result));
    }

    private JsonObject? ResultOf(HttpContext context, string method, JsonElement parameters)
    {
        var capabilities = new JsonObject
        {
            ["tools"] = new JsonObject(),
            ["resources"] = new JsonObject(),
            ["prompts"] = new JsonObject(),
        };
        switch (method)
        {
            case "server/discover" when IsModern:
                return new JsonObject
                {
                    ["resultType"] = "complete",
                    ["supportedVersions"] = new JsonArray(Modern),
                    ["capabilities"] = capabilities,
                    ["instructions"] = "Be\u200b careful.",
                    ["_meta"] = new JsonObject
                    {
                        ["io.modelcontextprotocol/serverInfo"] = new JsonObject { ["name"] = "test", ["version"] = "1.2.3" },
                    },
                };
            case "initialize" when !IsModern:
                var session = $"session-{Interlocked.Increment(ref _sessions)}";
                Sessions[session] = true;
                context.Response.Headers["Mcp-Session-Id"] = session;
                return new JsonObject
                {
                    ["protocolVersion"] = "2025-06-18",
                    ["capabilities"] = capabilities,
                    ["serverInfo"] = new JsonObject { ["name"] = "test", ["version"] = "1.2.3" },
                };
            case "tools/list":
                var from = parameters.ValueKind is JsonValueKind.Object && parameters.TryGetProperty("cursor", out var cursor)
                    ? int.Parse(cursor.GetString()!, System.Globalization.CultureInfo.InvariantCulture) : 0;
                var page = new JsonObject { ["tools"] = new JsonArray([.. Tools.Skip(from).Take(PageSize).Select(static tool => tool!.DeepClone())]) };
                if (from + PageSize < Tools.Count) page["nextCursor"] = $"{from + PageSize}";
                return page;
            case "resources/list":
                return new JsonObject
                {
                    ["resources"] = new JsonArray(new JsonObject { ["uri"] = "note://1", ["name"] = "first", ["mimeType"] = "text/plain" }),
                };
            case "resources/read":
                return new JsonObject
                {
                    ["contents"] = new JsonArray(
                        new JsonObject { ["uri"] = parameters.GetProperty("uri").GetString(), ["text"] = "the note" },
                        new JsonObject { ["uri"] = "note://2", ["mimeType"] = "image/png", ["blob"] = "AAAA" }),
                };
            case "prompts/list":
                return new JsonObject { ["prompts"] = new JsonArray(new JsonObject { ["name"] = "greet", ["description"] = "Greets." }) };
            case "prompts/get":
                return new JsonObject
                {
                    ["messages"] = new JsonArray(new JsonObject
                    {
                        ["role"] = "user",
                        ["content"] = new JsonObject { ["type"] = "text", ["text"] = $"Greet {parameters.GetProperty("arguments").GetProperty("who").GetString()}." },
                    }),
                };
            default:
                return null;
        }
    }

    private (int Status, int Code, string Why)? WhatIsWrong(HttpContext context, JsonElement message, string method)
    {
        var headers = context.Request.Headers;
        if (!headers.Accept.ToString().Contains("text/event-stream", StringComparison.Ordinal)) return (400, -32600, "Accept is wrong");
        if (!IsModern)
        {
            if (method == "initialize") return null;
            var session = headers["Mcp-Session-Id"].ToString();
            if (session.Length == 0) return (400, -32000, "no session");
            if (!Sessions.ContainsKey(session)) return (404, -32001, "the session is gone");
            return headers["MCP-Protocol-Version"] == "2025-06-18" ? null : (400, -32000, "the version header is wrong");
        }

        if (headers["MCP-Protocol-Version"] != Modern) return (400, -32022, "Unsupported protocol version");
        if (headers["Mcp-Method"] != method) return (400, -32020, "Mcp-Method is wrong");
        var meta = message.GetProperty("params").GetProperty("_meta");
        if (meta.GetProperty("io.modelcontextprotocol/protocolVersion").GetString() != Modern
            || !meta.TryGetProperty("io.modelcontextprotocol/clientCapabilities", out _)) return (400, -32602, "_meta is wrong");
        var name = method switch
        {
            "tools/call" or "prompts/get" => message.GetProperty("params").GetProperty("name").GetString(),
            "resources/read" => message.GetProperty("params").GetProperty("uri").GetString(),
            _ => null,
        };
        return name is null || headers["Mcp-Name"] == name ? null : (400, -32020, "Mcp-Name is wrong");
    }

    private static JsonObject Envelope(JsonElement message, string member, JsonObject value) => new()
    {
        ["jsonrpc"] = "2.0",
        ["id"] = JsonNode.Parse(message.GetProperty("id").GetRawText()),
        [member] = value,
    };
}

/// <summary>A call that a test server is performing.</summary>
internal sealed class McpTestCall(McpTestServer server, HttpContext context, JsonElement parameters)
{
    private bool _streams;

    public JsonElement Arguments => parameters.GetProperty("arguments");

    public JsonElement Parameters => parameters;

    public HttpContext Context => context;

    /// <summary>Sends a notification before the answer.</summary>
    public Task TellAsync(string method, JsonObject with) =>
        EventAsync(new JsonObject { ["jsonrpc"] = "2.0", ["method"] = method, ["params"] = with });

    /// <summary>Shows how far it is.</summary>
    public Task ProgressAsync(double done, double total, string words) => TellAsync("notifications/progress", new JsonObject
    {
        ["progressToken"] = JsonNode.Parse(parameters.GetProperty("_meta").GetProperty("progressToken").GetRawText()),
        ["progress"] = done,
        ["total"] = total,
        ["message"] = words,
    });

    /// <summary>Asks the client something, as servers of older revisions do, and waits for what it says.</summary>
    public async Task<JsonElement> AskAsync(string method, JsonObject with)
    {
        var id = server.NextAsk();
        var reply = server.Replies.GetOrAdd(id, static _ => new());
        await EventAsync(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id, ["method"] = method, ["params"] = with });
        return await reply.Task;
    }

    public Task EndAsync(JsonObject envelope) =>
        _streams ? EventAsync(envelope) : context.Response.WriteAsJsonAsync(envelope);

    private async Task EventAsync(JsonObject data)
    {
        if (!_streams) context.Response.ContentType = "text/event-stream";
        _streams = true;
        await context.Response.WriteAsync($": keep-alive\n\nevent: message\ndata: {data.ToJsonString()}\n\n");
        await context.Response.Body.FlushAsync();
    }
}
