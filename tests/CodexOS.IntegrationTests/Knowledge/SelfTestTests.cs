using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Knowledge.KnowledgeApi;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>The self-test of a base through the real server.</summary>
public sealed class SelfTestTests
{
    private static readonly string[] s_parts = ["valve", "filter", "shaft", "bearing", "gasket", "rotor", "hose", "switch"];
    private static readonly string[] s_deeds = ["cleaned", "replaced", "greased", "measured", "tightened", "inspected"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_base_that_finds_its_own_sentences_is_well_and_one_that_repeats_itself_is_not()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        for (var i = 0; i < 24; i++) await ada.AddAsync("handbook", $"{i}.txt", SentenceOf(i));
        await ada.IngestAsync("handbook");

        var well = await TestAsync(ada);

        well.GetProperty("questions").GetInt32().ShouldBe(24);
        well.GetProperty("foundInTen").GetInt32().ShouldBe(24, well.ToString());
        well.GetProperty("score").GetInt32().ShouldBe(100);
        well.GetProperty("findings").GetArrayLength().ShouldBe(0);
        (await TestAsync(ada)).GetProperty("reciprocalRank").GetDouble().ShouldBe(well.GetProperty("reciprocalRank").GetDouble());

        for (var i = 0; i < 60; i++)
            await ada.AddAsync("handbook", $"copy-{i}.txt", $"Every copy of this page says the same words about the pumps. {new string('.', i)}");
        await ada.AddAsync("handbook", "broken.pdf", "%PDF-1.7\nnothing of this is a page");
        await ada.IngestAsync("handbook");
        await ada.AddAsync("handbook", "later.txt", "This one waits.");

        var ill = await TestAsync(ada);

        ill.GetProperty("score").GetInt32().ShouldBeLessThan(70, ill.ToString());
        ill.GetProperty("findings").EnumerateArray().Select(static one => one.Text("code"))
            .ShouldBe(["documents_failed", "documents_waiting", "not_found"]);
        var token = ada.DefaultRequestHeaders.Authorization!.Parameter!;
        using var told = await FakeTerminal.EndedAsync(server.Url, token, 0, "kb", "test", "handbook");
        told.Out.ShouldContain($"Health {ill.GetProperty("score").GetInt32()} of 100");
        told.Out.ShouldContain("codexos kb sync handbook");
    }

    [Fact]
    public async Task An_empty_base_has_nothing_to_ask_and_a_reader_may_not_test()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("empty");

        var none = await TestAsync(ada, "empty");
        none.GetProperty("score").ValueKind.ShouldBe(JsonValueKind.Null);
        none.GetProperty("findings").EnumerateArray().ShouldHaveSingleItem().Text("code").ShouldBe("nothing_to_ask");

        var (_, carl) = await server.AddAccountAsync(ada, "carl", "viewer", "knowledge:read");
        using var carls = carl;
        using var refused = await carls.PostAsync($"{Bases}/empty/test", null, Token);
        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Work_on_the_index_that_failed_in_the_background_is_found()
    {
        const int segmentsMax = 6;
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        for (var i = 0; i < segmentsMax; i++) await AddAsync(i);
        // What the segments are merged into, once there is one more, cannot be written.
        var index = Directory.EnumerateFiles(Path.Combine(server.DataPath, "index"), "manifest.json", SearchOption.AllDirectories)
            .ShouldHaveSingleItem();
        var last = Directory.EnumerateFiles(Path.GetDirectoryName(index)!, "*.segment")
            .Max(static file => int.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture));
        Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(index)!, $"{last + 2}.segment"));
        await AddAsync(segmentsMax);

        var codes = new List<string>();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        while (!codes.Contains("knowledge.index_work_failed") && await tick.WaitForNextTickAsync(Token))
            codes = [.. (await TestAsync(ada)).GetProperty("findings").EnumerateArray().Select(static one => one.Text("code"))];

        codes.ShouldBe(["knowledge.index_work_failed"]);

        async Task AddAsync(int i)
        {
            await ada.AddAsync("handbook", $"{i}.txt", SentenceOf(i));
            await ada.IngestAsync("handbook");
        }
    }

    private static string SentenceOf(int i) =>
        $"The {s_parts[i % 8]} of machine number {i} was {s_deeds[i % 6]} by the crew of shift {100 + i} before the pump in hall "
        + $"{(char)('a' + i)}{i} could be started again.";

    private static async Task<JsonElement> TestAsync(HttpClient client, string name = "handbook")
    {
        using var answer = await client.PostAsync($"{Bases}/{name}/test", null, Token);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, body.ToString());
        return body;
    }
}
