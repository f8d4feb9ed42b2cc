using System.Net.Http.Json;
using System.Text.Json;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Knowledge.StoreWorld;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>What a base can rely on, wherever its vectors lie.</summary>
public abstract class StoreContract(StoreWorld world)
{
    private static readonly string[] s_questions =
        ["hydraulic pressure leak", "holiday bonus contract", "firewall packet latency", "lunch menu salt", "oil kitchen router"];

    private string _here = "here", _there = "there";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string? StoreName => world.Outside is null ? null : Store;

    private HttpClient Client => world.Client;

    [Fact]
    public async Task What_is_found_is_what_the_index_itself_finds_after_changes_and_a_new_fit_too()
    {
        const int Before = 8 * Section;
        await MakeAsync(Client, "here", null);
        await MakeAsync(Client, "there", StoreName);
        (await BaseAsync(Client, "there")).Text("store").ShouldBe(StoreName ?? "embedded");

        foreach (var name in (string[])["here", "there"]) await FillAsync(Client, name, 0, Before);
        await SameAsync();

        // Another text under an old name, and a document fewer.
        foreach (var name in (string[])["here", "there"])
        {
            await Client.AddAsync(name, DocumentOf(0), "canteen soup bread lunch menu cook page9999x");
            await Client.IngestAsync(name);
            var id = (await Client.DocumentsAsync(name)).Find(static one => one.Text("name") == DocumentOf(Section)).Text("id");
            await Client.DoneAsync(HttpMethod.Delete, $"{KnowledgeApi.Bases}/{name}/documents/{id}", null);
        }

        await SameAsync();
        Numbers(await AskWholeAsync(Client, "there", "canteen soup bread page9999x"))[0].ShouldBe(9999);
        Numbers(await AskWholeAsync(Client, "there", TextOf(Section + 3))).ShouldNotContain(Section + 3);

        // More than twice as many: the vectors are fitted anew.
        foreach (var name in (string[])["here", "there"]) await FillAsync(Client, name, Before, Before + Section);
        await SameAsync();

        // Synonyms and boosts are of the base, wherever its vectors lie.
        foreach (var name in (string[])["here", "there"])
        {
            await PutAsync(name, "synonyms", new { rules = new[] { "leak => pressure, hydraulic ^0.9" } });
            await PutAsync(name, "boosts", new { fields = new { title = 0.5, headings = 8 } });
        }

        await SameAsync();
        (await AskWholeAsync(Client, "there", "leak")).GetProperty("passages").EnumerateArray()
            .ShouldContain(static one => one.GetProperty("synonyms").GetArrayLength() > 0);

        await world.Engine.RestartAsync(Token);
        await SameAsync();
    }

