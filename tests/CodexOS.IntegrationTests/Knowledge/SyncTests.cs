using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Testing;
using CodexOS.Testing.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Syncs that are interrupted, cancelled, or started twice.</summary>
public sealed class SyncTests : IDisposable
{
    private const int FilesCount = 60;

    private readonly TempDirectory _files = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_dies_in_a_sync_goes_on_and_every_file_is_a_document_once()
    {
        await using var engine = await StartAsync();
        var run = await StartSyncAsync(engine.Client);
        await engine.FollowAsync(run, static happened => IsCompleted(happened, "fetch.4"), Token);

        await engine.RestartAsync(Token);
        var ended = await engine.EndAsync(run, Token);

        ended.Status.ShouldBe(RunStatus.Completed, ended.Fault?.Message);
        ended.Output.ShouldBe($"{FilesCount} added, 0 changed, 0 unchanged, 0 removed, 0 failed");
        (await engine.Client.SourceAsync("handbook", "docs")).GetProperty("lastResult").Counts()
            .ShouldBe(("completed", FilesCount, 0, 0, 0, 0));
        var documents = await engine.Client.DocumentsAsync("handbook");
        documents.Count.ShouldBe(FilesCount);
        documents.ShouldAllBe(static one => one.Text("state") == "indexed");
        documents.ShouldAllBe(static one => one.GetProperty("version").GetInt32() == 1);
        (await engine.Client.SearchAsync("handbook", "\"machine7x\"")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Of_two_syncs_at_once_one_is_refused_and_a_cancelled_one_lets_the_next_go_on()
    {
        // One that ends before it is looked at shows nothing: then another source is synced.
        for (var times = 1; !await IsCancelledMidwayAsync(); times++) times.ShouldBeLessThan(10);
    }

    private async Task<bool> IsCancelledMidwayAsync()
    {
        await using var engine = await StartAsync();
        var starts = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => engine.Client.PostAsync(SyncPath, null, Token)));
        starts.ShouldAllBe(static one => one.StatusCode == HttpStatusCode.Accepted || one.StatusCode == HttpStatusCode.Conflict);
        // A second one that is taken began when the first had ended.
        if (starts.Count(static one => one.StatusCode == HttpStatusCode.Accepted) > 1) return false;
        var accepted = starts.Single(static one => one.StatusCode == HttpStatusCode.Accepted);
        var run = (await accepted.Content.ReadFromJsonAsync<JsonElement>(Token)).Text("id");
        using (var change = await engine.Client.PatchAsJsonAsync(
            SourcePath, new { place = new { folder = new { path = _files.Path } } }, Token))
        {
            if (change.IsSuccessStatusCode) return false;
            change.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        }

        using (var delete = await engine.Client.DeleteAsync(SourcePath, Token))
        {
            if (delete.IsSuccessStatusCode) return false;
            delete.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        }

        await engine.FollowAsync(RunId.Parse(run, null), static happened => IsCompleted(happened, "fetch.2"), Token);
        using (var cancel = await engine.Client.PostAsJsonAsync($"/api/v1/runs/{run}/cancel", new { reason = "enough" }, Token))
        {
            if (cancel.StatusCode is HttpStatusCode.Conflict) return false;
            cancel.IsSuccessStatusCode.ShouldBeTrue(await cancel.Content.ReadAsStringAsync(Token));
        }

        await engine.Client.EndedAsync(run);

        var after = await engine.Client.SourceAsync("handbook", "docs");
        after.Text("state").ShouldBe("idle");
        var added = after.GetProperty("lastResult").GetProperty("added").GetInt32();
        if (added == FilesCount) return false;
        after.GetProperty("lastResult").Text("outcome").ShouldBe("cancelled");
        added.ShouldBeInRange(4, FilesCount - 1);
        var next = (await engine.Client.SyncAsync("handbook", "docs")).Counts();
        (next.Outcome, next.Added + next.Unchanged).ShouldBe(("completed", FilesCount));
        (await engine.Client.DocumentsAsync("handbook")).ShouldAllBe(static one => one.Text("state") == "indexed");
        return true;
    }

    public void Dispose() => _files.Dispose();

    private const string SourcePath = $"{KnowledgeApi.Bases}/handbook/sources/docs";

    private const string SyncPath = $"{SourcePath}/sync";

    private async Task<EngineHarness> StartAsync()
    {
        for (var number = 0; number < FilesCount; number++)
        {
            await File.WriteAllTextAsync(
                Path.Combine(_files.Path, $"{number}.txt"), $"The machine machine{number}x needs oil, says page {number}.", Token);
        }

        var engine = await EngineHarness.StartAsync(
            null, Token, $"Knowledge:SourceFolders:0={_files.Path}", "Knowledge:BatchDocumentsMax=2");
        await engine.Client.MakeBaseAsync("handbook");
        await engine.Client.AddSourceAsync("handbook", "docs", new { folder = new { path = _files.Path } });
        return engine;
    }

    private static async Task<RunId> StartSyncAsync(HttpClient client) =>
        RunId.Parse((await client.DoneAsync(HttpMethod.Post, SyncPath, null)).Text("id"), null);

    private static bool IsCompleted(JsonElement happened, string step) =>
        happened.Text("kind") == "step.completed" && happened.GetProperty("data").Text("step") == step;
}
