using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using CodexOS.Runs.Contracts;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Knowledge.StoreWorld;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Bases that are moved from one store to another.</summary>
[Collection(ChromaTests.Name)]
public sealed class StoreMoveTests(ChromaWorld world)
{
    private const int Filled = 6 * Section;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private HttpClient Client => world.Client;

    [Fact]
    public async Task A_base_is_moved_there_and_back_while_it_is_searched_and_filled()
    {
        await MakeAsync("there-and-back");
        var before = Numbers(await AskWholeAsync(Client, "there-and-back", "hydraulic pressure leak"));
        var prefix = await PrefixOfAsync(Client, "there-and-back");
        var id = (await BaseAsync(Client, "there-and-back")).Text("id");
        var held = world.Gate.HoldAsync(3);

        var run = await MoveAsync("there-and-back", Store);
        await held.WaitAsync(Token);
        Numbers(await AskWholeAsync(Client, "there-and-back", "hydraulic pressure leak")).ShouldBe(before);
        await FillAsync(Client, "there-and-back", Filled, Section);
        (await StoreOfAsync("there-and-back")).ShouldBe("embedded");
        world.Gate.LetThrough();

        (await world.Engine.EndAsync(run, Token)).Status.ShouldBe(RunStatus.Completed);
        (await StoreOfAsync("there-and-back")).ShouldBe(Store);
        VectorFiles().ShouldBeEmpty();
        var there = await AskWholeAsync(Client, "there-and-back", TextOf(Filled + 10));
        Dense(Passages(there).Find(static one => NumberOf(one) == Filled + 10)).ShouldBeGreaterThan(0.9);
        await UntilAsync(() => world.CollectionsAsync(prefix), static names => names.Count == 1);

        using var same = await Client.PostAsJsonAsync(MoveOf("there-and-back"), new { store = Store }, Token);
        same.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await world.Engine.EndAsync(await MoveAsync("there-and-back", "embedded"), Token)).Status.ShouldBe(RunStatus.Completed);
        (await world.CollectionsAsync(prefix)).ShouldBeEmpty();
        VectorFiles().ShouldNotBeEmpty();
        Numbers(await AskWholeAsync(Client, "there-and-back", TextOf(Filled + 10)))[0].ShouldBe(Filled + 10);