    [Fact]
    public async Task With_a_model_what_is_found_is_what_the_index_itself_finds_and_the_model_is_asked_once()
    {
        const int Before = 3 * Section;
        (_here, _there) = ("meant-here", "meant-there");
        await MakeAsync(Client, _here, null, Model);
        await MakeAsync(Client, _there, StoreName, Model);
        foreach (var name in (string[])[_here, _there]) await FillAsync(Client, name, 0, Before);
        await SameAsync();
        await AskWholeAsync(Client, _there, "the physician and the sedan");
        var asked = world.Lab.Requests.Count;
        await AskWholeAsync(Client, _there, "the physician and the sedan");
        await AskWholeAsync(Client, _there, "the surgeon and the vessel");
        world.Lab.Requests.Count.ShouldBe(asked + 1);
        var health = await Client.DoneAsync(HttpMethod.Post, $"{KnowledgeApi.Bases}/{_there}/test", null);
        health.GetProperty("findings").EnumerateArray().Select(static one => one.Text("code")).ShouldNotContain("without_vectors");

        foreach (var name in (string[])[_here, _there])
        {
            await Client.AddAsync(name, DocumentOf(0), "the doctor leaves by ferry in the rain page9999x");
            await FillAsync(Client, name, Before, Section);
            var id = (await Client.DocumentsAsync(name)).Find(static one => one.Text("name") == DocumentOf(Section)).Text("id");
            await Client.DoneAsync(HttpMethod.Delete, $"{KnowledgeApi.Bases}/{name}/documents/{id}", null);
        }

        await SameAsync();
        // No word of it is in the passage.
        var found = Passages(await AskWholeAsync(Client, _there, "physician vessel drizzle"));
        NumberOf(found[0]).ShouldBe(9999);
        Dense(found[0]).ShouldBeGreaterThan(0.9);
        Numbers(await AskWholeAsync(Client, _there, TextOf(Section + 3))).ShouldNotContain(Section + 3);

        // The index is lost, and made anew from the vectors that are kept beside the texts.
        asked = Sent();
        await world.Engine.RestartAsync(Token, () =>
        {
            Directory.Delete(Path.Combine(world.Engine.DataPath, "index"), recursive: true);
            return Task.CompletedTask;
        });
        await SameAsync();
        Sent().ShouldBe(asked);

        int Sent() => world.Lab.Requests.Sum(static request =>
            request.Inputs.Count(static text => text.Contains("Page", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_base_is_given_a_model_and_a_longer_one_and_takes_its_own_vectors_back_where_it_lies()
    {
        const int Filled = 6 * Section;
        (_here, _there) = ("changed-here", "changed-there");
        await MakeAsync(Client, _here, null);
        await MakeAsync(Client, _there, StoreName);
        foreach (var name in (string[])[_here, _there]) await FillAsync(Client, name, 0, Filled);
        await SameAsync();
        foreach (var model in (string[])[Shorter, Model, "builtin"])
        {
            foreach (var name in (string[])[_here, _there]) await world.EmbedAsync(name, model);
            await SameAsync();
            var now = await BaseAsync(Client, _there);
            now.Text("store").ShouldBe(StoreName ?? "embedded");
            if (StoreName is not null) now.GetProperty("isStoreBehind").GetBoolean().ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Model)]
    public async Task Metadata_and_readers_narrow_what_is_found_before_it_is_ranked(string? model)
    {
        const int Open = 6 * Section;
        var (narrow, suffix) = model is null ? ("narrow", "") : ("narrow-meant", "-meant");
        var (carl, carls) = await AddReaderAsync(Client, $"carl{suffix}");
        var (_, eves) = await AddReaderAsync(Client, $"eve{suffix}");
        using var first = carls;
        using var second = eves;
        await MakeAsync(Client, narrow, StoreName, model);
        await FillAsync(Client, narrow, 0, Open, "&metadata=site=Oslo");
        await FillAsync(Client, narrow, Open, 3 * Section, $"&metadata=site=Bergen&reader={carl}");
        foreach (var question in s_questions)
        {
            var all = Numbers(await AskWholeAsync(Client, narrow, question));
            var forCarl = Numbers(await AskWholeAsync(carls, narrow, question));
            var answer = await AskWholeAsync(eves, narrow, question);
            var forEve = Numbers(answer);

            forCarl.ShouldBe(all);
            forEve.Count.ShouldBe(20, "what she may not read takes nobody's place");
            forEve.ShouldAllBe(static number => number < Open);
            answer.ToString().ShouldNotContain(carl);
            Numbers(await AskWholeAsync(Client, narrow, question, new { site = new[] { "Bergen" } }))
                .ShouldAllBe(static number => number >= Open);
        }

        Numbers(await AskAsync(eves, narrow, "hydraulic", new { site = new[] { "Bergen" } })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Nobody_is_shown_a_passage_of_another_tenant_or_reader_while_bases_are_filled()
    {
        const int Theirs = 1_000, Secret = 2_000, Filled = 5 * Section, Rounds = 2;
        var (fred, _) = await AddReaderAsync(Client, "fred");
        var (_, doras) = await AddReaderAsync(Client, "dora");
        using var dora = doras;
        using var bob = await AddTenantAsync(Client, "bob");
        await MakeAsync(Client, "shared", StoreName);
        await MakeAsync(bob, "shared", StoreName);
        await Task.WhenAll(FillAsync(Client, "shared", 0, Filled), FillAsync(bob, "shared", Theirs, Filled));
        await FillAsync(Client, "shared", Secret, Section, $"&reader={fred}");
        await AskAllWholeAsync();

        // Searches go on for as long as both bases are filled, with vectors.
        var filling = Task.WhenAll(FillMineAsync(), FillTheirsAsync());
        var asked = 0;
        do
        {
            foreach (var question in s_questions)
            {
                Check(await Task.WhenAll(
                    AskAsync(Client, "shared", question), AskAsync(dora, "shared", question), AskAsync(bob, "shared", question)));
            }

            asked++;
        }
        while (!filling.IsCompleted);
        await filling;

        asked.ShouldBeGreaterThan(0);
        await AskAllWholeAsync();
        Numbers(await AskAsync(dora, "shared", $"page{Secret + 1}x")).ShouldNotContain(Secret + 1);
        Numbers(await AskAsync(Client, "shared", $"page{Secret + 1}x"))[0].ShouldBe(Secret + 1);

        async Task FillMineAsync()
        {
            for (var round = 1; round <= Rounds; round++)
            {
                await FillAsync(Client, "shared", Secret + (round * Section), Section, $"&reader={fred}");
                await FillAsync(Client, "shared", Filled + (round * Section), Section);
            }
        }

        async Task FillTheirsAsync()
        {
            for (var round = 0; round < Rounds; round++) await FillAsync(bob, "shared", Theirs + Filled + (round * Section), Section);
        }

        async Task AskAllWholeAsync()
        {
            foreach (var question in s_questions)
            {
                JsonElement[] answers =
                [
                    await AskWholeAsync(Client, "shared", question), await AskWholeAsync(dora, "shared", question),
                    await AskWholeAsync(bob, "shared", question),
                ];
                foreach (var answer in answers) Passages(answer).Count.ShouldBe(20);
                Check(answers);
            }
        }

        static void Check(JsonElement[] answers)
        {
            Numbers(answers[0]).ShouldAllBe(static number => number < Theirs || number >= Secret);
            Numbers(answers[1]).ShouldAllBe(static number => number < Theirs);
            Numbers(answers[2]).ShouldAllBe(static number => number >= Theirs && number < Secret);
        }
    }

    [Fact]
    public async Task A_store_that_is_down_loses_nothing_and_searches_go_on_by_words()
    {
        const int Before = 6 * Section, Late = Before + 5;
        await MakeAsync(Client, "steady", StoreName);
        await FillAsync(Client, "steady", 0, Before);
        await AskWholeAsync(Client, "steady", s_questions[0]);
        if (world.Outside is { } store) await store.DownAsync();

        await FillAsync(Client, "steady", Before, Section);
        Numbers(await AskAsync(Client, "steady", $"page{Late}x"))[0].ShouldBe(Late);
        var during = await AskAsync(Client, "steady", s_questions[0]);
        Numbers(during).Count.ShouldBe(20);
        if (world.Outside is not { } outside)
        {
            during.GetProperty("isPartial").GetBoolean().ShouldBeFalse();
            return;
        }

        during.GetProperty("isPartial").GetBoolean().ShouldBeTrue();
        during.Text("partialReason").ShouldBe("knowledge.store_unavailable");
        Passages(during).ShouldAllBe(static one => Dense(one) == 0);
        var system = await Client.GetFromJsonAsync<JsonElement>("/api/v1/system", Token);
        system.GetProperty("knowledgeStores")[0].GetProperty("isReachable").GetBoolean().ShouldBeFalse();
        var told = await UntilAsync(
            () => BaseAsync(Client, "steady"), static one => one.GetProperty("storeFault").ValueKind is JsonValueKind.String);
        told.Text("storeFault").ShouldBe("knowledge.store_unavailable");
        told.GetProperty("isStoreBehind").GetBoolean().ShouldBeTrue();

        // The server dies too before the store is back.
        await world.Engine.RestartAsync(Token, () => outside.UpAsync(Token));

        var after = await AskWholeAsync(Client, "steady", TextOf(Late));
        Dense(Passages(after).Find(static one => NumberOf(one) == Late)).ShouldBeGreaterThan(0.9);
        await UntilAsync(
            () => BaseAsync(Client, "steady"), static one => one.GetProperty("storeFault").ValueKind is JsonValueKind.Null);
    }

    /// <summary>
    /// Both bases give the same answers, but for passages that are equally good, once the vectors of both have been fitted
    /// to what is in them.
    /// </summary>
    private Task PutAsync(string name, string part, object body) =>
        Client.DoneAsync(HttpMethod.Put, $"{KnowledgeApi.Bases}/{name}/{part}", JsonContent.Create(body));

    private Task SameAsync() => UntilAsync(SameShareAsync, static share => share >= 0.95);

    private async Task<double> SameShareAsync()
    {
        var (same, all) = (0, 0);
        foreach (var question in s_questions)
        {
            var here = Passages(await AskWholeAsync(Client, _here, question));
            var there = Passages(await AskWholeAsync(Client, _there, question));
            var expected = here.ToDictionary(NumberOf, Dense);
            there.Count.ShouldBe(here.Count);
            all += there.Count;
            same += there.Count(one =>
                expected.TryGetValue(NumberOf(one), out var dense) && Math.Abs(dense - Dense(one)) < 1e-3);
        }

        return (double)same / all;
    }
}

/// <summary>In the index itself.</summary>
public sealed class EmbeddedStoreTests(EmbeddedWorld world) : StoreContract(world), IClassFixture<EmbeddedWorld>;

/// <summary>In a PostgreSQL with the extension vector.</summary>
public sealed class PgvectorStoreTests(PgvectorWorld world) : StoreContract(world), IClassFixture<PgvectorWorld>;
