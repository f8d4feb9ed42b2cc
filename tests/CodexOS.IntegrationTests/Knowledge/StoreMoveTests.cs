using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Knowledge.StoreWorld;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Bases that are moved from one store to another.</summary>
public sealed class StoreMoveTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_base_is_moved_there_and_back_while_it_is_searched_and_filled()
    {
        var chroma = await ChromaServer.StartAsync(Token);
        await using var world = await StartAsync(chroma, $"Knowledge:Stores:{Store}:BatchVectorsMax=5");
        await MakeAsync(world.Client, "handbook", null);
        await FillAsync(world.Client, "handbook", 0, 150);
        var before = Names(await AskWholeAsync(world.Client, "handbook", "hydraulic pressure leak"));

        var run = await MoveAsync(world.Client, Store);
        var searched = 0;
        var filling = FillAsync(world.Client, "handbook", 150, 20);
        while ((await StoreOfAsync(world.Client)) != Store)
        {
            var answer = await AskAsync(world.Client, "handbook", "hydraulic pressure leak");
            Names(answer).Count.ShouldBe(20);
            searched++;
        }

        (await world.Engine.EndAsync(run, Token)).Status.ShouldBe(RunStatus.Completed);
        await filling;
        searched.ShouldBeGreaterThan(0);
        (await ChromaStoreTests.CollectionsAsync(chroma)).Count.ShouldBe(1);
        Directory.GetFiles(Path.Combine(world.Engine.DataPath, "index"), "*.vectors", SearchOption.AllDirectories).ShouldBeEmpty();
        var there = await AskWholeAsync(world.Client, "handbook", TextOf(160));
        Dense(Passages(there).Find(static one => one.Text("document") == "160.txt")).ShouldBeGreaterThan(0.9);

        using var same = await world.Client.PostAsJsonAsync($"{KnowledgeApi.Bases}/handbook/move", new { store = Store }, Token);
        same.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await world.Engine.EndAsync(await MoveAsync(world.Client, "embedded"), Token)).Status.ShouldBe(RunStatus.Completed);
        (await ChromaStoreTests.CollectionsAsync(chroma)).ShouldBeEmpty();
        await chroma.DownAsync();
        (await AskWholeAsync(world.Client, "handbook", TextOf(160))).GetProperty("isPartial").GetBoolean().ShouldBeFalse();
        Names(await AskWholeAsync(world.Client, "handbook", "hydraulic pressure leak")).Intersect(before).Count().ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task A_move_that_is_interrupted_goes_on_and_one_that_fails_leaves_the_old_store_in_use()
    {
        var chroma = await ChromaServer.StartAsync(Token);
        await using var world = await StartAsync(chroma, $"Knowledge:Stores:{Store}:BatchVectorsMax=1");
        await MakeAsync(world.Client, "handbook", null);
        await FillAsync(world.Client, "handbook", 0, 150);
        await AskWholeAsync(world.Client, "handbook", "hydraulic pressure leak");

        // The server goes in the middle of the copy.
        var run = await MoveAsync(world.Client, Store);
        await world.Engine.FollowAsync(run, static happened => happened.Text("kind") == "step.progressed", Token);
        await world.Engine.RestartAsync(Token);
        (await world.Engine.EndAsync(run, Token)).Status.ShouldBe(RunStatus.Completed);
        (await StoreOfAsync(world.Client)).ShouldBe(Store);
        await AskWholeAsync(world.Client, "handbook", "hydraulic pressure leak");
        (await world.Engine.EndAsync(await MoveAsync(world.Client, "embedded"), Token)).Status.ShouldBe(RunStatus.Completed);

        // The move is cancelled in the middle of the copy.
        run = await MoveAsync(world.Client, Store);
        await world.Engine.FollowAsync(run, static happened => happened.Text("kind") == "step.progressed", Token);
        using var cancelled = await world.Client.PostAsJsonAsync($"/api/v1/runs/{run}/cancel", new { }, Token);
        cancelled.IsSuccessStatusCode.ShouldBeTrue(await cancelled.Content.ReadAsStringAsync(Token));
        (await world.Engine.EndAsync(run, Token)).Status.ShouldBe(RunStatus.Cancelled);
        (await StoreOfAsync(world.Client)).ShouldBe("embedded");
        await AskWholeAsync(world.Client, "handbook", "hydraulic pressure leak");

        // The new store is not there at all.
        await chroma.DownAsync();
        var failed = await world.Engine.EndAsync(await MoveAsync(world.Client, Store), Token);
        failed.Status.ShouldBe(RunStatus.Failed);
        failed.Fault!.Code.ShouldBe("knowledge.store_unavailable");
        (await StoreOfAsync(world.Client)).ShouldBe("embedded");
        await AskWholeAsync(world.Client, "handbook", "hydraulic pressure leak");
    }

    private static async Task<RunId> MoveAsync(HttpClient client, string store)
    {
        using var answer = await client.PostAsJsonAsync($"{KnowledgeApi.Bases}/handbook/move", new { store }, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, text);
        return RunId.Parse(JsonElement.Parse(text).Text("id"), null);
    }

    private static async Task<string> StoreOfAsync(HttpClient client) =>
        (await client.GetFromJsonAsync<JsonElement>($"{KnowledgeApi.Bases}/handbook", Token)).Text("store");
}
