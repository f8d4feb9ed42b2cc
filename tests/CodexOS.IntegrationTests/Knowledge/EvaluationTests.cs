using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using CodexOS.Testing;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Knowledge.KnowledgeApi;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Questions whose answers are known, through the real server.</summary>
public sealed class EvaluationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_way_of_looking_is_measured_by_what_it_finds_and_the_words_by_hand()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("cellar");
        await ada.AddAsync("cellar", "pump.txt", "The pump in the cellar is started with the green switch.");
        await ada.AddAsync("cellar", "boiler.txt", "The boiler in the cellar is heated with oil. The boiler is old.");
        await ada.AddAsync("cellar", "wine.txt", "Wine is kept in the cellar.");
        await ada.IngestAsync("cellar");

        var all = await EvaluateAsync(ada, new
        {
            questions = new[]
            {
                new { id = "first", text = "boiler", relevant = new Dictionary<string, int> { ["boiler.txt"] = 2, ["gone.txt"] = 1 } },
                new { id = "none", text = "volcano", relevant = new Dictionary<string, int> { ["wine.txt"] = 1 } },
            },
            ways = new[] { "words", "hybrid" },
        });

        all.GetProperty("questions").GetInt32().ShouldBe(2);
        all.GetProperty("unknownCount").GetInt32().ShouldBe(1);
        all.GetProperty("unknown")[0].GetString().ShouldBe("gone.txt");
        var words = all.GetProperty("ways")[0];
        words.Text("way").ShouldBe("words");
        // The document with grade 2 stands first; the best ranking would have the one that is gone second.
        var gain = 2 / (2 + (1 / Math.Log2(3)));
        words.GetProperty("ndcg").GetDouble().ShouldBe(gain / 2, 0.0001);
        words.GetProperty("recall").GetDouble().ShouldBe(0.25, 0.0001);
        words.GetProperty("reciprocalRank").GetDouble().ShouldBe(0.5);
        all.GetProperty("ways")[1].Text("way").ShouldBe("hybrid");
        var results = all.GetProperty("results");
        results[0].GetProperty("ways")[0].GetProperty("firstPlace").GetInt32().ShouldBe(1);
        results[1].Text("id").ShouldBe("none");
        results[1].GetProperty("ways")[0].GetProperty("firstPlace").GetInt32().ShouldBe(0);

        // A search can be made in each of the ways, too.
        (await FoundAsync(ada, "volcano", "words")).ShouldBeEmpty();
        (await FoundAsync(ada, "boiler", "words")).ShouldBe(["boiler.txt"]);
        // So small a base has no vectors, and who asks for them alone is not given words in their place.
        (await FoundAsync(ada, "boiler", "vectors")).ShouldBeEmpty();
        (await RefusedAsync(ada, "cellar/search", new { query = "boiler", way = "guess" })).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Who_may_not_read_a_document_does_not_learn_that_it_is_there_and_wrong_questions_are_refused()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        var (_, carl) = await server.AddAccountAsync(ada, "carl", "viewer", "knowledge:read");
        using var carls = carl;
        var (reader, dora) = await server.AddAccountAsync(ada, "dora", "viewer", "knowledge:read");
        using var doras = dora;
        await ada.MakeBaseAsync("cellar");
        await ada.AddAsync("cellar", "open.txt", "The switch of the pump is green.");
        await ada.AddAsync("cellar", "closed.txt", "The switch of the alarm is red.", $"&reader={reader}");
        await ada.IngestAsync("cellar");
        object Questions(int grade) => new
        {
            questions = new[]
            {
                new
                {
                    id = "q", text = "the red switch of the alarm",
                    relevant = new Dictionary<string, int> { ["closed.txt"] = grade, ["nowhere.txt"] = grade },
                },
            },
        };

        var hers = await EvaluateAsync(doras, Questions(1));
        hers.GetProperty("unknown").EnumerateArray().Select(static one => one.GetString()).ShouldBe(["nowhere.txt"]);
        hers.GetProperty("results")[0].GetProperty("ways")[0].GetProperty("firstPlace").GetInt32().ShouldBe(1);
        var his = await EvaluateAsync(carls, Questions(1));
        his.GetProperty("unknown").EnumerateArray().Select(static one => one.GetString()).ShouldBe(["closed.txt", "nowhere.txt"]);
        his.GetProperty("results")[0].GetProperty("ways").EnumerateArray()
            .ShouldAllBe(static way => way.GetProperty("firstPlace").GetInt32() == 0);

        (await RefusedAsync(ada, "cellar/evaluate", Questions(11))).Code.ShouldBe("knowledge.bad_grade");
        (await RefusedAsync(ada, "cellar/evaluate", new { questions = Array.Empty<object>() })).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await RefusedAsync(ada, "cellar/evaluate", new { questions = new[] { new { id = "q", text = "x" } } }))
            .Status.ShouldBe(HttpStatusCode.BadRequest);
        (await RefusedAsync(ada, "nowhere/evaluate", Questions(1))).Code.ShouldBe("knowledge.base_not_found");
    }

    [Fact]
    public async Task A_collection_in_the_layout_of_BEIR_is_put_into_a_base_and_measured_from_the_command_line()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        var token = ada.DefaultRequestHeaders.Authorization!.Parameter!;
        await ada.MakeBaseAsync("papers");
        using var temp = new TempDirectory();
        var folder = temp.In("set");
        Directory.CreateDirectory(Path.Combine(folder, "qrels"));
        await WriteAsync("corpus.jsonl", """
            {"_id":"d1","title":"Pumps","text":"How a pump is started after the winter."}
            {"_id":"d2","title":"","text":"Why a boiler needs to be heated slowly."}

            """);
        await WriteAsync("queries.jsonl", """
            {"_id":"q1","text":"start a pump"}
            {"_id":"q2","text":"volcano"}
            {"_id":"q3","text":"nobody has judged this"}
            """);
        await WriteAsync("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t1\n");

        using var told = await FakeTerminal.EndedAsync(server.Url, token, 0, "kb", "eval", "papers", folder, "--import", "--missed", "5");

        told.Out.ShouldContain("NDCG@10");
        told.Out.Split('\n').Single(static line => line.TrimStart().StartsWith("words", StringComparison.Ordinal)).ShouldContain("0.500");
        told.Out.ShouldContain("q2 (not found): volcano");
        told.Error.ShouldContain("2 of 2 documents are new or changed");
        told.Error.ShouldContain("because no document answers them: 1");
        using var asJson = await FakeTerminal.EndedAsync(server.Url, token, 0, "kb", "eval", "papers", folder, "--json");
        JsonElement.Parse(asJson.Out).GetProperty("ways").GetArrayLength().ShouldBe(4);

        await WriteAsync("queries.jsonl", "{\"_id\":\"q1\",\"text\":\"start a pump\"}\n{\"_id\":7}\n");
        using var bad = await FakeTerminal.EndedAsync(server.Url, token, 2, "kb", "eval", "papers", folder);
        bad.Error.ShouldContain("queries.jsonl, line 2");
        File.Delete(Path.Combine(folder, "qrels", "test.tsv"));
        using var missing = await FakeTerminal.EndedAsync(server.Url, token, 5, "kb", "eval", "papers", folder);
        missing.Error.ShouldContain("There is no qrels/test.tsv or qrels.tsv");

        Task WriteAsync(string name, string text) => File.WriteAllTextAsync(Path.Combine(folder, name), text, Token);
    }

    private static async Task<(HttpStatusCode Status, string Code)> RefusedAsync(HttpClient client, string path, object body)
    {
        using var answer = await client.PostAsJsonAsync($"{Bases}/{path}", body, Token);
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).Text("code"));
    }

    private static async Task<List<string>> FoundAsync(HttpClient client, string query, string way) =>
        [
            .. (await client.DoneAsync(HttpMethod.Post, $"{Bases}/cellar/search", JsonContent.Create(new { query, way })))
                .GetProperty("passages").EnumerateArray().Select(static one => one.Text("document")),
        ];

    private static Task<JsonElement> EvaluateAsync(HttpClient client, object body) =>
        client.DoneAsync(HttpMethod.Post, $"{Bases}/cellar/evaluate", JsonContent.Create(body));
}
