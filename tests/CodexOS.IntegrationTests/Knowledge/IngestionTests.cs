using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Ingestions that are interrupted, and indexes that are lost.</summary>
public sealed class IngestionTests
{
    private const int DocumentsCount = 60;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_dies_while_reading_goes_on_and_every_document_is_there_once()
    {
        // One that dies when all has been read shows nothing: then another reads them.
        for (var times = 1; !await DiesWhileReadingAsync(); times++) times.ShouldBeLessThan(10);
    }

    private static async Task<bool> DiesWhileReadingAsync()
    {
        await using var engine = await EngineHarness.StartAsync(null, Token, "Knowledge:BatchDocumentsMax=2");
        await FillAsync(engine.Client);
        var started = await StartAsync(engine.Client);
        await engine.FollowAsync(started, static happened => IsCompleted(happened, "read.4"), Token);

        await engine.RestartAsync(Token);
        var ended = await engine.EndAsync(started, Token);

        ended.Status.ShouldBe(RunStatus.Completed, ended.Fault?.Message);
        var events = await engine.FollowAsync(started, _ => false, Token);
        if (events.Count(static happened => KindOf(happened) == "run.claimed") == 1) return false;
        events.Count(static happened => KindOf(happened) == "run.claimed").ShouldBe(2);
        var done = events.Where(static happened => KindOf(happened) == "step.completed").Select(StepOf)
            .Where(static step => step.StartsWith("read.", StringComparison.Ordinal)).ToList();
        done.Count.ShouldBe(done.Distinct().Count());
        done.Count.ShouldBe(DocumentsCount / 2);
        var documents = await engine.Client.DocumentsAsync("handbook");
        documents.Count.ShouldBe(DocumentsCount);
        documents.ShouldAllBe(static one => one.Text("state") == "indexed");
        for (var number = 0; number < DocumentsCount; number += 7)
        {
            (await engine.Client.SearchAsync("handbook", $"\"machine{number}x\"")).ShouldHaveSingleItem()
                .Text("document").ShouldBe($"{number}.txt");
        }

        (await engine.Client.SearchAsync("handbook", "machine")).Select(static hit => hit.Text("document")).Distinct().Count()
            .ShouldBe(20);
        return true;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lost_or_damaged_index_is_made_anew_from_the_documents(bool isLost)
    {
        await using var engine = await EngineHarness.StartAsync(null, Token);
        await FillAsync(engine.Client);
        await engine.EndAsync(await StartAsync(engine.Client), Token);
        var before = Names(await engine.Client.SearchAsync("handbook", "machine7x oil"));

        await engine.RestartAsync(Token, () =>
        {
            var index = Path.Combine(engine.DataPath, "index");
            if (isLost) Directory.Delete(index, recursive: true);
            else foreach (var file in Directory.GetFiles(index, "*", SearchOption.AllDirectories)) Damage(file);
            return Task.CompletedTask;
        });

        Names(await engine.Client.SearchAsync("handbook", "machine7x oil")).ShouldBe(before);
    }

    [Fact]
    public async Task A_document_whose_text_is_lost_fails_by_itself_and_is_found_once_it_is_added_again()
    {
        await using var engine = await EngineHarness.StartAsync(null, Token);
        await FillAsync(engine.Client);
        await engine.EndAsync(await StartAsync(engine.Client), Token);

        await engine.RestartAsync(Token, () =>
        {
            Directory.Delete(Path.Combine(engine.DataPath, "index"), recursive: true);
            var blobs = Directory.GetFiles(Path.Combine(engine.DataPath, "blobs"), "*", SearchOption.AllDirectories);
            File.Delete(blobs.MaxBy(static blob => File.GetLastWriteTimeUtc(blob))!);
            return Task.CompletedTask;
        });

        (await engine.Client.SearchAsync("handbook", "machine oil")).Count.ShouldBe(20);
        var lost = (await engine.Client.DocumentsAsync("handbook"))
            .Where(static one => one.Text("state") == "failed").ShouldHaveSingleItem();
        lost.Text("faultCode").ShouldBe("platform.blob_missing");
        await engine.Client.AddAsync("handbook", lost.Text("name"), "The lost machine is here again.");
        await engine.EndAsync(await StartAsync(engine.Client), Token);
        (await engine.Client.SearchAsync("handbook", "lost machine"))[0].Text("document").ShouldBe(lost.Text("name"));
    }

    private static List<string> Names(List<JsonElement> hits) => hits.ConvertAll(static hit => hit.Text("document"));

    private static void Damage(string file)
    {
        var bytes = File.ReadAllBytes(file);
        for (var at = bytes.Length / 4; at < bytes.Length; at += 97) bytes[at] ^= 0x5a;
        File.WriteAllBytes(file, bytes);
    }

    private static async Task FillAsync(HttpClient client)
    {
        await client.MakeBaseAsync("handbook");
        for (var number = 0; number < DocumentsCount; number++)
        {
            await client.AddAsync(
                "handbook", $"{number}.txt", $"The machine machine{number}x needs oil every {number + 1} days, says page {number}.");
        }
    }

    private static async Task<RunId> StartAsync(HttpClient client)
    {
        using var answer = await client.PostAsync($"{KnowledgeApi.Bases}/handbook/ingest", null, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return RunId.Parse(JsonDocument.Parse(text).RootElement.Text("id"), null);
    }

    private static bool IsCompleted(JsonElement happened, string step) =>
        KindOf(happened) == "step.completed" && StepOf(happened) == step;

    private static string KindOf(JsonElement happened) => happened.Text("kind");

    private static string StepOf(JsonElement happened) => happened.GetProperty("data").Text("step");
}
