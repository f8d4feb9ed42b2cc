using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.OpenAi;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Bases whose best passages a model ranks once more, which speaks the protocol of rerankers.</summary>
public abstract class RerankerTests(Func<Task<string?>> database) : IAsyncLifetime
{
    private const string Bases = KnowledgeApi.Bases;
    private const string Model = "lab:judge";
    private const string Door = "swordfish-at-the-door";

    // By words alone the report that says the word most often comes first.
    private static readonly (string Name, string Text)[] s_documents =
    [
        ("annual.txt", "Report of the annual report: the report on reports and what a report is."),
        ("harbour.txt", "A report on the harbour: the ferry leaves for the island every hour."),
        ("garage.txt", "A report on the garage: the sedan was washed before noon, and the report was filed."),
        ("clinic.txt", "A report on the clinic: the doctor sees patients on the second floor."),
    ];

    private OpenAiServer _lab = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => (_lab = await OpenAiServer.StartAsync()).Otherwise(ByIslands);

    public async ValueTask DisposeAsync()
    {
        await _lab.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task The_order_is_that_of_the_model_and_each_passage_says_what_it_owes_to_whom()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await FillAsync(ada, "plain", reranker: null);
        var (plain, _) = await SearchAsync(ada, "plain");
        plain[0].Text("document").ShouldBe("annual.txt");
        plain.ShouldAllBe(static one => one.GetProperty("scores").GetProperty("rerank").ValueKind == JsonValueKind.Null);
        _lab.Requests.ShouldBeEmpty();

        await FillAsync(ada, "atlas", Model);
        var (ranked, reason) = await SearchAsync(ada, "atlas", "+report");

        reason.ShouldBeNull();
        ranked.Count.ShouldBe(s_documents.Length);
        ranked[0].Text("document").ShouldBe("harbour.txt");
        ranked[0].GetProperty("scores").GetProperty("rerank").GetDouble().ShouldBe(1);
        ranked[0].GetProperty("scores").GetProperty("lexical").GetDouble().ShouldBeGreaterThan(0);
        var asked = _lab.Requests[^1];
        asked.IsRerank.ShouldBeTrue();
        asked.Model.ShouldBe("judge");
        asked.Body.GetProperty("query").GetString().ShouldBe("report");
        asked.Ranked.Count.ShouldBe(s_documents.Length);
        var (first, _) = await SearchAsync(ada, "atlas", limit: 1);
        first.ShouldHaveSingleItem().Text("document").ShouldBe("harbour.txt");
        (await AnswerAsync(ada, "atlas")).GetProperty("passages")[0].Text("document").ShouldBe("harbour.txt");

        // Ways that leave something out are there to be compared with, and are not sent anywhere.
        var before = _lab.Requests.Count;
        (await SearchAsync(ada, "atlas", way: "words")).Passages[0].Text("document").ShouldBe("annual.txt");
        _lab.Requests.Count.ShouldBe(before);
    }

    [Fact]
    public async Task A_model_that_is_too_slow_costs_a_search_no_more_than_its_time()
    {
        await using var server = await StartAsync("Knowledge:RerankTimeMax=00:00:00.200");
        using var ada = await server.SignInAsync(Token);
        await FillAsync(ada, "atlas", Model);
        _lab.Otherwise(static _ => new OpenAiAnswer.Hangs());

        var (found, reason) = await SearchAsync(ada, "atlas");

        reason.ShouldBe("knowledge.reranker_too_slow");
        found[0].Text("document").ShouldBe("annual.txt");
    }

    [Fact]
    public async Task A_model_that_is_away_leaves_the_order_as_it_was_and_the_search_says_so()
    {
        await using var server = await StartAsync("Knowledge:RerankTimeMax=00:01:00");
        using var ada = await server.SignInAsync(Token);
        await FillAsync(ada, "plain", reranker: null);
        var plain = Names((await SearchAsync(ada, "plain")).Passages);
        await FillAsync(ada, "atlas", Model);

        foreach (var (answer, code) in ((OpenAiAnswer, string)[])
        [
            (new OpenAiAnswer.Fails(503), "inference.endpoint_failed"),
            (new OpenAiAnswer.Sends("application/json", "{}"), "inference.garbage_answer"),
        ])
        {
            _lab.Otherwise(_ => answer);
            var (found, reason) = await SearchAsync(ada, "atlas");
            reason.ShouldBe(code);
            Names(found).ShouldBe(plain);
            found.ShouldAllBe(static one => one.GetProperty("scores").GetProperty("rerank").ValueKind == JsonValueKind.Null);
            (await AnswerAsync(ada, "atlas")).Text("rerankReason").ShouldBe(code);
        }

        _lab.Otherwise(ByIslands);
        (await SearchAsync(ada, "atlas")).Passages[0].Text("document").ShouldBe("harbour.txt");
    }

