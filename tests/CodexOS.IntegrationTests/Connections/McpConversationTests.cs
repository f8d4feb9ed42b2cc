using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Connections;

/// <summary>What servers say and ask in the middle of a call, and what they can break.</summary>
public sealed class McpConversationTests : IAsyncLifetime
{
    private ConnectionWorld _world = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _world = await ConnectionWorld.StartAsync(
        null, Token, "Tools:Connections:AnswerBytesMax=100000", "Tools:Mcp:MessagesMax=50", "Tools:Connections:CallTimeMax=00:00:05",
        "Tools:Connections:RefreshTimeMax=00:00:03", "Tools:Connections:ToolsMax=20", "Tools:Connections:PagesMax=5",
        "Tools:Connections:DefinitionsBytesMax=20000", "Tools:Mcp:RoundsMax=2");

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_server_uses_the_runs_model_only_where_its_connection_says_so(bool modern, bool allowed)
    {
        await using var server = await McpTestServer.StartAsync(modern);
        var wish = new JsonObject
        {
            ["systemPrompt"] = "You are a pirate.",
            ["maxTokens"] = 50,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = new JsonObject { ["type"] = "text", ["text"] = "Say hello." } }),
        };
        server.Offers("write", "Writes.", ["what"], static _ => "");
        server.Does["write"] = async call =>
        {
            if (!modern)
            {
                var reply = await call.AskAsync("sampling/createMessage", wish);
                return McpTestServer.Text(reply.TryGetProperty("error", out var error)
                    ? error.GetProperty("message").GetString()! : reply.GetProperty("result").GetProperty("content").GetProperty("text").GetString()!);
            }

            if (call.Parameters.TryGetProperty("inputResponses", out var given))
                return McpTestServer.Text(given.GetProperty("hello").GetProperty("content").GetProperty("text").GetString()!);
            return new JsonObject
            {
                ["resultType"] = "input_required",
                ["inputRequests"] = new JsonObject { ["hello"] = new JsonObject { ["method"] = "sampling/createMessage", ["params"] = wish.DeepClone() } },
            };
        };
        await _world.ConnectAsync("s", server, Token, new { s_write = new { effect = "read" } }, allowSampling: allowed);
        await _world.ApplyAsync("s_write", $"\"mcp.test:{server.Port}\"", Token);
        _world.Chat.Answers.Clear();
        _world.Chat.Calls.Clear();
        // The second answer is for the server: it is asked with an assistant's turn behind it in the run, none in its own talk.
        _world.Chat.Wants("s_write", """{ "what": "x" }""");
        _world.Chat.Says("Done.");
        var (_, events) = await _world.RunAsync(null, Token);
        var output = ConnectionWorld.Completed(events, "1.s_write.1").GetProperty("output");
        var asked = _world.Chat.Calls.Where(static call => call.Tools.IsEmpty).ToList();
        if (!allowed)
        {
            asked.ShouldBeEmpty();
            output.GetProperty("text").GetString()!.ShouldContain(modern ? "that is refused here" : "Sampling is not allowed");
            return;
        }

        asked.Count.ShouldBe(1);
        asked[0].OutputTokensMax.ShouldBe(50);
        asked[0].Messages[0].Role.ShouldBe(Microsoft.Extensions.AI.ChatRole.System);
        asked[0].Messages[0].Text.ShouldNotContain("pirate", Case.Sensitive, "a stranger's words are not the system's");
        asked[0].Messages[^1].Text.ShouldBe("Say hello.");
        output.GetProperty("isError").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Progress_is_shown_and_content_that_is_not_text_is_named_and_left_out()
    {
        await using var server = await McpTestServer.StartAsync();
        server.Offers("draw", "Draws.", ["what"], static _ => "");
        server.Does["draw"] = static async call =>
        {
            await call.ProgressAsync(1, 2, "half way");
            return new JsonObject
            {
                ["content"] = new JsonArray(
                    new JsonObject { ["type"] = "text", ["text"] = "Here:" },
                    new JsonObject { ["type"] = "image", ["mimeType"] = "image/png", ["data"] = new string('A', 400) },
                    new JsonObject { ["type"] = "resource_link", ["uri"] = "file:///a.png", ["name"] = "a" },
                    new JsonObject { ["type"] = "resource", ["resource"] = new JsonObject { ["uri"] = "note://1", ["text"] = "a note" } },
                    new JsonObject { ["type"] = "hologram" }),
                ["structuredContent"] = new JsonObject { ["width"] = 3 },
            };
        };
        await ConnectAsync(server);
        _world.Chat.Answers.Clear();
        _world.Chat.Wants("s_draw", """{ "what": "x" }""");
        _world.Chat.Says("Done.");
        await _world.ApplyAsync("s_draw", $"\"mcp.test:{server.Port}\"", Token);
        var (_, events) = await _world.RunAsync(null, Token, approve: true);
        events.Single(static it => it.GetProperty("kind").GetString() == "step.progressed").GetProperty("data").GetProperty("progress")
            .GetProperty("text").GetString().ShouldBe("half way");
        var output = ConnectionWorld.Completed(events, "1.s_draw.1").GetProperty("output");
        output.GetProperty("text").GetString().ShouldBe(
            "Here:\n[image of the kind image/png, about 300 bytes, is left out]\n[a resource: file:///a.png (a)]\n[note://1]\na note\n"
            + "[content of the kind 'hologram' is left out]");
        output.GetProperty("data").GetProperty("width").GetInt32().ShouldBe(3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Resources_and_prompts_are_listed_and_read_without_asking_anybody(bool modern)
    {
        await using var server = await McpTestServer.StartAsync(modern);
        await _world.ConnectAsync("s", server, Token);
        await _world.ApplyAsync("s_list_resources, s_read_resource, s_list_prompts, s_get_prompt", $"\"mcp.test:{server.Port}\"", Token);
        (await ReadAsync("s_list_resources", "{}")).ShouldBe("- note://1 (first) [text/plain]");
        (await ReadAsync("s_read_resource", """{ "uri": "note://1" }"""))
            .ShouldBe("[note://1]\nthe note\n[note://2] [data of the kind image/png, about 3 bytes, is left out]");
        (await ReadAsync("s_list_prompts", "{}")).ShouldBe("- greet: Greets.");
        (await ReadAsync("s_get_prompt", """{ "name": "greet", "arguments": { "who": "Ada" } }""")).ShouldBe("user: Greet Ada.");
    }

    [Fact]
    public async Task A_session_is_kept_for_a_run_and_begun_anew_once_the_server_has_forgotten_it()
    {
        await using var server = await McpTestServer.StartAsync(modern: false);
        server.Offers("look", "Looks.", ["at"], static _ => "seen");
        await _world.ConnectAsync("s", server, Token, new { s_look = new { effect = "read" } });
        await _world.ApplyAsync("s_look", $"\"mcp.test:{server.Port}\"", Token);
        server.Sessions.ShouldBeEmpty("a refresh ends its session");
        server.Seen.Clear();
        server.Does["look"] = call =>
        {
            // It forgets after the second call.
            if (call.Arguments.GetProperty("at").GetString() == "2") server.Sessions.Clear();
            return Task.FromResult(McpTestServer.Text("seen"));
        };
        _world.Chat.Answers.Clear();
        foreach (var at in (string[])["1", "2", "3"]) _world.Chat.Wants("s_look", $$"""{ "at": "{{at}}" }""");
        _world.Chat.Says("Done.");
        var (_, events) = await _world.RunAsync(null, Token);
        foreach (var step in (string[])["1", "2", "3"])
            ConnectionWorld.Completed(events, $"{step}.s_look.1").GetProperty("output").GetProperty("text").GetString().ShouldBe("seen");
        server.Seen.Count(static it => it.Method == "initialize").ShouldBe(2);
        server.Seen.Count(static it => it.Method == "tools/call").ShouldBe(4);
    }

    [Fact]
    public async Task A_server_that_says_that_its_tools_have_changed_is_shown_as_changed_until_it_is_refreshed()
    {
        await using var server = await McpTestServer.StartAsync();
        server.Offers("look", "Looks.", ["at"], static _ => "");
        server.Does["look"] = static async call =>
        {
            await call.TellAsync("notifications/tools/list_changed", []);
            return McpTestServer.Text("seen");
        };
        await ConnectAsync(server);
        (await TextAsync("s_look", """{ "at": "x" }""")).ShouldBe("seen");
        (await StateAsync()).ShouldBe("changed");
        (await _world.SendAsync(HttpMethod.Post, "/connections/s/refresh", null, Token)).Status.ShouldBe(HttpStatusCode.OK);
        (await StateAsync()).ShouldBe("ready");
    }

    [Fact]
    public async Task Hostile_definitions_are_left_out_or_cleaned_and_shown()
    {
        await using var server = await McpTestServer.StartAsync();
        server.Offers("fine", "Does\u200b \u202eit.", ["a"], static _ => "")
            .Offers("se\u0430rch", "A look-alike.", [], static _ => "")
            .Offers("long", new string('x', 10_000), [], static _ => "");
        server.Tools.Add(new JsonObject { ["name"] = "bomb", ["inputSchema"] = Bomb() });
        server.Tools.Add(new JsonObject { ["name"] = "outside", ["inputSchema"] = JsonNode.Parse("""{ "type": "object", "properties": { "a": { "$ref": "http://10.0.0.1/x" } } }""") });
        server.Tools.Add(new JsonObject { ["name"] = "nothing" });
        server.Tools.Add(new JsonObject { ["name"] = "header", ["inputSchema"] = JsonNode.Parse("""{ "type": "object", "properties": { "a": { "type": "string", "x-mcp-header": "a: b\r\n" } } }""") });
        server.Tools.Add("no object");
        server.PageSize = 3;
        var made = await ConnectAsync(server);
        made.GetProperty("skipped").EnumerateArray().Select(static it => it.GetProperty("name").GetString())
            .ShouldBe(["se\u0430rch", "bomb", "outside", "nothing", "header", ""]);
        made.GetProperty("server").GetProperty("instructions").GetString().ShouldBe("Be careful.");
        var (_, page) = await _world.SendAsync(HttpMethod.Get, "/connections/s/tools", null, Token);
        var tools = page.GetProperty("items").EnumerateArray().ToDictionary(static it => it.GetProperty("name").GetString()!);
        tools["s_fine"].GetProperty("description").GetString().ShouldBe("Does it.");
        tools["s_fine"].GetProperty("notes")[0].GetString()!.ShouldStartWith("2 characters that are not seen");
        tools["s_long"].GetProperty("description").GetString()!.Length.ShouldBe(4_000);
    }

    [Theory]
    [InlineData("garbage", "mcp.bad_answer")]
    [InlineData("other id", "mcp.bad_answer")]
    [InlineData("huge", "egress.limit")]
    [InlineData("chatter", "mcp.too_many")]
    [InlineData("broken off", "mcp.broken_off")]
    [InlineData("unauthorized", "mcp.unauthorized")]
    [InlineData("html", "mcp.bad_answer")]
    public async Task A_server_that_answers_wrongly_fails_its_call_and_nothing_else(string how, string code)
    {
        await using var server = await McpTestServer.StartAsync();
        server.Offers("look", "Looks.", ["at"], static _ => "seen");
        await ConnectAsync(server);
        server.Instead = (context, message) => MisbehaveAsync(how, context, message);
        var output = await OutputAsync("s_look", """{ "at": "x" }""");
        output.GetProperty("isError").GetBoolean().ShouldBeTrue();
        output.GetProperty("data").GetProperty("code").GetString().ShouldBe(code, output.ToString());
    }

    [Fact]
    public async Task A_server_that_asks_for_more_again_and_again_is_given_up_on()
    {
        await using var server = await McpTestServer.StartAsync();
        server.Offers("look", "Looks.", ["at"], static _ => "seen");
        server.Does["look"] = static _ => Task.FromResult(new JsonObject
        {
            ["resultType"] = "input_required",
            ["inputRequests"] = new JsonObject
            {
                ["it"] = new JsonObject { ["method"] = "elicitation/create", ["params"] = new JsonObject { ["message"] = "More?" } },
            },
        });
        await ConnectAsync(server);
        var output = await OutputAsync("s_look", """{ "at": "x" }""");
        output.GetProperty("data").GetProperty("code").GetString().ShouldBe("mcp.too_many", output.ToString());
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up_on_and_its_request_closed()
    {
        await using var server = await McpTestServer.StartAsync();
        var closed = new TaskCompletionSource();
        server.Offers("look", "Looks.", ["at"], static _ => "seen");
        await ConnectAsync(server);
        server.Instead = async (context, _) =>
        {
            context.RequestAborted.Register(closed.SetResult);
            await closed.Task;
            return true;
        };
        await _world.ApplyAsync("s_look", $"\"mcp.test:{server.Port}\"", Token);
        _world.Chat.Answers.Clear();
        _world.Chat.Wants("s_look", """{ "at": "x" }""");
        _world.Chat.Says("Done.");
        var (_, events) = await _world.RunAsync(null, Token, approve: true);
        events.Single(static it => it.GetProperty("kind").GetString() == "step.failed").GetProperty("data")
            .GetProperty("fault").GetProperty("code").GetString().ShouldBe("tools.timed_out");
        await closed.Task.WaitAsync(Token);
    }

    [Theory]
    [InlineData("endless pages", "connections.too_much")]
    [InlineData("the same page", "mcp.bad_answer")]
    [InlineData("too many", "connections.too_much")]
    [InlineData("too long", "connections.too_much")]
    [InlineData("silent", "connections.timed_out")]
    [InlineData("old", "mcp.unsupported_version")]
    public async Task A_refresh_ends_whatever_the_server_does(string how, string code)
    {
        await using var server = await McpTestServer.StartAsync();
        var pages = 0;
        server.Instead = async (context, message) =>
        {
            var method = message.GetProperty("method").GetString();
            if (how == "silent")
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                    .ContinueWith(static _ => { }, TaskScheduler.Default);
                return true;
            }

            if (how == "old" && method is "server/discover")
            {
                await ResultAsync(context, message, new JsonObject { ["supportedVersions"] = new JsonArray("1999-01-01"), ["capabilities"] = new JsonObject() });
                return true;
            }

            if (method != "tools/list") return false;
            await ResultAsync(context, message, new JsonObject
            {
                ["tools"] = new JsonArray([.. Enumerable.Range(0, how switch { "too many" => 1_000, "too long" => 10, _ => 1 }).Select(i => new JsonObject
                {
                    ["name"] = $"t{pages}_{i}",
                    ["description"] = how == "too long" ? new string('x', 4_000) : "",
                    ["inputSchema"] = new JsonObject { ["type"] = "object" },
                })]),
                ["nextCursor"] = how switch { "the same page" => "same", "too long" => null, _ => $"{++pages}" },
            });
            return true;
        };
        var (status, made) = await _world.SendAsync(
            HttpMethod.Post, "/connections", new { name = "s", mcpHttp = new { url = $"http://mcp.test:{server.Port}/mcp" } }, Token);
        status.ShouldBe(HttpStatusCode.Created);
        made.GetProperty("fault").GetProperty("code").GetString().ShouldBe(code, made.ToString());
        made.GetProperty("toolsCount").GetInt32().ShouldBe(0);
    }

    private static async Task<bool> MisbehaveAsync(string how, HttpContext context, JsonElement message)
    {
        switch (how)
        {
            case "garbage":
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync("{ \"jsonrpc\": ");
                return true;
            case "other id":
                await context.Response.WriteAsJsonAsync(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 99_999, ["result"] = new JsonObject() });
                return true;
            case "huge":
                await ResultAsync(context, message, McpTestServer.Text(new string('x', 200_000)));
                return true;
            case "chatter":
                context.Response.ContentType = "text/event-stream";
                for (var i = 0; i < 100; i++)
                    await context.Response.WriteAsync("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":\"x\"}}\n\n");
                return true;
            case "broken off":
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync(": nothing\n\n");
                return true;
            case "unauthorized":
                context.Response.StatusCode = 401;
                return true;
            default:
                context.Response.ContentType = "text/html";
                await context.Response.WriteAsync("<h1>Welcome</h1>");
                return true;
        }
    }

    private static Task ResultAsync(HttpContext context, JsonElement message, JsonObject result) =>
        context.Response.WriteAsJsonAsync(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = JsonNode.Parse(message.GetProperty("id").GetRawText()), ["result"] = result });

    private static JsonObject Bomb()
    {
        var definitions = new JsonObject();
        for (var i = 0; i < 30; i++)
        {
            definitions[$"d{i}"] = new JsonObject
            {
                ["anyOf"] = new JsonArray(new JsonObject { ["$ref"] = $"#/$defs/d{i + 1}" }, new JsonObject { ["$ref"] = $"#/$defs/d{i + 1}" }),
            };
        }

        definitions["d30"] = new JsonObject();
        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { ["a"] = new JsonObject { ["$ref"] = "#/$defs/d0" } },
            ["$defs"] = definitions,
        };
    }

    private Task<JsonElement> ConnectAsync(McpTestServer server) => _world.ConnectAsync("s", server, Token);

    private async Task<JsonElement> OutputAsync(string tool, string arguments)
    {
        var (_, made) = await _world.SendAsync(HttpMethod.Get, "/connections/s", null, Token);
        await _world.ApplyAsync(tool, $"\"{new Uri(made.GetProperty("mcpHttp").GetProperty("url").GetString()!).Authority}\"", Token);
        return (await _world.CallAsync(tool, arguments, Token)).GetProperty("output");
    }

    private async Task<string> TextAsync(string tool, string arguments) =>
        (await OutputAsync(tool, arguments)).GetProperty("text").GetString()!;

    private async Task<string> ReadAsync(string tool, string arguments) =>
        (await _world.CallAsync(tool, arguments, Token, approve: false)).GetProperty("output").GetProperty("text").GetString()!;

    private async Task<string> StateAsync() =>
        (await _world.SendAsync(HttpMethod.Get, "/connections/s", null, Token)).Body.GetProperty("state").GetString()!;
}
