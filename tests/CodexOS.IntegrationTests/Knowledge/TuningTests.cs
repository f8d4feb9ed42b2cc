using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Synonyms and boosts of a base, as searches, answers and measurements see them.</summary>
public abstract class TuningTests(Func<Task<string?>> database)
{
    private const string Bases = KnowledgeApi.Bases;

    private static readonly (string Name, string Text, string Query)[] s_documents =
    [
        ("lending.txt", "A notebook is lent to every member of the team for two years.", "&metadata=team%3Dit&at=2020-01-01T00:00:00Z"),
        ("cluster.txt", "Kubernetes restarts what has stopped on the nodes.", "&metadata=team%3Dops"),
        ("canteen.txt", "Soup is served at noon in the canteen of the first floor.", "&metadata=team%3Dsite"),
        ("canteen-ops.txt", "Soup is served at noon in the canteen of the other floor.", "&metadata=team%3Dops"),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_synonym_finds_from_the_next_search_on_what_was_not_found_before_and_tells_it()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await FillAsync(ada, "atlas");
        await FillAsync(ada, "other");
        (await ada.SearchAsync("atlas", "laptop")).ShouldBeEmpty();

        (await SetSynonymsAsync(ada, "atlas", "# machines", "laptop, notebook", "k8s => kubernetes ^0.8")).ShouldBe(
            ["# machines", "laptop, notebook", "k8s => kubernetes ^0.8"]);

        var told = await ada.GetFromJsonAsync<JsonElement>($"{Bases}/atlas", Token);
        (told.GetProperty("synonymRules").GetInt32(), told.GetProperty("hasBoosts").GetBoolean()).ShouldBe((2, false));
        var found = (await ada.SearchAsync("atlas", "laptops")).ShouldHaveSingleItem();
        found.Text("document").ShouldBe("lending.txt");
        var synonym = found.GetProperty("synonyms").EnumerateArray().ShouldHaveSingleItem();
        (synonym.Text("written"), synonym.Text("found")).ShouldBe(("laptop", "notebook"));
        (await ada.SearchAsync("atlas", "k8s")).ShouldHaveSingleItem().Text("document").ShouldBe("cluster.txt");
        (await ada.SearchAsync("other", "laptops")).ShouldBeEmpty();

        // One way is one way.
        await ada.AddAsync("atlas", "short.txt", "What k8s is short for is known to everybody.");
        await ada.IngestAsync("atlas");
        Names(await ada.SearchAsync("atlas", "k8s")).ShouldBe(["cluster.txt", "short.txt"], ignoreOrder: true);
        Names(await ada.SearchAsync("atlas", "kubernetes")).ShouldBe(["cluster.txt"]);

        // A word that must stand there, and a search that does without.
        (await ada.SearchAsync("atlas", "+laptop")).ShouldBeEmpty();
        (await SearchAsync(ada, "atlas", new { query = "laptop", synonyms = false })).ShouldBeEmpty();
        (await SearchAsync(ada, "atlas", new { query = "laptop", way = "words" })).ShouldHaveSingleItem();

        var audit = await ada.GetStringAsync("/api/v1/audit?limit=100", Token);
        audit.ShouldContain("knowledge.change_synonyms");

        (await SetSynonymsAsync(ada, "atlas")).ShouldBeEmpty();
        (await ada.SearchAsync("atlas", "laptop")).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_an_evaluation_and_a_self_test_know_the_synonyms()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await FillAsync(ada, "atlas");
        (await AskAsync(ada, "laptop")).GetProperty("isAnswered").GetBoolean().ShouldBeFalse();
        (await EvaluateAsync(ada, new { })).ShouldBe(0);

        await SetSynonymsAsync(ada, "atlas", "laptop, notebook");

        var answer = await AskAsync(ada, "laptop");
        answer.GetProperty("isAnswered").GetBoolean().ShouldBeTrue();
        answer.Text("text").ShouldContain("A notebook is lent");
        answer.GetProperty("unknownWords").GetArrayLength().ShouldBe(0);
        (await EvaluateAsync(ada, new { })).ShouldBe(1);
        (await EvaluateAsync(ada, new { synonyms = false })).ShouldBe(0);
        (await ada.DoneAsync(HttpMethod.Post, $"{Bases}/atlas/test", null)).GetProperty("questions").GetInt32()
            .ShouldBe(s_documents.Length);
    }