    [Fact]
    public async Task No_more_passages_are_sent_than_the_limit_and_no_more_of_each()
    {
        await using var server = await StartAsync("Knowledge:RerankPassagesMax=2", "Knowledge:RerankCharactersMax=100");
        using var ada = await server.SignInAsync(Token);
        await FillAsync(ada, "plain", reranker: null);
        var plain = Names((await SearchAsync(ada, "plain")).Passages);
        await FillAsync(ada, "atlas", Model);
        await ada.AddAsync("atlas", "long.txt", string.Join(' ', Enumerable.Repeat("zebra", 60)));
        await ada.AddAsync("atlas", "short.txt", "A zebra stands in the rain.");
        await ada.IngestAsync("atlas");
        _lab.Otherwise(static _ => new OpenAiAnswer.Ranks(static text => -text.Length));

        var (found, _) = await SearchAsync(ada, "atlas");

        found.Count.ShouldBe(s_documents.Length);
        _lab.Requests[^1].Ranked.Count.ShouldBe(2);
        found.Select(static one => one.GetProperty("scores").GetProperty("rerank").ValueKind)
            .ShouldBe(
            [
                JsonValueKind.Number, JsonValueKind.Number,
                .. Enumerable.Repeat(JsonValueKind.Null, s_documents.Length - 2),
            ]);
        // What was not sent stays in the order in which it was found.
        Names(found)[2..].ShouldBe(plain.Except(Names(found)[..2]));
        await SearchAsync(ada, "atlas", "zebra");
        _lab.Requests[^1].Ranked.Select(static text => text.Length).Order()
            .ShouldBe(["short\nA zebra stands in the rain.".Length, 100]);
    }

    [Fact]
    public async Task What_the_caller_may_not_read_is_not_sent()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        var (carl, carls) = await server.AddAccountAsync(ada, "carl", "viewer", "knowledge:read");
        var (_, eves) = await server.AddAccountAsync(ada, "eve", "viewer", "knowledge:read");
        using var carlsClient = carls;
        using var evesClient = eves;
        await FillAsync(ada, "atlas", Model);
        await ada.AddAsync("atlas", "pay.txt", "A report on the salary of the director.", $"&reader={carl}");
        await ada.IngestAsync("atlas");

