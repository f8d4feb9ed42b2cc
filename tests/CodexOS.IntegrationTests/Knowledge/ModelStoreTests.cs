using System.Net.Http.Json;
using CodexOS.Runs.Contracts;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Knowledge.StoreWorld;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>
/// Bases whose vectors a model makes and a store has: moved, and given other vectors, while something is in the way.
/// </summary>
public sealed class ModelStoreTests(TwoStoresWorld world) : IClassFixture<TwoStoresWorld>
{
    private const int Filled = 6 * Section;
    private const string Question = "hydraulic pressure leak";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private HttpClient Client => world.Client;

    [Fact]
    public async Task A_base_with_a_model_is_moved_through_all_stores_while_it_is_searched_and_filled()
    {
        await MakeAsync("travels", null, Model);
        var prefix = await PrefixOfAsync(Client, "travels");
        var before = Numbers(await AskWholeAsync(Client, "travels", Question));
        var held = world.Gate.HoldAsync(3);
        var run = await MoveAsync("travels", Store);
        await held.WaitAsync(Token);
        Numbers(await AskWholeAsync(Client, "travels", Question)).ShouldBe(before);
        await FillAsync(Client, "travels", Filled, Section);
        (await StoreOfAsync("travels")).ShouldBe("embedded");
        world.Gate.LetThrough();
        (await world.Engine.EndAsync(run, Token)).Status.ShouldBe(RunStatus.Completed);
        await IsWholeAsync(Store);
        await UntilAsync(() => world.CollectionsAsync(prefix), static names => names.Count == 1);
        var asked = PassagesSent();

        foreach (var store in (string[])[TwoStoresWorld.Second, "embedded", TwoStoresWorld.Second, Store, "embedded"])
        {
            (await world.Engine.EndAsync(await MoveAsync("travels", store), Token)).Status.ShouldBe(RunStatus.Completed);
            await IsWholeAsync(store);
        }

        PassagesSent().ShouldBe(asked);
        (await world.CollectionsAsync(prefix)).ShouldBeEmpty();

        async Task IsWholeAsync(string store)
        {
            (await StoreOfAsync("travels")).ShouldBe(store);
            var there = await AskWholeAsync(Client, "travels", TextOf(Filled + 10));
            Dense(Passages(there).Find(static one => NumberOf(one) == Filled + 10)).ShouldBeGreaterThan(0.9);
            (await BaseAsync(Client, "travels")).Text("model").ShouldBe(Model);
        }
    }

    [Fact]
    public async Task A_move_that_is_interrupted_goes_on_and_one_that_is_cancelled_leaves_the_old_store_in_use()
    {
        await MakeAsync("stays", null, Model);
        var prefix = await PrefixOfAsync(Client, "stays");
        var before = Numbers(await AskWholeAsync(Client, "stays", Question));
        var run = await HeldAsync(() => MoveAsync("stays", Store));
        await CancelAsync(run);
        await UntilAsync(() => world.CollectionsAsync(prefix), static names => names.Count == 0);
        (await StoreOfAsync("stays")).ShouldBe("embedded");
        Numbers(await AskWholeAsync(Client, "stays", Question)).ShouldBe(before);

        var asked = PassagesSent();
        run = await HeldAsync(() => MoveAsync("stays", Store));
        await RestartAsync();
        (await world.Engine.EndAsync(run, Token)).Status.ShouldBe(RunStatus.Completed);
        (await StoreOfAsync("stays")).ShouldBe(Store);
        Numbers(await AskWholeAsync(Client, "stays", Question)).ShouldBe(before);
        await UntilAsync(() => world.CollectionsAsync(prefix), static names => names.Count == 1);
        PassagesSent().ShouldBe(asked);
    }

    [Fact]
    public async Task Another_model_is_in_use_when_the_store_has_all_its_vectors_and_not_before()
    {
        await MakeAsync("learns", Store, Shorter);
        var prefix = await PrefixOfAsync(Client, "learns");
        var before = Numbers(await AskWholeAsync(Client, "learns", Question));
        var run = await HeldAsync(() => StartEmbedAsync(Client, "learns", Model));
        (await world.CollectionsAsync(prefix)).Count.ShouldBe(2);
        (await BaseAsync(Client, "learns")).Text("model").ShouldBe(Shorter);
        Numbers(await AskWholeAsync(Client, "learns", Question)).ShouldBe(before);

        // Given up, nothing is left of it.
        await CancelAsync(run);
        await UntilAsync(() => world.CollectionsAsync(prefix), static names => names.Count == 1);
        (await BaseAsync(Client, "learns")).Text("model").ShouldBe(Shorter);
        Numbers(await AskWholeAsync(Client, "learns", Question)).ShouldBe(before);

        // Interrupted, it goes on, and asks for nothing that is kept.
        var asked = PassagesSent();
        run = await HeldAsync(() => StartEmbedAsync(Client, "learns", Model));
        await FillAsync(Client, "learns", Filled, Section);
        await RestartAsync();
        (await world.Engine.EndAsync(run, Token)).Status.ShouldBe(RunStatus.Completed);
        (await BaseAsync(Client, "learns")).Text("model").ShouldBe(Model);
        var there = await AskWholeAsync(Client, "learns", TextOf(Filled + 10));
        Dense(Passages(there).Find(static one => NumberOf(one) == Filled + 10)).ShouldBeGreaterThan(0.9);
        await UntilAsync(() => world.CollectionsAsync(prefix), static names => names.Count == 1);
        // What was read meanwhile had its vectors made by the old model, and then by the new one.
        PassagesSent().ShouldBe(asked + (2 * Section));
    }