    [Fact]
    public async Task Boosts_put_passages_in_another_order_and_each_factor_is_told()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await FillAsync(ada, "atlas");
        var plain = await ada.SearchAsync("atlas", "soup canteen");
        plain.Count.ShouldBe(2);
        var (first, second) = (plain[0], plain[1]);
        var team = second.GetProperty("metadata").Text("team");

        var set = await SetBoostsAsync(ada, "atlas", new { metadata = new[] { new { key = "team", value = team, factor = 3 } } });
        set.GetProperty("fields").GetProperty("title").GetDouble().ShouldBe(2);
        set.GetProperty("newer").ValueKind.ShouldBe(JsonValueKind.Null);

        (await ada.GetFromJsonAsync<JsonElement>($"{Bases}/atlas", Token)).GetProperty("hasBoosts").GetBoolean().ShouldBeTrue();
        var raised = await ada.SearchAsync("atlas", "soup canteen");
        Names(raised).ShouldBe([second.Text("document"), first.Text("document")]);
        var why = raised[0].GetProperty("boosts").EnumerateArray().ShouldHaveSingleItem();
        (why.Text("kind"), why.Text("what"), why.GetProperty("factor").GetDouble()).ShouldBe(("metadata", $"team={team}", 3));
        raised[1].GetProperty("boosts").GetArrayLength().ShouldBe(0);
        Names(await SearchAsync(ada, "atlas", new { query = "soup canteen", boosts = false })).ShouldBe(Names(plain));

        // A filter still says what may be found at all.
        var other = first.GetProperty("metadata").Text("team");
        Names(await ada.SearchAsync("atlas", "soup canteen", new Dictionary<string, string[]> { ["team"] = [other] }))
            .ShouldBe([first.Text("document")]);
        (await ada.GetStringAsync("/api/v1/audit?limit=100", Token)).ShouldContain("knowledge.change_boosts");

        await SetBoostsAsync(ada, "atlas", new { });
        Names(await ada.SearchAsync("atlas", "soup canteen")).ShouldBe(Names(plain));
        (await ada.GetFromJsonAsync<JsonElement>($"{Bases}/atlas/boosts", Token)).GetProperty("metadata").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Newer_documents_and_words_with_a_factor_come_first()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("atlas");
        var today = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'00:00:00'Z'", CultureInfo.InvariantCulture);
        await ada.AddAsync("atlas", "a.txt", "The report on the harbour of the north.", "&at=2001-01-01T00:00:00Z");
        await ada.AddAsync("atlas", "b.txt", "The report on the harbour of the south.", $"&at={today}");
        await ada.IngestAsync("atlas");
        var plain = await ada.SearchAsync("atlas", "report harbour");

        await SetBoostsAsync(ada, "atlas", new { newer = new { halfLifeDays = 30, factor = 4 } });

        var newer = await ada.SearchAsync("atlas", "report harbour");
        newer[0].Text("document").ShouldBe("b.txt");
        var why = newer[0].GetProperty("boosts")[0];
        why.Text("kind").ShouldBe("newer");
        why.GetProperty("factor").GetDouble().ShouldBe(4, 0.2);
        newer[1].GetProperty("boosts")[0].GetProperty("factor").GetDouble().ShouldBe(1, 0.001);
        plain.Count.ShouldBe(2);

