using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing;
using CodexOS.Testing.Nodes;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Several servers with an index each: what one has read, or deleted, the others find, or find no more.</summary>
public sealed class KnowledgeAcrossNodesTests(PostgresCluster postgres)
{
    private const string Base = "/api/v1/knowledge/handbook";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_worker_reads_is_found_at_the_servers_that_answer_and_what_is_changed_or_deleted_is_not()
    {
        await using var cluster = await NodeCluster.StartAsync(
            await postgres.CreateDatabaseAsync(Token), ["api", "api", "worker"], Token,
            $"Inference:BuiltinDirectory={BuiltinModelFiles.Folder}",
            "Knowledge:IndexSweepInterval=00:00:01");
        using var first = cluster.Client(0);
        using var second = cluster.Client(1);
        HttpClient[] both = [first, second];
        await first.MakeBaseAsync("handbook");
        await ReadAsync(first, "leave.txt", "Whoever is ill tells the office before nine.");
        foreach (var client in both) (await FoundAsync(client, "ill office")).ShouldBe(["leave.txt"]);

        // Both have the index open by now, and neither has read any of this itself.
        await ReadAsync(first, "travel.txt", "Trains are booked by the travel desk.");
        foreach (var client in both) await UntilFoundAsync(client, "trains travel", "travel.txt");
        await ReadAsync(second, "leave.txt", "Whoever is unwell writes to the nurse.");
        foreach (var client in both)
        {
            await UntilFoundAsync(client, "unwell nurse", "leave.txt");
            (await FoundAsync(client, "ill office")).ShouldBeEmpty();
        }

        var travel = (await first.DocumentsAsync("handbook")).Single(static one => one.Text("name") == "travel.txt").Text("id");
        await first.DoneAsync(HttpMethod.Delete, $"{Base}/documents/{travel}", null);
        foreach (var client in both) (await FoundAsync(client, "trains travel")).ShouldBeEmpty();

        // One that starts again goes on where it was.
        await cluster.Node(1).KillAsync();
        await ReadAsync(first, "food.txt", "Lunch is at noon in the canteen.");
        await cluster.StartNodeAsync(1, Token);
        using var again = cluster.Client(1);
        await UntilFoundAsync(again, "lunch canteen", "food.txt");
        (await FoundAsync(again, "unwell nurse")).ShouldBe(["leave.txt"]);
        (await FoundAsync(again, "trains travel")).ShouldBeEmpty();

        // A model that the worker gives the base is asked at both, of the vectors that the worker has kept.
        var run = await first.DoneAsync(
            HttpMethod.Post, $"{Base}/embed", JsonContent.Create(new { model = "builtin:use-lite" }));
        (await first.EndedAsync(run.Text("id"))).Text("status").ShouldBe("completed");
        foreach (var client in (HttpClient[])[first, again])
            await UntilFoundAsync(client, "something to eat in the middle of the day", "food.txt", "vectors");
        await ReadAsync(first, "desk.txt", "Chairs and tables are ordered by the house.");
        foreach (var client in (HttpClient[])[first, again])
            await UntilFoundAsync(client, "new furniture", "desk.txt", "vectors");

        // What is deleted at one is deleted at all of them, words of documents included.
        foreach (var node in (int[])[0, 1, 2]) IndexesOf(cluster, node).Length.ShouldBe(2);
        await first.DoneAsync(HttpMethod.Delete, $"{Base}?confirm=handbook", null);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        foreach (var node in (int[])[0, 1, 2])
            while (IndexesOf(cluster, node).Length > 0) await tick.WaitForNextTickAsync(Token);
    }

    [Fact]
    public async Task A_store_outside_is_refused_where_each_server_has_an_index_of_its_own()
    {
        await using var cluster = await NodeCluster.StartAsync(
            await postgres.CreateDatabaseAsync(Token), ["api", "worker"], Token,
            "Knowledge:Stores:vectors:Kind=Chroma", "Knowledge:Stores:vectors:Url=http://127.0.0.1:1");
        using var client = cluster.Client(0);

        using var refused = await client.PostAsJsonAsync("/api/v1/knowledge", new { name = "outside", store = "vectors" }, Token);

        (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).Text("code").ShouldBe("knowledge.store_needs_one_server");
        await client.MakeBaseAsync("inside");
    }

    /// <summary>What a node has of indexes: folders, and what is said of them beside.</summary>
    private static string[] IndexesOf(NodeCluster cluster, int node) =>
        Directory.GetFileSystemEntries(Directory.GetDirectories(Path.Combine(cluster.DataOf(node), "index")).Single());

    private static async Task ReadAsync(HttpClient client, string name, string text)
    {
        await client.AddAsync("handbook", name, text);
        (await client.IngestAsync("handbook")).Text("status").ShouldBe("completed");
    }

    /// <summary>A search waits a moment for what others have read, and finds it then or the next time.</summary>
    private static async Task UntilFoundAsync(HttpClient client, string query, string document, string way = "words")
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        while (!(await FoundAsync(client, query, way)).Contains(document)) await tick.WaitForNextTickAsync(Token);
    }

    private static async Task<List<string>> FoundAsync(HttpClient client, string query, string way = "words")
    {
        var found = await client.DoneAsync(HttpMethod.Post, $"{Base}/search", JsonContent.Create(new { query, way }));
        return [.. found.GetProperty("passages").EnumerateArray().Select(static one => one.Text("document"))];
    }
}
