using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using CodexOS.Testing.Nodes;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Cluster;

/// <summary>A node that answers and a node that drives, as two processes: who does what, and what watchers see.</summary>
public sealed class RolesAndWatchingTests(PostgresCluster postgres, ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_worker_drives_what_an_api_node_starts_and_watchers_at_the_api_node_see_all_of_it()
    {
        await using var cluster = await NodeCluster.StartAsync(
            await postgres.CreateDatabaseAsync(Token), ["api", "worker"], Token, "Runs:HeartbeatInterval=00:01:00",
            "Cluster:ProbesMissedMax=5");
        using var api = cluster.Client(0);
        using var worker = cluster.Client(1);

        // A worker answers health and metrics, and nothing else.
        (await worker.GetAsync("/health/ready", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await worker.GetAsync("/api/v1/runs", Token)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await worker.GetAsync("/metrics", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);

        // Watched from before the run begins to do anything.
        var run = (await cluster.StartRunsAsync(0, 1, NodeCluster.Steps("node.keyed", 6, ms: 600, talks: true), Token))[0];
        var hub = FollowHubAsync(cluster, run);
        var (events, deltas, delays) = await FollowAsync(api, run, async seen =>
        {
            // In the middle, the connections that carry the news break. What happens meanwhile is read from the journal.
            if (seen == 8)
            {
                await cluster.NumberAsync(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                        + "WHERE application_name = 'codexos news' AND datname = current_database()",
                    Token);
            }
        });

        output.WriteLine($"Events reached the watcher after {string.Join(", ", delays.Select(d => $"{d:0}"))} ms.");
        events.ShouldBe(Enumerable.Range(0, events.Count));
        deltas.ShouldNotBeEmpty();
        deltas.ShouldContain(text => text.Contains("ünïcode 🙂", StringComparison.Ordinal));
        cluster.Ledger.Read().ShouldAllBe(entry => entry.Process == cluster.Node(1).ProcessId);
        var (hubEvents, hubDeltas) = await hub;
        hubEvents.ShouldBe(events);
        hubDeltas.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Without_a_worker_starting_a_run_says_so_and_the_list_of_nodes_shows_why()
    {
        await using var cluster = await NodeCluster.StartAsync(
            await postgres.CreateDatabaseAsync(Token), ["api"], Token);

        var refused = await Should.ThrowAsync<InvalidOperationException>(
            () => cluster.StartRunsAsync(0, 1, NodeCluster.Steps("node.keyed", 1, ms: 0), Token));

        refused.Message.ShouldContain("!runs.no_worker");
        using var client = cluster.Client(0);
        var nodes = JsonDocument.Parse(await client.GetStringAsync("/api/v1/cluster/nodes", Token)).RootElement;
        var node = nodes.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        node.GetProperty("roles").GetString().ShouldBe("api");
        node.GetProperty("state").GetString().ShouldBe("active");
        node.GetProperty("self").GetBoolean().ShouldBeTrue();
        node.GetProperty("url").GetString().ShouldBe(client.BaseAddress!.GetLeftPart(UriPartial.Authority));
        (await cluster.Node(0).StopAsync(Token)).ShouldBe(0);
    }

    /// <summary>The seqs of all events, the deltas, and how old each event was when it arrived, in milliseconds.</summary>
    private static async Task<(List<int> Events, List<string> Deltas, List<double> Delays)> FollowAsync(
        HttpClient client, string run, Func<int, Task> seen)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        var (events, deltas, delays) = (new List<int>(), new List<string>(), new List<double>());
        while (await reader.ReadLineAsync(Token) is { } line)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            var data = JsonDocument.Parse(line["data: ".Length..]).RootElement;
            if (!data.TryGetProperty("seq", out var seq))
            {
                deltas.Add(data.GetProperty("text").GetString()!);
                continue;
            }

            events.Add(seq.GetInt32());
            delays.Add((TimeProvider.System.GetUtcNow() - data.GetProperty("at").GetDateTimeOffset()).TotalMilliseconds);
            await seen(events.Count);
        }

        return (events, deltas, delays);
    }

    /// <summary>SignalR's JSON protocol over a WebSocket: records that end with 0x1E; type 2 is an item of a stream.</summary>
    private static async Task<(List<int> Events, int Deltas)> FollowHubAsync(NodeCluster cluster, string run)
    {
        var url = new UriBuilder(cluster.Node(0).Url) { Scheme = "ws", Path = "/hubs/runs" };
        using (var stranger = new ClientWebSocket())
        {
            await Should.ThrowAsync<WebSocketException>(() => stranger.ConnectAsync(url.Uri, Token));
        }

        using (var client = cluster.Client(0))
        {
            using var made = await client.PostAsync("/api/v1/auth/hub-tickets", null, Token);
            var ticket = await made.Content.ReadFromJsonAsync<JsonElement>(Token);
            url.Query = $"ticket={ticket.GetProperty("ticket").GetString()}";
        }

        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(url.Uri, Token);
        await SendAsync(new { protocol = "json", version = 1 });
        await SendAsync(new { type = 4, invocationId = "1", target = "Follow", arguments = new object[] { run, -1 } });

        var (events, deltas, gathered, buffer) = (new List<int>(), 0, new StringBuilder(), new byte[16_384]);
        using var text = new MemoryStream();
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, Token);
            received.MessageType.ShouldBe(WebSocketMessageType.Text);
            text.Write(buffer, 0, received.Count);
            if (!received.EndOfMessage) continue;
            foreach (var record in Encoding.UTF8.GetString(text.ToArray()).Split('\x1e', StringSplitOptions.RemoveEmptyEntries))
            {
                var message = JsonDocument.Parse(record).RootElement;
                if (!message.TryGetProperty("type", out var type)) continue;
                if (type.GetInt32() == 3)
                {
                    message.TryGetProperty("error", out _).ShouldBeFalse(record);
                    return (events, deltas);
                }

                if (type.GetInt32() != 2) continue;
                var item = message.GetProperty("item");
                if (item.GetProperty("event") is { ValueKind: JsonValueKind.Object } happened)
                    events.Add(happened.GetProperty("seq").GetInt32());
                else
                    deltas++;
            }

            text.SetLength(0);
        }

        Task SendAsync(object message) => socket.SendAsync(
            Encoding.UTF8.GetBytes(JsonSerializer.Serialize(message) + '\x1e'), WebSocketMessageType.Text, true, Token);
    }
}