        await SetBoostsAsync(ada, "atlas", new { });
        (await ada.SearchAsync("atlas", "north^5 south"))[0].Text("document").ShouldBe("a.txt");
        var south = (await ada.SearchAsync("atlas", "north south^5"))[0];
        south.Text("document").ShouldBe("b.txt");
        (south.GetProperty("boosts")[0].Text("kind"), south.GetProperty("boosts")[0].Text("what")).ShouldBe(("term", "south"));
    }

    [Fact]
    public async Task A_boost_shows_nobody_what_they_may_not_read()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        var (_, eves) = await server.AddAccountAsync(ada, "eve", "viewer", "knowledge:read");
        var (carl, _) = await server.AddAccountAsync(ada, "carl", "viewer", "knowledge:read");
        using var eve = eves;
        await FillAsync(ada, "atlas");
        await ada.AddAsync("atlas", "pay.txt", "Soup and the salary of the director.", $"&reader={carl}&metadata=team%3Dboard");
        await ada.IngestAsync("atlas");
        await SetBoostsAsync(ada, "atlas", new { metadata = new[] { new { key = "team", value = "board", factor = 10 } } });
        await SetSynonymsAsync(ada, "atlas", "broth => soup, salary");

        (await ada.SearchAsync("atlas", "broth"))[0].Text("document").ShouldBe("pay.txt");
        Names(await eve.SearchAsync("atlas", "broth")).ShouldBe(["canteen.txt", "canteen-ops.txt"], ignoreOrder: true);

        // Reading is not changing.
        (await eve.GetFromJsonAsync<JsonElement>($"{Bases}/atlas/synonyms", Token)).GetProperty("rules").GetArrayLength().ShouldBe(1);
        foreach (var (part, body) in ((string, object)[])[("synonyms", new { rules = Array.Empty<string>() }), ("boosts", new { })])
        {
            using var refused = await eve.PutAsJsonAsync($"{Bases}/atlas/{part}", body, Token);
            refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        }
    }

    [Fact]
    public async Task What_cannot_be_used_is_refused_with_the_rule_and_changes_nothing()
    {
        await using var server = await StartAsync(
            "Knowledge:SynonymRulesMax=3", "Knowledge:SynonymRuleLengthMax=40", "Knowledge:BoostRulesMax=2");
        using var ada = await server.SignInAsync(Token);
        await FillAsync(ada, "atlas");
        await SetSynonymsAsync(ada, "atlas", "laptop, notebook");

        foreach (var (rules, words) in ((string[], string[])[])
        [
            (["laptop, notebook", "k8s =>"], ["Rule 2", "k8s =>", "empty"]),
            (["a, b ^7"], ["Rule 1", "up to 1"]),
            (["a, b", "c, d", "e, f", "g, h"], ["3 lines", "Knowledge:SynonymRulesMax"]),
            (["a, " + new string('b', 60)], ["Rule 1", "40 characters", "Knowledge:SynonymRuleLengthMax"]),
        ])
        {
            var message = await RefusedAsync(ada, "synonyms", new { rules }, "knowledge.bad_synonyms");
            foreach (var word in words) message.ShouldContain(word);
        }

        object Rule(string key, double factor) => new { key, value = "x", factor };
        foreach (var (boosts, words) in ((object, string[])[])
        [
            (new { metadata = new[] { Rule("team", 2), Rule("size", 50) } }, ["Rule 2", "size=x", "50"]),
            (new { metadata = new[] { Rule("no key", 2) } }, ["Rule 1", "key"]),
            (new { metadata = new[] { Rule("a", 2), Rule("a", 3) } }, ["Rule 2", "twice"]),
            (new { metadata = new[] { Rule("a", 2), Rule("b", 3), Rule("c", 3) } }, ["Knowledge:BoostRulesMax"]),
            (new { fields = new { title = 0 } }, ["title"]),
            (new { newer = new { halfLifeDays = 0, factor = 2 } }, ["newer", "halfLifeDays"]),
        ])
        {
            var message = await RefusedAsync(ada, "boosts", boosts, "knowledge.bad_boosts");
            foreach (var word in words) message.ShouldContain(word);
        }

        foreach (var (part, slip, place) in ((string, object, string)[])
        [
            ("boosts", new { metdata = Array.Empty<object>() }, "$.metdata"),
            ("boosts", new { metadata = new object[] { Rule("a", 2), new { key = "b", value = "x", factor = 2, factr = 3 } } }, "$.metadata[1].factr"),
            ("boosts", new { fields = new { titel = 4 } }, "$.fields.titel"),
            ("boosts", new { newer = new { halfLifeDays = 90, factor = 2, halfLife = 3 } }, "$.newer.halfLife"),
            ("synonyms", new { rules = new[] { "a, b" }, weight = 1 }, "$.weight"),
        ])
        {
            (await RefusedAsync(ada, part, slip, "platform.malformed_json")).ShouldContain(place);
        }

        (await ada.GetFromJsonAsync<JsonElement>($"{Bases}/atlas/boosts", Token)).GetProperty("metadata").GetArrayLength().ShouldBe(0);
        using var bad = await ada.PutAsJsonAsync($"{Bases}/atlas/synonyms", new { }, Token);
        bad.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var nowhere = await ada.PutAsJsonAsync($"{Bases}/nowhere/synonyms", new { rules = Array.Empty<string>() }, Token);
        nowhere.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await ada.SearchAsync("atlas", "laptop")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Another_tenant_has_its_own()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        using var eve = await server.AddTenantAsync(ada, "elsewhere", Token);
        await FillAsync(ada, "atlas");
        await FillAsync(eve, "atlas");
        await SetSynonymsAsync(ada, "atlas", "laptop, notebook");
        (await ada.SearchAsync("atlas", "laptop")).ShouldHaveSingleItem();
        (await eve.SearchAsync("atlas", "laptop")).ShouldBeEmpty();
        (await eve.GetFromJsonAsync<JsonElement>($"{Bases}/atlas/synonyms", Token)).GetProperty("rules").GetArrayLength().ShouldBe(0);
    }

    private async Task<CodexServer> StartAsync(params string[] settings) =>
        await CodexServer.StartAsync(await database(), settings, cancellationToken: Token);

    private static async Task FillAsync(HttpClient client, string name)
    {
        await client.MakeBaseAsync(name);
        foreach (var (document, text, query) in s_documents) await client.AddAsync(name, document, text, query);
        (await client.IngestAsync(name)).Text("status").ShouldBe("completed");
    }

    private static async Task<List<string>> SetSynonymsAsync(HttpClient client, string name, params string[] rules)
    {
        await client.DoneAsync(HttpMethod.Put, $"{Bases}/{name}/synonyms", JsonContent.Create(new { rules }));
        var kept = await client.GetFromJsonAsync<JsonElement>($"{Bases}/{name}/synonyms", Token);
        return [.. kept.GetProperty("rules").EnumerateArray().Select(static rule => rule.GetString()!)];
    }

    private static Task<JsonElement> SetBoostsAsync(HttpClient client, string name, object boosts) =>
        client.DoneAsync(HttpMethod.Put, $"{Bases}/{name}/boosts", JsonContent.Create(boosts));

    private static async Task<List<JsonElement>> SearchAsync(HttpClient client, string name, object request) =>
        [
            .. (await client.DoneAsync(HttpMethod.Post, $"{Bases}/{name}/search", JsonContent.Create(request)))
                .GetProperty("passages").EnumerateArray(),
        ];

    private static Task<JsonElement> AskAsync(HttpClient client, string question) =>
        client.DoneAsync(HttpMethod.Post, $"{Bases}/atlas/ask", JsonContent.Create(new { question }));

    /// <summary>The recall of one question about what a synonym finds.</summary>
    private static async Task<double> EvaluateAsync(HttpClient client, object more)
    {
        var request = JsonSerializer.SerializeToNode(more)!.AsObject();
        request["questions"] = JsonSerializer.SerializeToNode(
            new[] { new { id = "1", text = "laptop", relevant = new Dictionary<string, int> { ["lending.txt"] = 1 } } });
        request["ways"] = JsonSerializer.SerializeToNode(new[] { "hybrid" });
        var evaluation = await client.DoneAsync(HttpMethod.Post, $"{Bases}/atlas/evaluate", JsonContent.Create(request));
        return evaluation.GetProperty("ways")[0].GetProperty("recall").GetDouble();
    }

    private static async Task<string> RefusedAsync(HttpClient client, string part, object body, string code)
    {
        using var refused = await client.PutAsJsonAsync($"{Bases}/atlas/{part}", body, Token);
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Token);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest, problem.ToString());
        problem.Text("code").ShouldBe(code);
        return problem.Text("detail");
    }

    private static List<string> Names(List<JsonElement> passages) => passages.ConvertAll(static one => one.Text("document"));
}

/// <summary>On SQLite.</summary>
public sealed class TuningOnSqliteTests() : TuningTests(static () => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL.</summary>
public sealed class TuningOnPostgresTests(PostgresCluster postgres)
    : TuningTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
