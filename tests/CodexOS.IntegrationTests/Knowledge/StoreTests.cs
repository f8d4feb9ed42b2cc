using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Knowledge.StoreWorld;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>What a base can rely on, wherever its vectors lie.</summary>
public abstract class StoreContract
{
    private const int Documents = 160;

    private static readonly string[] s_questions =
        ["hydraulic pressure leak", "holiday bonus contract", "firewall packet latency", "lunch menu salt", "oil kitchen router"];

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected abstract Task<VectorServer?> StoreAsync();

    private string? StoreName => this is EmbeddedStoreTests ? null : Store;

    [Fact]
    public async Task What_is_found_is_what_the_index_itself_finds_after_changes_and_a_new_fit_too()
    {
        // All documents of an ingestion are published at once, so that both bases are fitted to the same ones.
        await using var world = await StartAsync(await StoreAsync(), "Knowledge:BatchDocumentsMax=1000");
        await MakeAsync(world.Client, "here", null);
        await MakeAsync(world.Client, "there", StoreName);
        (await world.Client.GetFromJsonAsync<JsonElement>($"{KnowledgeApi.Bases}/there", Token)).Text("store")
            .ShouldBe(StoreName ?? "embedded");

        foreach (var name in (string[])["here", "there"]) await FillAsync(world.Client, name, 0, Documents);
        await SameAsync(world.Client);

        // Another text under an old name, and one fewer.
        foreach (var name in (string[])["here", "there"])
        {
            await world.Client.AddAsync(name, "0.txt", "canteen soup bread lunch menu cook page9999x");
            await world.Client.IngestAsync(name);
            var id = (await world.Client.DocumentsAsync(name)).Find(static one => one.Text("name") == "3.txt").Text("id");
            using var deleted = await world.Client.DeleteAsync($"{KnowledgeApi.Bases}/{name}/documents/{id}", Token);
            deleted.IsSuccessStatusCode.ShouldBeTrue();
        }

        await SameAsync(world.Client);
        Names(await AskWholeAsync(world.Client, "there", "canteen soup bread page9999x"))[0].ShouldBe("0.txt");
        Names(await AskWholeAsync(world.Client, "there", TextOf(3))).ShouldNotContain("3.txt");

        // More than twice as many: the vectors are fitted anew.
        foreach (var name in (string[])["here", "there"]) await FillAsync(world.Client, name, Documents, Documents + 20);
        await SameAsync(world.Client);

        await world.Engine.RestartAsync(Token);
        await SameAsync(world.Client);
    }

