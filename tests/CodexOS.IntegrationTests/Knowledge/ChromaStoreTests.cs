using System.Net;
using System.Net.Http.Json;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Knowledge.StoreWorld;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>In a Chroma server.</summary>
[Collection(ChromaTests.Name)]
public sealed class ChromaStoreTests(ChromaWorld world) : StoreContract(world)
{
    private const int Filled = 6 * Section;

    private readonly ChromaWorld _world = world;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private HttpClient Client => _world.Client;

    [Fact]
    public async Task A_collection_that_is_gone_is_noticed_and_filled_anew()
    {
        await MakeAsync(Client, "lost", Store);
        await FillAsync(Client, "lost", 0, Filled);
        await AskWholeAsync(Client, "lost", "pump valve");
        var prefix = await PrefixOfAsync(Client, "lost");
        (await _world.CollectionsAsync(prefix)).Count.ShouldBe(1);

        await _world.DeleteCollectionsAsync(prefix);

        await UntilAsync(
            async () =>
            {
                await AskAsync(Client, "lost", "pump valve oil");
                return await _world.CollectionsAsync(prefix);
            },
            static names => names.Count == 1);
        await AskWholeAsync(Client, "lost", "pump valve oil");
    }

    [Fact]
    public async Task Deleting_a_base_deletes_its_vectors_or_says_that_it_could_not()
    {
        await MakeAsync(Client, "brief", Store);
        await FillAsync(Client, "brief", 0, Filled);
        await AskWholeAsync(Client, "brief", "pump valve");
        var prefix = await PrefixOfAsync(Client, "brief");
        (await _world.CollectionsAsync(prefix)).Count.ShouldBe(1);

        await _world.Outside!.DownAsync();
        var (status, text) = await DeleteAsync("brief");
        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        text.ShouldContain("knowledge.store_unavailable");

        await _world.Outside.UpAsync(Token);
        await UntilAsync(() => DeleteAsync("brief"), static answer => answer.Status is HttpStatusCode.NoContent);
        (await _world.CollectionsAsync(prefix)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_store_that_is_not_set_up_is_refused_with_those_that_are()
    {
        using var made = await Client.PostAsJsonAsync(KnowledgeApi.Bases, new { name = "nowhere", store = "nowhere" }, Token);
        made.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var text = await made.Content.ReadAsStringAsync(Token);
        text.ShouldContain("knowledge.store_unknown");
        text.ShouldContain("embedded, outside");
    }

    [Fact]
    public async Task A_base_whose_store_is_not_set_up_any_more_says_so_and_can_be_moved_away_and_deleted()
    {
        foreach (var name in (string[])["orphan", "refugee"])
        {
            await MakeAsync(Client, name, Store);
            await FillAsync(Client, name, 0, Filled);
            await AskWholeAsync(Client, name, "pump valve");
        }

        string[] prefixes = [await PrefixOfAsync(Client, "orphan"), await PrefixOfAsync(Client, "refugee")];
        await _world.Engine.RestartAsync(Token, settings: []);
        try
        {
            var answer = await AskAsync(Client, "orphan", "pump valve");
            Numbers(answer).ShouldNotBeEmpty();
            answer.Text("partialReason").ShouldBe("knowledge.store_unknown");
            (await BaseAsync(Client, "orphan")).Text("storeFault").ShouldBe("knowledge.store_unknown");
            await FillAsync(Client, "orphan", Filled, Section);
            Numbers(await AskAsync(Client, "orphan", $"page{Filled}x"))[0].ShouldBe(Filled);

            var moved = await Client.EndedAsync((await Client.DoneAsync(
                HttpMethod.Post, $"{KnowledgeApi.Bases}/refugee/move", JsonContent.Create(new { store = "embedded" }))).Text("id"));
            moved.Text("status").ShouldBe("completed");
            moved.Text("output").ShouldContain(prefixes[1]);
            await AskWholeAsync(Client, "refugee", "pump valve");
            (await BaseAsync(Client, "refugee")).Text("store").ShouldBe("embedded");

            foreach (var (name, prefix) in (List<(string, string)>)[("orphan", prefixes[0]), ("refugee", prefixes[1])])
            {
                var (status, text) = await DeleteAsync(name);
                status.ShouldBe(HttpStatusCode.Conflict);
                text.ShouldContain("knowledge.vectors_left");
                text.ShouldContain(prefix);
                Numbers(await AskAsync(Client, name, "pump valve")).ShouldNotBeEmpty("a refused deletion has destroyed nothing");
                (await DeleteAsync(name, "&abandonVectors=true")).Status.ShouldBe(HttpStatusCode.NoContent);
                (await _world.CollectionsAsync(prefix)).Count.ShouldBe(1);
            }
        }
        finally
        {
            await _world.Engine.RestartAsync(Token, settings: _world.Settings);
        }
    }

    private async Task<(HttpStatusCode Status, string Text)> DeleteAsync(string name, string query = "")
    {
        using var answer = await Client.DeleteAsync($"{KnowledgeApi.Bases}/{name}?confirm={name}{query}", Token);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Token));
    }
}