        await SearchAsync(eves, "atlas");
        _lab.Requests[^1].Ranked.ShouldNotContain(static text => text.Contains("salary", StringComparison.Ordinal));
        _lab.Requests[^1].Ranked.Count.ShouldBe(s_documents.Length);
        await SearchAsync(carls, "atlas");
        _lab.Requests[^1].Ranked.ShouldContain(static text => text.Contains("salary", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Secrets_of_the_operator_are_not_sent()
    {
        await using var server = await StartAsync(
            $"Egress:Secrets:door:Value={Door}", "Egress:Secrets:door:Hosts:0=door.example");
        using var ada = await server.SignInAsync(Token);
        await FillAsync(ada, "atlas", Model);
        await ada.AddAsync("atlas", "door.txt", $"A report on the door: it opens to {Door}.");
        await ada.IngestAsync("atlas");

        var (found, reason) = await SearchAsync(ada, "atlas");
        reason.ShouldBeNull();
        found[^1].Text("document").ShouldBe("door.txt");
        _lab.Requests[^1].Ranked.Count.ShouldBe(s_documents.Length);
        var before = _lab.Requests.Count;
        (await SearchAsync(ada, "atlas", $"report {Door}")).Reason.ShouldBe("tools.secret_blocked");
        _lab.Requests.Count.ShouldBe(before);
    }

    [Fact]
    public async Task Another_base_and_another_tenant_are_not_touched_by_a_base_that_gets_a_reranker()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        using var eve = await server.AddTenantAsync(ada, "elsewhere", Token);
        await FillAsync(ada, "atlas", reranker: null);
        await FillAsync(ada, "other", reranker: null);
        await FillAsync(eve, "atlas", reranker: null);

        (await ChangeAsync(ada, "atlas", new { reranker = Model })).Text("reranker").ShouldBe(Model);

        (await SearchAsync(ada, "atlas")).Passages[0].Text("document").ShouldBe("harbour.txt");
        var before = _lab.Requests.Count;
        (await SearchAsync(ada, "other")).Passages[0].Text("document").ShouldBe("annual.txt");
        (await SearchAsync(eve, "atlas")).Passages[0].Text("document").ShouldBe("annual.txt");
        _lab.Requests.Count.ShouldBe(before);
        (await BaseAsync(eve, "atlas")).GetProperty("reranker").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_reranker_is_asked_once_before_a_base_has_it_and_can_be_taken_away()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        foreach (var (wanted, status, code) in ((string, HttpStatusCode, string)[])
        [
            ("judge", HttpStatusCode.BadRequest, "inference.bad_model_name"),
            ("nowhere:judge", HttpStatusCode.BadRequest, "inference.unknown_provider"),
            ("scripted:repo-engineer", HttpStatusCode.BadRequest, "inference.no_rerankers"),
        ])
        {
            using var refused = await ada.PostAsJsonAsync(Bases, new { name = "atlas", reranker = wanted }, Token);
            (await CodeOfAsync(refused, status)).ShouldBe(code);
        }

        _lab.Otherwise(static _ => new OpenAiAnswer.Fails(404));
        using (var unknown = await ada.PostAsJsonAsync(Bases, new { name = "atlas", reranker = Model }, Token))
            (await CodeOfAsync(unknown, HttpStatusCode.BadRequest)).ShouldBe("inference.unknown_model");
        _lab.Otherwise(ByIslands);
        await FillAsync(ada, "atlas", Model);

        var described = await ChangeAsync(ada, "atlas", new { description = "Reports" });
        (described.Text("description"), described.Text("reranker")).ShouldBe(("Reports", Model));
        var taken = await ChangeAsync(ada, "atlas", new { reranker = "none" });
        taken.Text("description").ShouldBe("Reports");
        taken.GetProperty("reranker").ValueKind.ShouldBe(JsonValueKind.Null);
        (await SearchAsync(ada, "atlas")).Passages[0].Text("document").ShouldBe("annual.txt");
        var audit = await ada.GetStringAsync("/api/v1/audit?limit=100", Token);
        audit.ShouldContain("knowledge.change_reranker");
        audit.ShouldContain(Model);
    }

    private static OpenAiAnswer ByIslands(OpenAiRequest request) =>
        new OpenAiAnswer.Ranks(static text => text.Contains("island", StringComparison.Ordinal) ? 1 : 0);

    private async Task<CodexServer> StartAsync(params string[] settings) => await CodexServer.StartAsync(
        await database(),
        [
            $"Inference:Compatible:lab:BaseUrl={_lab.BaseUrl}", "Inference:Calls:RetryDelay=00:00:00.001",
            "Inference:Calls:AttemptsMax=2", "Inference:Calls:BreakerFailuresMax=1000", .. settings,
        ],
        cancellationToken: Token);

    private static async Task FillAsync(HttpClient client, string name, string? reranker)
    {
        await client.DoneAsync(HttpMethod.Post, Bases, JsonContent.Create(new { name, reranker }));
        foreach (var (document, text) in s_documents) await client.AddAsync(name, document, text);
        (await client.IngestAsync(name)).Text("status").ShouldBe("completed");
    }

    private static async Task<(List<JsonElement> Passages, string? Reason)> SearchAsync(
        HttpClient client, string name, string query = "report", int limit = 20, string way = "hybrid")
    {
        var answer = await client.DoneAsync(
            HttpMethod.Post, $"{Bases}/{name}/search", JsonContent.Create(new { query, limit, way }));
        answer.GetProperty("isPartial").GetBoolean().ShouldBeFalse();
        return ([.. answer.GetProperty("passages").EnumerateArray()], answer.GetProperty("rerankReason").GetString());
    }

    private static Task<JsonElement> AnswerAsync(HttpClient client, string name) =>
        client.DoneAsync(HttpMethod.Post, $"{Bases}/{name}/ask", JsonContent.Create(new { question = "report" }));

    private static Task<JsonElement> ChangeAsync(HttpClient client, string name, object change) =>
        client.DoneAsync(HttpMethod.Patch, $"{Bases}/{name}", JsonContent.Create(change));

    private static Task<JsonElement> BaseAsync(HttpClient client, string name) =>
        client.GetFromJsonAsync<JsonElement>($"{Bases}/{name}", Token);

    private static List<string> Names(List<JsonElement> passages) => passages.ConvertAll(static one => one.Text("document"));

    private static async Task<string> CodeOfAsync(HttpResponseMessage answer, HttpStatusCode status)
    {
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        answer.StatusCode.ShouldBe(status, problem.ToString());
        return problem.Text("code");
    }
}

/// <summary>On SQLite.</summary>
public sealed class RerankersOnSqliteTests() : RerankerTests(static () => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL.</summary>
public sealed class RerankersOnPostgresTests(PostgresCluster postgres)
    : RerankerTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