    [Fact]
    public async Task Its_own_vectors_are_in_use_when_the_store_has_them_and_not_before()
    {
        await MakeAsync("unlearns", Store, Model);
        var prefix = await PrefixOfAsync(Client, "unlearns");
        var before = Numbers(await AskWholeAsync(Client, "unlearns", Question));
        var run = await HeldAsync(() => StartEmbedAsync(Client, "unlearns", "builtin"));
        Numbers(await AskWholeAsync(Client, "unlearns", Question)).ShouldBe(before);
        await RestartAsync();

        (await world.Engine.EndAsync(run, Token)).Status.ShouldBe(RunStatus.Completed);
        (await BaseAsync(Client, "unlearns")).Text("model").ShouldBe("builtin");
        await UntilAsync(() => world.CollectionsAsync(prefix), static names => names.Count == 1);
        var asked = world.Lab.Requests.Count;
        await AskWholeAsync(Client, "unlearns", "seal oil flow");
        world.Lab.Requests.Count.ShouldBe(asked);
    }

    [Fact]
    public async Task A_small_base_has_nothing_in_its_store_without_a_model_and_everything_with_one()
    {
        await StoreWorld.MakeAsync(Client, "small", Store);
        await FillAsync(Client, "small", 0, Section);
        var prefix = await PrefixOfAsync(Client, "small");
        (await world.CollectionsAsync(prefix)).ShouldBeEmpty();

        await world.EmbedAsync("small", Model);
        Numbers(await AskWholeAsync(Client, "small", TextOf(7)))[0].ShouldBe(7);
        (await world.CollectionsAsync(prefix)).Count.ShouldBe(1);

        await world.EmbedAsync("small", "builtin");
        await UntilAsync(() => world.CollectionsAsync(prefix), static names => names.Count == 0);
        Numbers(await AskAsync(Client, "small", TextOf(7)))[0].ShouldBe(7);
        (await BaseAsync(Client, "small")).GetProperty("isStoreBehind").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task A_store_that_is_down_has_words_count_alone_and_a_change_of_the_model_fail()
    {
        await MakeAsync("cut-off", Store, Shorter);
        await AskWholeAsync(Client, "cut-off", Question);
        await world.Outside!.DownAsync();
        try
        {
            var answer = await AskAsync(Client, "cut-off", Question);
            answer.Text("partialReason").ShouldBe("knowledge.store_unavailable");
            Numbers(answer).ShouldNotBeEmpty();
            await FillAsync(Client, "cut-off", Filled, Section);
            var failed = await world.Engine.EndAsync(await StartEmbedAsync(Client, "cut-off", Model), Token);
            failed.Fault!.Code.ShouldBe("knowledge.store_unavailable");
            (await BaseAsync(Client, "cut-off")).Text("model").ShouldBe(Shorter);
        }
        finally
        {
            await world.Outside.UpAsync(Token);
        }

        var there = await AskWholeAsync(Client, "cut-off", TextOf(Filled + 10));
        Dense(Passages(there).Find(static one => NumberOf(one) == Filled + 10)).ShouldBeGreaterThan(0.9);
        await world.EmbedAsync("cut-off", Model);
    }

    [Fact]
    public async Task The_built_in_model_finds_the_same_in_all_stores()
    {
        var found = new List<List<int>>();
        foreach (var store in (string[])["embedded", Store, TwoStoresWorld.Second])
        {
            await StoreWorld.MakeAsync(Client, $"sentences-{store}", store, "builtin:use-lite");
            await FillAsync(Client, $"sentences-{store}", 0, 2 * Section);
            found.Add(Numbers(await AskWholeAsync(Client, $"sentences-{store}", "Who pays the staff when they are away?")));
        }

        found[0].ShouldNotBeEmpty();
        found[1].ShouldBe(found[0]);
        found[2].ShouldBe(found[0]);
    }

    /// <summary>Starts a run, and holds it while it fills a collection.</summary>
    private async Task<RunId> HeldAsync(Func<Task<RunId>> start)
    {
        var held = world.Gate.HoldAsync(3);
        var run = await start();
        await held.WaitAsync(Token);
        return run;
    }

    private Task RestartAsync() => world.Engine.RestartAsync(Token, () =>
    {
        world.Gate.LetThrough();
        return Task.CompletedTask;
    });

    private async Task CancelAsync(RunId run)
    {
        await Client.DoneAsync(HttpMethod.Post, $"/api/v1/runs/{run}/cancel", JsonContent.Create(new { }));
        (await world.Engine.EndAsync(run, Token)).Status.ShouldBe(RunStatus.Cancelled);
        world.Gate.LetThrough();
    }

    private async Task MakeAsync(string name, string? store, string model)
    {
        await StoreWorld.MakeAsync(Client, name, store, model);
        await FillAsync(Client, name, 0, Filled);
        await AskWholeAsync(Client, name, Question);
    }

    /// <summary>How many passages the models were sent.</summary>
    private int PassagesSent() => world.Lab.Requests.Sum(static request =>
        request.Inputs.Count(static text => text.Contains("Page", StringComparison.Ordinal)));

    private async Task<RunId> MoveAsync(string name, string store) => RunId.Parse(
        (await Client.DoneAsync(
            HttpMethod.Post, $"{KnowledgeApi.Bases}/{name}/move", JsonContent.Create(new { store }))).Text("id"), null);

    private async Task<string> StoreOfAsync(string name) => (await BaseAsync(Client, name)).Text("store");
}