    [Fact]
    public async Task Metadata_and_readers_narrow_what_is_found_before_it_is_ranked()
    {
        await using var world = await StartAsync(await StoreAsync());
        var (carl, carls) = await AddReaderAsync(world.Client, "carl");
        var (_, eves) = await AddReaderAsync(world.Client, "eve");
        using var first = carls;
        using var second = eves;
        await MakeAsync(world.Client, "there", StoreName);
        await FillAsync(world.Client, "there", 0, 120, "&metadata=site=Oslo");
        await FillAsync(world.Client, "there", 120, 60, $"&metadata=site=Bergen&reader={carl}");
        foreach (var question in s_questions)
        {
            var all = Names(await AskWholeAsync(world.Client, "there", question));
            var forCarl = Names(await AskWholeAsync(carls, "there", question));
            var answer = await AskWholeAsync(eves, "there", question);
            var forEve = Names(answer);

            forCarl.ShouldBe(all);
            forEve.Count.ShouldBe(20, "what she may not read takes nobody's place");
            forEve.ShouldAllBe(static name => NumberOf(name) < 120);
            answer.ToString().ShouldNotContain(carl);
            Names(await AskWholeAsync(world.Client, "there", question, new { site = new[] { "Bergen" } }))
                .ShouldAllBe(static name => NumberOf(name) >= 120);
        }

        Names(await AskAsync(eves, "there", "hydraulic", new { site = new[] { "Bergen" } })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_tenants_that_fill_their_bases_at_once_never_see_a_passage_of_the_other()
    {
        await using var world = await StartAsync(await StoreAsync());
        await using var server = new OtherTenant(await OtherTenant.SignUpAsync(world));
        HttpClient[] clients = [world.Client, server.Client];
        foreach (var client in clients) await MakeAsync(client, "handbook", StoreName);

        await Task.WhenAll(clients.Select((client, at) => FillAsync(client, "handbook", at * 1_000, 120)));

        foreach (var question in s_questions)
        {
            for (var at = 0; at < clients.Length; at++)
            {
                var names = Names(await AskWholeAsync(clients[at], "handbook", question));
                names.ShouldNotBeEmpty();
                var lowest = at * 1_000;
                names.ShouldAllBe(name => NumberOf(name) >= lowest && NumberOf(name) < lowest + 120);
            }
        }
    }

    [Fact]
    public async Task A_store_that_is_down_loses_nothing_and_searches_go_on_by_words()
    {
        var store = await StoreAsync();
        await using var world = await StartAsync(store);
        await MakeAsync(world.Client, "there", StoreName);
        await FillAsync(world.Client, "there", 0, 120);
        await AskWholeAsync(world.Client, "there", s_questions[0]);
        if (store is not null) await store.DownAsync();

        await FillAsync(world.Client, "there", 120, 10);
        var answer = await AskAsync(world.Client, "there", "page125x");
        Names(answer)[0].ShouldBe("125.txt");
        var during = await AskAsync(world.Client, "there", s_questions[0]);
        Names(during).Count.ShouldBe(20);
        if (store is null)
        {
            during.GetProperty("isPartial").GetBoolean().ShouldBeFalse();
            return;
        }

        during.GetProperty("isPartial").GetBoolean().ShouldBeTrue();
        during.Text("partialReason").ShouldBe("knowledge.store_unavailable");
        Passages(during).ShouldAllBe(static one => Dense(one) == 0);
        var system = await world.Client.GetFromJsonAsync<JsonElement>("/api/v1/system", Token);
        system.GetProperty("knowledgeStores")[0].GetProperty("isReachable").GetBoolean().ShouldBeFalse();
        (await world.Client.GetFromJsonAsync<JsonElement>($"{KnowledgeApi.Bases}/there", Token))
            .GetProperty("isStoreBehind").GetBoolean().ShouldBeTrue();
        using var kept = await world.Client.DeleteAsync($"{KnowledgeApi.Bases}/there?confirm=other", Token);
        kept.StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        // The server dies too before the store is back.
        await world.Engine.RestartAsync(Token, () => store.UpAsync(Token));

        var after = await AskWholeAsync(world.Client, "there", TextOf(125));
        Dense(Passages(after).Find(static one => one.Text("document") == "125.txt")).ShouldBeGreaterThan(0.9);
    }

    private protected static int NumberOf(string name) => int.Parse(name[..^".txt".Length], null);

    /// <summary>
    /// Both bases give the same answers, but for passages that are equally good, once the vectors of both have been fitted
    /// to what is in them.
    /// </summary>
    private static async Task SameAsync(HttpClient client)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        for (var attempt = 0; ; attempt++)
        {
            var share = await SameShareAsync(client);
            if (share >= 0.95) return;
            attempt.ShouldBeLessThan(150, $"only {share:P0} of the answers are the same");
            await tick.WaitForNextTickAsync(Token);
        }
    }

    private static async Task<double> SameShareAsync(HttpClient client)
    {
        var (same, all) = (0, 0);
        foreach (var question in s_questions)
        {
            var here = Passages(await AskWholeAsync(client, "here", question));
            var there = Passages(await AskWholeAsync(client, "there", question));
            var expected = here.ToDictionary(static one => one.Text("document"), Dense);
            there.Count.ShouldBe(here.Count);
            all += there.Count;
            same += there.Count(one =>
                expected.TryGetValue(one.Text("document"), out var dense) && Math.Abs(dense - Dense(one)) < 1e-3);
        }

        return (double)same / all;
    }

    private sealed class OtherTenant(HttpClient client) : IAsyncDisposable
    {
        public HttpClient Client { get; } = client;

        public static async Task<HttpClient> SignUpAsync(StoreWorld world)
        {
            using var made = await world.Client.PostAsJsonAsync("/api/v1/tenants", new { name = "bob" }, Token);
            made.EnsureSuccessStatusCode();
            var link = (await made.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("ownerLink");
            var client = new HttpClient { BaseAddress = world.Client.BaseAddress };
            using var answer = await client.PostAsJsonAsync("/api/v1/setup", new
            {
                token = link.Text("path").Split("#token=")[^1],
                email = "bob@example.org",
                displayName = "bob",
                password = CodexServer.AdministratorPassword,
                transport = "body",
            }, Token);
            answer.EnsureSuccessStatusCode();
            client.DefaultRequestHeaders.Authorization = new(
                "Bearer", (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).Text("accessToken"));
            return client;
        }

        public ValueTask DisposeAsync()
        {
            Client.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>In the index itself.</summary>
public sealed class EmbeddedStoreTests : StoreContract
{
    private protected override Task<VectorServer?> StoreAsync() => Task.FromResult<VectorServer?>(null);
}

/// <summary>In a Chroma server.</summary>
public sealed class ChromaStoreTests : StoreContract
{
    private protected override async Task<VectorServer?> StoreAsync() => await ChromaServer.StartAsync(Token);

    [Fact]
    public async Task A_collection_that_is_gone_is_noticed_and_filled_anew()
    {
        var chroma = await ChromaServer.StartAsync(Token);
        await using var world = await StartAsync(chroma);
        await MakeAsync(world.Client, "there", Store);
        await FillAsync(world.Client, "there", 0, 120);
        await AskWholeAsync(world.Client, "there", "pump valve");

        (await DeleteCollectionsAsync(chroma)).ShouldBe(1);

        await AskWholeAsync(world.Client, "there", "pump valve oil");
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        while ((await CollectionsAsync(chroma)).Count == 0)
        {
            await AskAsync(world.Client, "there", "pump valve oil");
            await tick.WaitForNextTickAsync(Token);
        }

        await AskWholeAsync(world.Client, "there", "pump valve oil");
    }

    [Fact]
    public async Task Deleting_a_base_deletes_its_vectors_or_says_that_it_could_not()
    {
        var chroma = await ChromaServer.StartAsync(Token);
        await using var world = await StartAsync(chroma);
        await MakeAsync(world.Client, "there", Store);
        await FillAsync(world.Client, "there", 0, 120);
        await AskWholeAsync(world.Client, "there", "pump valve");
        (await CollectionsAsync(chroma)).Count.ShouldBe(1);

        await chroma.DownAsync();
        using var refused = await world.Client.DeleteAsync($"{KnowledgeApi.Bases}/there?confirm=there", Token);
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await refused.Content.ReadAsStringAsync(Token)).ShouldContain("knowledge.store_unavailable");

        await chroma.UpAsync(Token);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        while (true)
        {
            using var deleted = await world.Client.DeleteAsync($"{KnowledgeApi.Bases}/there?confirm=there", Token);
            if (deleted.IsSuccessStatusCode) break;
            await tick.WaitForNextTickAsync(Token);
        }

        (await CollectionsAsync(chroma)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_store_that_is_not_set_up_is_refused_with_those_that_are()
    {
        await using var world = await StartAsync(await ChromaServer.StartAsync(Token));
        using var made = await world.Client.PostAsJsonAsync(KnowledgeApi.Bases, new { name = "there", store = "nowhere" }, Token);
        made.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var text = await made.Content.ReadAsStringAsync(Token);
        text.ShouldContain("knowledge.store_unknown");
        text.ShouldContain("embedded, outside");
    }

    internal static async Task<List<string>> CollectionsAsync(ChromaServer chroma)
    {
        using var http = new HttpClient { BaseAddress = chroma.Url };
        return
        [
            .. (await http.GetFromJsonAsync<JsonElement>(
                "/api/v2/tenants/default_tenant/databases/default_database/collections", Token))
                .EnumerateArray().Select(static one => one.Text("name")),
        ];
    }

    private static async Task<int> DeleteCollectionsAsync(ChromaServer chroma)
    {
        using var http = new HttpClient { BaseAddress = chroma.Url };
        var names = await CollectionsAsync(chroma);
        foreach (var name in names)
        {
            using var deleted = await http.DeleteAsync(
                $"/api/v2/tenants/default_tenant/databases/default_database/collections/{name}", Token);
            deleted.EnsureSuccessStatusCode();
        }

        return names.Count;
    }
}

/// <summary>In a PostgreSQL with the extension vector.</summary>
public sealed class PgvectorStoreTests : StoreContract
{
    private protected override async Task<VectorServer?> StoreAsync() => await PgvectorServer.StartAsync(Token);
}
