using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.Testing;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Connections;

/// <summary>A server that is killed while a person is asked something in the middle of a call.</summary>
public sealed class McpQuestionCrashTests : IAsyncDisposable
{
    private const string Script = """
        name: asks
        description: Calls the tool once.
        turns:
          - when: { turn: 1 }
            call:
              - tool: s_book
                arguments: { day: today }
          - reply: Done.
        """;

    private readonly TempDirectory _data = new();
    private ServerProcess? _server;
    private HttpClient _client = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        _data.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_question_outlives_a_server_that_is_killed_and_the_call_is_not_made_twice(bool answeredBetween)
    {
        await using var mcp = await McpTestServer.StartAsync();
        await using var asking = new McpQuestionWorld(null, mcp);
        var (run, asked) = await AskAsync(asking);

        await _server!.KillAsync();
        await StartAsync();
        if (answeredBetween) await AnswerAsync(run, asked);
        var reattached = await SendAsync(HttpMethod.Get, $"/runs/{run}", null);
        if (!answeredBetween)
        {
            reattached.GetProperty("pendingApprovals")[0].GetProperty("id").GetString().ShouldBe(asked.GetProperty("id").GetString());
            await AnswerAsync(run, asked);
        }

        var ended = await EndAsync(run);
        ended.GetProperty("status").GetString().ShouldBe("completed");
        asking.Begun.ShouldBe(1, "the call is unsafe to repeat");
        asking.Got.ShouldHaveSingleItem().GetProperty("content").GetProperty("city").GetString().ShouldBe("Ulm");
    }

    [Fact]
    public async Task A_call_that_an_older_server_holds_open_is_in_doubt_after_a_crash_and_its_question_is_taken_back()
    {
        await using var mcp = await McpTestServer.StartAsync(modern: false);
        await using var asking = new McpQuestionWorld(null, mcp);
        var (run, asked) = await AskAsync(asking);

        await _server!.KillAsync();
        await StartAsync();

        var found = await UntilAsync(run, static it => it.GetProperty("status").GetString() == "inDoubt");
        found.GetProperty("pendingApprovals").GetArrayLength().ShouldBe(0);
        asking.Begun.ShouldBe(1);
        using var late = await PostAsync(run, asked);
        late.StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    private async Task<(string Run, JsonElement Asked)> AskAsync(McpQuestionWorld asking)
    {
        asking.Offer();
        Directory.CreateDirectory(_data.In("scripts"));
        await File.WriteAllTextAsync(_data.In("scripts", "asks.yaml"), Script, Token);
        await StartAsync();
        var port = asking.Server.Port;
        var made = await SendAsync(
            HttpMethod.Post, "/connections",
            new { name = "s", mcpHttp = new { url = $"http://localhost:{port}/mcp" }, tools = new { s_book = new { asks = false } } });
        made.GetProperty("state").GetString().ShouldBe("ready", made.ToString());
        using (var yaml = new StringContent(
            $"name: helper\ninstructions: Help.\nmodel: scripted:asks\ntools: [s_book]\negress: [\"localhost:{port}\"]\n", Encoding.UTF8,
            new MediaTypeHeaderValue("application/yaml")))
        using (var applied = await _client.PutAsync("/api/v1/agents", yaml, Token))
            applied.StatusCode.ShouldBe(HttpStatusCode.Created, await applied.Content.ReadAsStringAsync(Token));
        var started = await SendAsync(HttpMethod.Post, "/agents/helper/runs", new { input = "Do it." });
        var run = started.GetProperty("id").GetString()!;
        var seen = await UntilAsync(run, static it => it.GetProperty("pendingApprovals").GetArrayLength() > 0);
        var asked = seen.GetProperty("pendingApprovals")[0];
        if (asked.TryGetProperty("question", out var question) && question.ValueKind is JsonValueKind.Object) return (run, asked);
        using (var approved = await PostAsync(run, asked, content: null)) approved.StatusCode.ShouldBe(HttpStatusCode.OK);
        seen = await UntilAsync(run, static it => it.GetProperty("pendingApprovals").EnumerateArray()
            .Any(static one => one.GetProperty("question").ValueKind is JsonValueKind.Object));
        return (run, seen.GetProperty("pendingApprovals")[0]);
    }

    private async Task StartAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _server = await ServerProcess.StartAsync(
            _data.Path,
            settings:
            [
                "Egress:AllowedNetworks:0=127.0.0.1/32", "Egress:AllowedNetworks:1=::1/128", "Tools:Connections:AllowPlainHttp=true",
                "Runs:SweepInterval=00:00:01",
            ],
            cancellationToken: Token);
        _client.Dispose();
        _client = await _server.SignInAsync(_data.Path, Token);
    }

    private async Task<JsonElement> UntilAsync(string run, Func<JsonElement, bool> until)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        while (true)
        {
            var found = await SendAsync(HttpMethod.Get, $"/runs/{run}", null);
            if (until(found)) return found;
            await timer.WaitForNextTickAsync(Token);
        }
    }

    private Task<JsonElement> EndAsync(string run) =>
        UntilAsync(run, static it => it.GetProperty("status").GetString() is "completed" or "failed" or "cancelled" or "inDoubt");

    private async Task AnswerAsync(string run, JsonElement asked)
    {
        using var answered = await PostAsync(run, asked);
        answered.StatusCode.ShouldBe(HttpStatusCode.OK, await answered.Content.ReadAsStringAsync(Token));
    }

    private Task<HttpResponseMessage> PostAsync(string run, JsonElement asked, string? content = McpQuestionWorld.Fitting) =>
        _client.PostAsJsonAsync(
            $"/api/v1/runs/{run}/approvals/{asked.GetProperty("id").GetString()}", McpQuestionWorld.BodyOf(asked, content), Token);

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1{path}");
        if (body is not null) request.Content = JsonContent.Create(body);
        using var answer = await _client.SendAsync(request, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonElement.Parse(text);
    }
}
