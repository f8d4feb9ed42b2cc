using System.Net;
using System.Text.Json;
using CodexOS.Testing;
using CodexOS.Tools.Mcp;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Connections;

/// <summary>MCP servers that are programs, in the real sandbox.</summary>
public sealed class McpStdioTests : IAsyncLifetime
{
    private readonly TempDirectory _files = new();
    private ConnectionWorld _world = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_files.In("server"));
        await File.WriteAllTextAsync(_files.In("server", "server.py"), Server, Token);
        _world = await ConnectionWorld.StartAsync(
            null, Token,
            $"Tools:Mcp:Folders:mine={_files.In("server")}", "Tools:Mcp:Secrets:token:Value=s3cr3t-token", "Sandbox:DiskFreeBytesMin=0",
            "Tools:Connections:AnswerBytesMax=100000", "Tools:Connections:CallTimeMax=00:02:00", "Tools:Mcp:ProbeTimeMax=00:00:05",
            "Tools:Connections:RefreshTimeMax=00:00:30", "Tools:Mcp:SessionsMax=2",
            "Tools:Mcp:RestartsMax=2");
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        _files.Dispose();
    }

    [Theory]
    [InlineData("legacy")]
    [InlineData("modern")]
    [InlineData("deaf")]
    [InlineData("fragile")]
    public async Task A_program_in_a_sandbox_offers_tools_and_keeps_its_state_for_a_run(string era)
    {
        await ConnectAsync(era);
        await _world.ApplyAsync("py_count, py_where", "other.test", Token);
        _world.Chat.Answers.Clear();
        _world.Chat.Wants("py_count", "{}");
        _world.Chat.Wants("py_count", "{}");
        _world.Chat.Wants("py_where", "{}");
        _world.Chat.Says("Done.");
        var (_, events) = await _world.RunAsync(null, Token, approve: true);
        TextOf(events, "1.py_count.1").ShouldBe("1");
        TextOf(events, "2.py_count.1").ShouldBe("2");
        var where = JsonElement.Parse(TextOf(events, "3.py_where.1"));
        where.GetProperty("files").GetRawText().ShouldBe("""["server.py"]""");
        where.GetProperty("writes").GetString().ShouldBe("Read-only file system");
        where.GetProperty("network").GetString().ShouldBe("Network is unreachable");
        where.GetProperty("token").GetString().ShouldBe("s3cr3t-token");
        where.GetProperty("host").GetBoolean().ShouldBeFalse("the host's files are not there");
        var label = ConnectionWorld.Completed(events, "1.py_count.1").GetProperty("label");
        label.GetProperty("integrity").GetString().ShouldBe("web");

        // Another run has a program of its own.
        (await _world.CallAsync("py_count", "{}", Token)).GetProperty("output").GetProperty("text").GetString().ShouldBe("1");
    }

    [Fact]
    public async Task A_program_gets_the_answer_of_a_person_and_goes_on_with_other_messages_meanwhile()
    {
        await ConnectAsync("legacy");
        await _world.ApplyAsync("py_break", "other.test", Token);
        _world.Chat.Answers.Clear();
        _world.Chat.Wants("py_break", """{ "how": "ask" }""");
        _world.Chat.Says("Done.");
        var (_, events) = await _world.RunAsync(null, Token, approve: true, """{ "city": "Ulm" }""");
        TextOf(events, "1.py_break.1").ShouldStartWith("pong, then accept Ulm\nThe server asked the user: \"Where to?\" (city).");
    }

    [Theory]
    [InlineData("crash", "mcp.exited")]
    [InlineData("garbage", "mcp.bad_answer")]
    [InlineData("long", "mcp.too_large")]
    public async Task A_program_that_breaks_fails_its_call_and_the_next_one_starts_another(string how, string code)
    {
        await ConnectAsync("legacy");
        await _world.ApplyAsync("py_count, py_break", "other.test", Token);
        _world.Chat.Answers.Clear();
        _world.Chat.Wants("py_count", "{}");
        _world.Chat.Wants("py_break", $$"""{ "how": "{{how}}" }""");
        _world.Chat.Wants("py_count", "{}");
        _world.Chat.Says("Done.");
        var (_, events) = await _world.RunAsync(null, Token, approve: true);
        TextOf(events, "1.py_count.1").ShouldBe("1");
        var broken = ConnectionWorld.Completed(events, "2.py_break.1").GetProperty("output");
        broken.GetProperty("data").GetProperty("code").GetString().ShouldBe(code, broken.ToString());
        if (how == "crash") broken.GetProperty("text").GetString()!.ShouldContain("it exited with 7; it said: I am broken");
        TextOf(events, "3.py_count.1").ShouldBe("1");
    }

    [Fact]
    public async Task A_program_that_ends_again_and_again_is_given_up_for_the_run_and_for_no_other()
    {
        await ConnectAsync("legacy");
        await _world.ApplyAsync("py_count, py_break, py_where", "other.test", Token);
        _world.Chat.Answers.Clear();
        for (var i = 0; i < 3; i++)
        {
            _world.Chat.Wants("py_break", """{ "how": "crash" }""");
            // The last is another: an agent that goes back and forth between two calls is stopped.
            _world.Chat.Wants(i < 2 ? "py_count" : "py_where", "{}");
        }

        _world.Chat.Says("Done.");
        var (_, events) = await _world.RunAsync(null, Token, approve: true);
        ((int[])[1, 3, 5]).Select(step => CodeOf(events, $"{step}.py_break.1")).ShouldAllBe(static code => code == "mcp.exited");
        ((int[])[2, 4]).Select(step => TextOf(events, $"{step}.py_count.1")).ShouldBe(["1", "1"]);
        CodeOf(events, "6.py_where.1").ShouldBe("mcp.given_up");
        (await _world.CallAsync("py_count", "{}", Token)).GetProperty("output").GetProperty("text").GetString().ShouldBe("1");
    }

    [Fact]
    public async Task No_program_makes_room_while_it_works_and_the_next_one_is_told_to_come_back()
    {
        await ConnectAsync("legacy");
        await _world.ApplyAsync("py_count, py_break", "other.test", Token);
        _world.Chat.Answers.Clear();
        _world.Chat.Wants("py_break", """{ "how": "wait" }""");
        _world.Chat.Says("Done.");
        var working = Enumerable.Range(0, 2).Select(_ => _world.RunAsync(null, Token, approve: true)).ToList();
        var programs = _world.Server.Services.GetRequiredService<McpPrograms>();
        while (programs.Count < 2) await Task.Yield();
        var busy = await _world.CallAsync("py_count", "{}", Token);
        busy.GetProperty("output").GetProperty("data").GetProperty("code").GetString().ShouldBe("mcp.busy");
        await File.WriteAllTextAsync(_files.In("server", "go"), "", Token);
        foreach (var run in working) TextOf((await run).Events, "1.py_break.1").ShouldBe("second");
        (await _world.CallAsync("py_count", "{}", Token)).GetProperty("output").GetProperty("text").GetString().ShouldBe("1");
    }

    [Fact]
    public async Task Duplicate_and_unasked_answers_and_noise_are_nobodys()
    {
        await ConnectAsync("legacy");
        await _world.ApplyAsync("py_count, py_break", "other.test", Token);
        _world.Chat.Answers.Clear();
        _world.Chat.Wants("py_break", """{ "how": "twice" }""");
        _world.Chat.Wants("py_count", "{}");
        _world.Chat.Says("Done.");
        var (_, events) = await _world.RunAsync(null, Token, approve: true);
        TextOf(events, "1.py_break.1").ShouldBe("first");
        TextOf(events, "2.py_count.1").ShouldBe("1");
    }

    [Fact]
    public async Task Programs_that_nobody_uses_make_room_and_end_with_the_server()
    {
        await ConnectAsync("legacy");
        await _world.ApplyAsync("py_count", "other.test", Token);
        for (var run = 0; run < 4; run++)
            (await _world.CallAsync("py_count", "{}", Token)).GetProperty("output").GetProperty("text").GetString().ShouldBe("1");
        var programs = _world.Server.Services.GetRequiredService<McpPrograms>();
        programs.Count.ShouldBe(2);
        await programs.StopAsync(Token);
        programs.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData("""{ "command": [] }""")]
    [InlineData("""{ "command": ["python3"], "files": "nowhere" }""")]
    [InlineData("""{ "command": ["python3"], "environment": { "TOKEN": "nothing" } }""")]
    [InlineData("""{ "command": ["python3"], "environment": { "LD_PRELOAD": "token" } }""")]
    [InlineData("""{ "command": ["python3"], "environment": { "PATH": "token" } }""")]
    [InlineData("""{ "command": ["python3"], "environment": { "A=B": "token" } }""")]
    public async Task What_the_operator_has_not_listed_is_refused(string stdio)
    {
        var (status, problem) = await _world.SendAsync(
            HttpMethod.Post, "/connections", new { name = "py", mcpStdio = JsonElement.Parse(stdio) }, Token);
        status.ShouldBe(HttpStatusCode.BadRequest, problem.ToString());
    }

    [Fact]
    public async Task A_program_that_does_not_start_says_so()
    {
        var (_, made) = await _world.SendAsync(
            HttpMethod.Post, "/connections", new { name = "py", mcpStdio = new { command = new[] { "no-such-program" } } }, Token);
        made.GetProperty("state").GetString().ShouldBe("failed");
        made.GetProperty("fault").GetProperty("code").GetString().ShouldBe("mcp.exited", made.ToString());
    }

    private async Task ConnectAsync(string era)
    {
        var (status, made) = await _world.SendAsync(
            HttpMethod.Post, "/connections",
            new
            {
                name = "py",
                mcpStdio = new
                {
                    command = new[] { "python3", "/workspace/server.py", era },
                    files = "mine",
                    environment = new Dictionary<string, string> { ["TOKEN"] = "token" },
                },
            },
            Token);
        status.ShouldBe(HttpStatusCode.Created, made.ToString());
        made.GetProperty("state").GetString().ShouldBe("ready", made.ToString());
        made.GetProperty("server").GetProperty("protocol").GetString().ShouldBe(era == "modern" ? McpTestServer.Modern : "2024-11-05");
    }

    private static string CodeOf(List<JsonElement> events, string step) =>
        ConnectionWorld.Completed(events, step).GetProperty("output").GetProperty("data").GetProperty("code").GetString()!;

    private static string TextOf(List<JsonElement> events, string step) =>
        ConnectionWorld.Completed(events, step).GetProperty("output").GetProperty("text").GetString()!;

    private const string Server = """
        import errno, json, os, socket, sys, time

        era, count, greeted = sys.argv[1], 0, False

        def say(message):
            sys.stdout.write(json.dumps(message) + "\n")
            sys.stdout.flush()

        def tool(name, **properties):
            return {"name": name, "description": name, "inputSchema": {"type": "object", "properties": properties}}

        def where():
            found = {"files": sorted(os.listdir("/workspace")), "token": os.environ.get("TOKEN"), "host": os.path.exists("/root/.bashrc")}
            try:
                open("/workspace/x", "w")
            except OSError as error:
                found["writes"] = os.strerror(error.errno)
            try:
                socket.create_connection(("1.1.1.1", 80), 2)
            except OSError as error:
                found["network"] = os.strerror(error.errno)
            return json.dumps(found)

        def call(name, arguments, id):
            global count
            if name == "count":
                count += 1
                return str(count)
            if name == "where":
                return where()
            how = arguments["how"]
            if how == "crash":
                sys.stderr.write("I am broken\n")
                sys.exit(7)
            if how == "garbage":
                for _ in range(2000):
                    sys.stdout.write("noise\n")
                sys.stdout.flush()
            if how == "long":
                sys.stdout.write("x" * 200000)
                sys.stdout.flush()
            if how == "ask":
                form = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
                say({"jsonrpc": "2.0", "id": "q", "method": "elicitation/create", "params": {"message": "Where to?", "requestedSchema": form}})
                say({"jsonrpc": "2.0", "id": "p", "method": "ping"})
                pong, answer = json.loads(sys.stdin.readline()), json.loads(sys.stdin.readline())
                return ("pong" if pong["id"] == "p" else "no pong") + ", then " + answer["result"]["action"] + " " + answer["result"]["content"]["city"]
            while how == "wait" and not os.path.exists("/workspace/go"):
                time.sleep(0.01)
            if how == "twice":
                sys.stdout.write("a banner\n\n")
                say({"jsonrpc": "2.0", "id": 4711, "result": {}})
                say({"jsonrpc": "2.0", "id": id, "result": {"content": [{"type": "text", "text": "first"}]}})
            return "second"

        for line in sys.stdin:
            message = json.loads(line)
            method, id = message.get("method"), message.get("id")
            if method == "server/discover" and era == "modern":
                result = {"resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}}
            elif method == "server/discover" and era == "deaf":
                continue
            elif method == "server/discover" and era == "fragile":
                sys.exit(1)
            elif method == "initialize" and era != "modern":
                result = {"protocolVersion": "2024-11-05", "capabilities": {"tools": {}}, "serverInfo": {"name": "py", "version": "1"}}
            elif method == "notifications/initialized":
                greeted = True
                continue
            elif id is None:
                continue
            elif not greeted and era != "modern":
                say({"jsonrpc": "2.0", "id": id, "error": {"code": -32602, "message": "not greeted"}})
                continue
            elif method == "tools/list":
                result = {"tools": [tool("count"), tool("where"), tool("break", how={"type": "string"})]}
            elif method == "tools/call":
                text = call(message["params"]["name"], message["params"]["arguments"], id)
                result = {"content": [{"type": "text", "text": text}]}
            else:
                say({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "no such method"}})
                continue
            say({"jsonrpc": "2.0", "id": id, "result": result})
        """;
}