        string[] VectorFiles() => Directory.GetFiles(
            Path.Combine(world.Engine.DataPath, "index", $"{world.Engine.Tenant}", id), "*.vectors");
    }

    [Fact]
    public async Task A_move_that_is_interrupted_goes_on()
    {
        await MakeAsync("interrupted");
        var prefix = await PrefixOfAsync(Client, "interrupted");
        var held = world.Gate.HoldAsync(3);
        var run = await MoveAsync("interrupted", Store);
        await held.WaitAsync(Token);

        await world.Engine.RestartAsync(Token, () =>
        {
            world.Gate.LetThrough();
            return Task.CompletedTask;
        });

        (await world.Engine.EndAsync(run, Token)).Status.ShouldBe(RunStatus.Completed);
        (await StoreOfAsync("interrupted")).ShouldBe(Store);
        await AskWholeAsync(Client, "interrupted", "hydraulic pressure leak");
        await UntilAsync(() => world.CollectionsAsync(prefix), static names => names.Count == 1);
    }

    [Fact]
    public async Task A_move_that_is_cancelled_or_fails_leaves_the_old_store_in_use_and_nothing_in_the_new_one()
    {
        await MakeAsync("given-up");
        var prefix = await PrefixOfAsync(Client, "given-up");
        var held = world.Gate.HoldAsync(3);
        var run = await MoveAsync("given-up", Store);
        await held.WaitAsync(Token);
        (await world.CollectionsAsync(prefix)).Count.ShouldBe(1);

        await Client.DoneAsync(HttpMethod.Post, $"/api/v1/runs/{run}/cancel", JsonContent.Create(new { }));
        (await world.Engine.EndAsync(run, Token)).Status.ShouldBe(RunStatus.Cancelled);
        world.Gate.LetThrough();

        await UntilAsync(() => world.CollectionsAsync(prefix), static names => names.Count == 0);
        (await StoreOfAsync("given-up")).ShouldBe("embedded");
        await AskWholeAsync(Client, "given-up", "hydraulic pressure leak");

        // The new store goes in the middle of the copy, and with it what could be deleted there at once.
        held = world.Gate.HoldAsync(3);
        run = await MoveAsync("given-up", Store);
        await held.WaitAsync(Token);
        await world.Outside!.DownAsync();
        world.Gate.LetThrough();
        var failed = await world.Engine.EndAsync(run, Token);
        failed.Status.ShouldBe(RunStatus.Failed);
        failed.Fault!.Code.ShouldBe("knowledge.store_unavailable");
        (await StoreOfAsync("given-up")).ShouldBe("embedded");

        await world.Outside.UpAsync(Token);
        await UntilAsync(() => world.CollectionsAsync(prefix), static names => names.Count == 0);
        await AskWholeAsync(Client, "given-up", "hydraulic pressure leak");
    }

    [Fact]
    public async Task The_command_line_makes_lists_and_moves_bases_and_its_doctor_looks_at_the_stores()
    {
        using var wrong = await RunAsync(2, "kb", "create", "spoken", "--store", "nowhere");
        wrong.Error.ShouldContain("(knowledge.store_unknown)");
        using var made = await RunAsync(0, "kb", "create", "spoken", "--store", Store);
        await FillAsync(Client, "spoken", 0, Filled);
        await AskWholeAsync(Client, "spoken", "hydraulic pressure leak");
        using var listed = await RunAsync(0, "kb", "list", "--json");
        JsonElement.Parse(listed.Out).GetProperty("items").EnumerateArray()
            .Single(static one => one.Text("name") == "spoken").Text("store").ShouldBe(Store);

        using var moved = await RunAsync(0, "kb", "move", "spoken", "embedded");
        moved.Error.ShouldContain("The vectors lie in embedded now.");
        moved.Out.ShouldContain($"spoken: 6 documents, {Filled} passages");
        (await StoreOfAsync("spoken")).ShouldBe("embedded");
        using var again = await RunAsync(6, "kb", "move", "spoken", "embedded");
        again.Error.ShouldContain("(knowledge.same_store)");

        (await StoresCheckAsync()).Text("state").ShouldBe("ok");
        await world.Outside!.DownAsync();
        try
        {
            var check = await StoresCheckAsync();
            check.Text("state").ShouldBe("fail");
            check.Text("message").ShouldContain($"cannot reach {Store}");
            check.Text("fix").ShouldContain("Knowledge:Stores");
        }
        finally
        {
            await world.Outside.UpAsync(Token);
        }

        using var deleted = await RunAsync(0, "kb", "delete", "spoken", "--confirm", "spoken", "--abandon-vectors");
        deleted.Out.ShouldContain("spoken is deleted");
    }

    private async Task<JsonElement> StoresCheckAsync()
    {
        using var terminal = new FakeTerminal(Client.BaseAddress);
        terminal.Environment["CODEXOS_TOKEN"] = Client.DefaultRequestHeaders.Authorization!.Parameter!;
        await terminal.RunAsync("doctor", "--json");
        return JsonElement.Parse(terminal.Out).GetProperty("checks").EnumerateArray()
            .Single(static check => check.Text("name") == "stores");
    }

    private Task<FakeTerminal> RunAsync(int exit, params string[] args) => FakeTerminal.EndedAsync(
        Client.BaseAddress!, Client.DefaultRequestHeaders.Authorization!.Parameter!, exit, args);

    private async Task MakeAsync(string name)
    {
        await StoreWorld.MakeAsync(Client, name, null);
        await FillAsync(Client, name, 0, Filled);
        await AskWholeAsync(Client, name, "hydraulic pressure leak");
    }

    private async Task<RunId> MoveAsync(string name, string store) => RunId.Parse(
        (await Client.DoneAsync(HttpMethod.Post, MoveOf(name), JsonContent.Create(new { store }))).Text("id"), null);

    private async Task<string> StoreOfAsync(string name) => (await BaseAsync(Client, name)).Text("store");

    private static string MoveOf(string name) => $"{KnowledgeApi.Bases}/{name}/move";
}
