using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Runs;

/// <summary>Who follows a run is shown nothing more of it once they may not see it any more.</summary>
public sealed class LostSightTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{ "state": "disabled" }""")]
    [InlineData("""{ "role": "blind" }""")]
    public async Task Who_is_out_or_lost_the_permission_is_sent_nothing_more(string change)
    {
        await using var engine = await EngineHarness.StartAsync(null, Token);
        var run = await WaitingAsync(engine);
        using var watcher = await WatcherAsync(engine);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var response = await watcher.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        response.EnsureSuccessStatusCode();
        using var events = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        (await NextAsync(events)).ShouldContain("run.created");
        using var socket = await HubAsync(engine, watcher, run);
        (await ItemAsync(socket)).ShouldContain("run.created");

        using var body = new StringContent(change, Encoding.UTF8, "application/json");
        (await engine.Client.PatchAsync("/api/v1/service-accounts/watcher", body, Token)).EnsureSuccessStatusCode();
        (await engine.Client.PostAsJsonAsync($"/api/v1/runs/{run}/signals/go", new { payload = new { } }, Token))
            .EnsureSuccessStatusCode();

        (await engine.EndAsync(run, Token)).Status.ShouldBe(RunStatus.Completed);
        var rest = await events.ReadToEndAsync(Token);
        rest.ShouldNotContain("signal.received");
        rest.ShouldNotContain("run.completed");
        var end = "";
        while (!end.StartsWith("{\"type\":3", StringComparison.Ordinal))
        {
            end = await ItemAsync(socket);
            end.ShouldNotContain("run.completed");
        }

        end.ShouldContain("runs.not_found");
    }

    /// <summary>A run that waits for a signal.</summary>
    private static async Task<RunId> WaitingAsync(EngineHarness engine)
    {
        var run = await engine.StartRunAsync(
            ListProgram.Batches("""[[{ "step": "w", "signal": "go" }], [{ "step": "after", "effect": "test.keyed" }]]"""), Token);
        return run.Id;
    }

    /// <summary>A service account that may see runs, and a role that may not.</summary>
    private static async Task<HttpClient> WatcherAsync(EngineHarness engine)
    {
        await DoneAsync(engine.Client.PostAsJsonAsync(
            "/api/v1/roles", new { name = "blind", permissions = new[] { "tools:read" } }, Token));
        await DoneAsync(engine.Client.PostAsJsonAsync("/api/v1/service-accounts", new { name = "watcher", role = "viewer" }, Token));
        var key = await DoneAsync(engine.Client.PostAsJsonAsync(
            "/api/v1/service-accounts/watcher/api-keys", new { name = "watching", scopes = new[] { "runs:read" } }, Token));
        var client = new HttpClient { BaseAddress = engine.Client.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.GetProperty("key").GetString());
        return client;
    }

    private static async Task<ClientWebSocket> HubAsync(EngineHarness engine, HttpClient watcher, RunId run)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", watcher.DefaultRequestHeaders.Authorization!.ToString());
        var hub = new UriBuilder(engine.Client.BaseAddress!) { Scheme = "ws", Path = "/hubs/runs" }.Uri;
        await socket.ConnectAsync(hub, Token);
        foreach (var record in (string[])
        [
            """{"protocol":"json","version":1}""",
            $$"""{"type":4,"invocationId":"1","target":"Follow","arguments":["{{run}}",-1]}""",
        ])
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(record + '\x1e'), WebSocketMessageType.Text, endOfMessage: true, Token);
        }

        return socket;
    }

    /// <summary>The next item of the hub's stream, or its end.</summary>
    private static async Task<string> ItemAsync(ClientWebSocket socket)
    {
        // One byte at a time, so that nothing of the next record is taken.
        var (one, text) = (new byte[1], new List<byte>());
        while (true)
        {
            await socket.ReceiveAsync(one, Token);
            if (one[0] != 0x1E)
            {
                text.Add(one[0]);
                continue;
            }

            var record = Encoding.UTF8.GetString([.. text]);
            text.Clear();
            if (record.StartsWith("{\"type\":2", StringComparison.Ordinal) || record.StartsWith("{\"type\":3", StringComparison.Ordinal))
                return record;
        }
    }

    private static async Task<string> NextAsync(StreamReader events)
    {
        while (await events.ReadLineAsync(Token) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal)) return line;
        }

        throw new InvalidOperationException("The stream has ended.");
    }

    private static async Task<JsonElement> DoneAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        var text = await answer.Content.ReadAsStringAsync(Token);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonElement.Parse(text);
    }
}
