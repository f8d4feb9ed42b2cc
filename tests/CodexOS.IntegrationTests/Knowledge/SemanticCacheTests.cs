using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Testing;
using CodexOS.Testing.OpenAi;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using CodexOS.Tools.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Answers that agents give again to tasks that mean the same: the real cache, vectors, engine and rows.</summary>
public abstract class SemanticCacheTests(Func<Task<string?>> database) : IAsyncLifetime
{
    private const string Cache = "/api/v1/cached-answers";
    private const string Asked = "How do I cancel my order?";
    private const string AskedAgain = "How can I cancel my order?";

    private OpenAiServer _lab = null!;
    private CodexServer _server = null!;
    private HttpClient _ada = null!;
    private TenantId _tenant;
    private UserId _me;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ISemanticCache Answers => _server.Services.GetRequiredService<ISemanticCache>();

    public async ValueTask InitializeAsync()
    {
        _lab = await OpenAiServer.StartAsync();
        _server = await CodexServer.StartAsync(
            await database(),
            [
                $"Inference:Compatible:lab:BaseUrl={_lab.BaseUrl}", $"Inference:BuiltinDirectory={BuiltinModelFiles.Folder}",
                "Knowledge:CacheEntriesMax=3", "Knowledge:CacheTimeMax=00:00:30",
            ],
            cancellationToken: Token);
        _ada = await _server.SignInAsync(Token);
        var me = await _ada.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", Token);
        _tenant = TenantId.Parse(me.GetProperty("tenant").Text("id"), null);
        _me = UserId.Parse(me.GetProperty("user").Text("id"), null);
    }

    public async ValueTask DisposeAsync()
    {
        _ada.Dispose();
        await _server.DisposeAsync();
        await _lab.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_task_that_means_the_same_gets_the_earlier_answer_for_nothing_and_says_whose()
    {
        await ApplyAsync("semantic_cache: { similarity: 0.95, ttl: 1h }");
        _lab.Then(new OpenAiAnswer.Says("On the page of the order."));

        var first = await RunAsync(Asked);
        var second = await RunAsync(AskedAgain);

        _lab.Requests.Count.ShouldBe(1);
        first.Output.TryGetProperty("cached", out _).ShouldBeFalse();
        second.Output.Text("text").ShouldBe("On the page of the order.");
        var cached = second.Output.GetProperty("cached");
        cached.Text("run").ShouldBe(first.Id);
        cached.GetProperty("similarity").GetDouble().ShouldBeInRange(0.95, 0.9999);
        second.Step.GetProperty("usage").GetProperty("costMicroUsd").GetInt64().ShouldBe(0);
        second.Step.GetProperty("usage").GetProperty("tokensIn").GetInt64().ShouldBe(0);
        Label.Read(second.Step.GetProperty("label")).ShouldBe(new Label(Integrity.Tenant, Readers.Everyone));
        var run = await _ada.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{second.Id}", Token);
        run.GetProperty("costMicroUsd").GetInt64().ShouldBe(0);

        var kept = (await _ada.GetFromJsonAsync<JsonElement>($"{Cache}?agent=helper", Token)).GetProperty("items")[0];
        (kept.Text("run"), kept.GetProperty("hits").GetInt64()).ShouldBe((first.Id, 1));
        kept.ToString().ShouldNotContain("page of the order");
    }

    [Fact]
    public async Task Without_being_asked_for_it_no_answer_is_kept()
    {
        await ApplyAsync("");
        _lab.Otherwise(static _ => new OpenAiAnswer.Says("On the page of the order."));

        await RunAsync(Asked);
        await RunAsync(Asked);

        _lab.Requests.Count.ShouldBe(2);
        (await CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task An_answer_that_comes_after_a_tool_is_not_kept()
    {
        await ApplyAsync("semantic_cache: {}\ntools: [http_fetch]");
        _lab.Then(
            new OpenAiAnswer.Says("", new OpenAiToolCall("http_fetch", """{"url":"https://example.com/"}""")),
            new OpenAiAnswer.Says("It cannot be reached."));

        (await RunAsync(Asked)).Output.Text("text").ShouldBe("It cannot be reached.");

        _lab.Requests.Count.ShouldBe(2);
        (await CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Another_version_of_the_agent_is_asked_itself_and_a_cleared_cache_forgets()
    {
        await ApplyAsync("semantic_cache: {}");
        _lab.Otherwise(static _ => new OpenAiAnswer.Says("On the page of the order."));
        await RunAsync(Asked);
        await ApplyAsync("semantic_cache: {}\ndescription: Another one.");
        await RunAsync(Asked);
        _lab.Requests.Count.ShouldBe(2);

        (await _ada.DoneAsync(HttpMethod.Delete, $"{Cache}?agent=somebody", null)).GetProperty("removed").GetInt32().ShouldBe(0);
        (await _ada.DoneAsync(HttpMethod.Delete, $"{Cache}?agent=helper", null)).GetProperty("removed").GetInt32().ShouldBe(2);
        await RunAsync(Asked);
        _lab.Requests.Count.ShouldBe(3);

        var audit = await _ada.GetFromJsonAsync<JsonElement>("/api/v1/audit?limit=20", Token);
        audit.GetProperty("items").EnumerateArray().Count(static one => one.Text("action") == "knowledge.clear_cache").ShouldBe(2);
    }

    [Fact]
    public async Task A_tenant_switches_it_off_for_all_agents_and_its_log_says_who_did()
    {
        const string Setting = "/api/v1/semantic-cache";
        await ApplyAsync("semantic_cache: {}");
        _lab.Otherwise(static _ => new OpenAiAnswer.Says("On the page of the order."));
        await RunAsync(Asked);
        (await _ada.GetFromJsonAsync<JsonElement>(Setting, Token)).GetProperty("enabled").GetBoolean().ShouldBeTrue();

        (await _ada.DoneAsync(HttpMethod.Put, Setting, JsonContent.Create(new { enabled = false })))
            .GetProperty("enabled").GetBoolean().ShouldBeFalse();
        (await CountAsync()).ShouldBe(0);
        await RunAsync(Asked);
        _lab.Requests.Count.ShouldBe(2);
        (await CountAsync()).ShouldBe(0);

        using var bad = await _ada.PutAsJsonAsync(Setting, new { enable = true }, Token);
        bad.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        await _ada.DoneAsync(HttpMethod.Put, Setting, JsonContent.Create(new { enabled = true }));
        await RunAsync(Asked);
        await RunAsync(Asked);
        _lab.Requests.Count.ShouldBe(3);

        var audit = await _ada.GetFromJsonAsync<JsonElement>("/api/v1/audit?limit=20", Token);
        var switched = audit.GetProperty("items").EnumerateArray()
            .Where(static one => one.Text("action") == "knowledge.switch_cache").ToList();
        switched.Count.ShouldBe(2);
        switched[1].ToString().ShouldContain("\"removed\":\"1\"");
    }

    [Fact]
    public async Task All_but_the_task_must_be_the_same_and_the_task_in_its_fixed_words()
    {
        using var tenant = Enter(_tenant);
        var asked = Question();
        await KeepAsync(asked, "On the page of the order.");

        (await FindAsync(asked with { Text = AskedAgain })).ShouldBe("On the page of the order.");
        CacheQuestion[] others =
        [
            asked with { Text = "Do not cancel my order!" },
            asked with { Text = "How do I cancel my order 4711?" },
            asked with { Text = "How do I repair the pump?" },
            asked with { Instructions = "Be brief." },
            asked with { Rule = asked.Rule with { Version = 2 } },
            asked with { Rule = asked.Rule with { Agent = "agt_other" } },
            asked with { Call = asked.Call with { Temperature = 0.5f } },
            asked with { Call = asked.Call with { OutputTokensMax = 10 } },
            asked with { Call = asked.Call with { Model = new ModelName("lab", "other") } },
            asked with { Call = asked.Call with { Tools = [new ModelTool("add", "Adds.", JsonElement.Parse("{}"))] } },
            asked with { Grant = JsonElement.Parse("""{"tools":[],"model":"lab:chat","knowledge":["salaries"]}""") },
        ];
        foreach (var other in others) (await FindAsync(other)).ShouldBeNull(other.ToString());

        (await FindAsync(asked with { Rule = asked.Rule with { Similarity = 0.999 }, Text = AskedAgain })).ShouldBeNull();
        (await FindAsync(asked with { Rule = asked.Rule with { Similarity = 1 } })).ShouldNotBeNull("The same text.");
    }

    [Fact]
    public async Task Another_tenant_finds_nothing()
    {
        using (Enter(_tenant)) await KeepAsync(Question(), "On the page of the order.");

        var other = TenantId.New(TimeProvider.System);
        using (Enter(other))
        {
            (await FindAsync(Question())).ShouldBeNull("The rows of another tenant are out of reach.");
            (await FindAsync(Question() with { Tenant = other })).ShouldBeNull();
        }

        using (Enter(_tenant))
        {
            (await FindAsync(Question() with { Tenant = other })).ShouldBeNull("The tenant is a part of the key.");
            (await FindAsync(Question())).ShouldNotBeNull();
        }
    }

    [Theory]
    [InlineData("Wie storniere ich meine Bestellung, und was kostet das?", "language")]
    [InlineData("注文をキャンセルするには", "language")]
    [InlineData("x", "too_long")]
    public async Task What_the_vectors_know_nothing_of_is_refused(string text, string why)
    {
        using var tenant = Enter(_tenant);
        using var metrics = new MeterListener();
        var outcomes = new List<string?>();
        metrics.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == "codexos.cache.lookups") listener.EnableMeasurementEvents(instrument);
        };
        metrics.SetMeasurementEventCallback<long>((_, _, tags, _) => { lock (outcomes) outcomes.Add(tags[0].Value as string); });
        metrics.Start();
        var asked = Question() with { Text = text == "x" ? string.Concat(Enumerable.Repeat("x y ", 130)) : text };

        var found = await Answers.FindAsync(asked, Token);

        found.ShouldBe(CacheLookup.Nothing);
        lock (outcomes) outcomes.ShouldContain(why);
    }

    [Fact]
    public async Task An_answer_is_kept_only_if_the_filter_lets_it_pass_and_members_may_read_it()
    {
        using var tenant = Enter(_tenant);
        await KeepAsync(Question(), "Look: ![order](https://example.com/a.png?x=1)");
        await KeepAsync(Question(), "See it\u001b[31m here");
        (await CountAsync()).ShouldBe(0);

        var mine = Question();
        (await Answers.FindAsync(
            mine with { Rule = mine.Rule with { Label = new Label(Integrity.User, Readers.Owner).ToJson() } }, Token))
            .Place.ShouldBeNull();

        var label = new Label(Integrity.Web, Readers.Tenant);
        await KeepAsync(mine with { Rule = mine.Rule with { Label = label.ToJson() } }, "On the page of the order.");
        Label.Read((await Answers.FindAsync(mine, Token)).Answer!.Label).ShouldBe(label);
    }

    [Fact]
    public async Task Answers_lie_sealed_expire_and_give_way_to_newer_ones()
    {
        using var tenant = Enter(_tenant);
        var places = Enumerable.Range(1, 4).Select(number => Question() with { Text = $"How do I cancel order {number}?" }).ToList();
        foreach (var place in places) await KeepAsync(place, "On the page of the order.");

        (await CountAsync()).ShouldBe(3);
        (await FindAsync(places[0])).ShouldBeNull("It was the oldest.");
        (await FindAsync(places[3])).ShouldNotBeNull();

        await using var db = await DbAsync();
        foreach (var row in await db.CachedAnswers.AsNoTracking().ToListAsync(Token))
            Encoding.UTF8.GetString(row.Answer!.Bytes).ShouldNotContain("order");
        var past = TimeProvider.System.GetUtcNow().AddSeconds(-1);
        await db.CachedAnswers.ExecuteUpdateAsync(set => set.SetProperty(static row => row.ExpiresAt, past), Token);
        (await FindAsync(places[3])).ShouldBeNull("It has expired.");
        await KeepAsync(places[0], "On the page of the order.");
        (await db.CachedAnswers.CountAsync(Token)).ShouldBe(1, "What has expired went with the next.");
    }

    [Fact]
    public async Task What_a_person_asked_is_in_their_export_and_goes_with_them()
    {
        using var tenant = Enter(_tenant);
        var other = UserId.New(TimeProvider.System);
        await KeepAsync(Question(), "On the page of the order.");
        await KeepAsync(Question() with { By = other, Text = "How do I repair the pump?" }, "With a wrench.");
        var data = _server.Services.GetServices<ISubjectData>().Single(static one => one.Name == "knowledge");
        var person = new DataSubject(other, null, null);

        var exported = await data.Documents.Single(static one => one.Name == "cached-answers").ReadAsync(person, Token).ToListAsync(Token);
        JsonSerializer.Serialize(exported.ShouldHaveSingleItem()).ShouldContain("With a wrench.");

        (await data.EraseAsync(person, new ErasureWish(false, _me), Token)).Value.Erased["cached_answers"].ShouldBe(1);
        await using var db = await DbAsync();
        (await db.CachedAnswers.Select(static row => row.AskedBy).ToListAsync(Token)).ShouldBe([_me]);
    }

    /// <summary>A question of an agent that keeps answers.</summary>
    internal static CacheQuestion Question(TenantId tenant, UserId by) => new(
        tenant, RunId.New(TimeProvider.System), by, "helper", JsonElement.Parse("""{"tools":[],"model":"lab:chat"}"""),
        new ChatCall(
            new ModelName("lab", "chat"), [new ChatMessage(ChatRole.System, "Help."), new ChatMessage(ChatRole.User, Asked)], []),
        new CacheRule("agt_1", 1, 0.95, 3_600, new Label(Integrity.Tenant, Readers.Everyone).ToJson()), "Help.", Asked);

    /// <summary>What a model answered at last.</summary>
    internal static ModelReply Reply(string answer) => new(answer, [], "stop", "chat", IsReal: true);

    private CacheQuestion Question() => Question(_tenant, _me);

    private IDisposable Enter(TenantId tenant) => _server.Services.GetRequiredService<TenantContext>().Enter(tenant);

    private Task<KnowledgeDb> DbAsync() =>
        _server.Services.GetRequiredService<IDbContextFactory<KnowledgeDb>>().CreateDbContextAsync(Token);

    private async Task KeepAsync(CacheQuestion question, string answer)
    {
        var found = await Answers.FindAsync(question, Token);
        await Answers.KeepAsync(found.Place.ShouldNotBeNull(), Reply(answer), Token);
    }

    private async Task<string?> FindAsync(CacheQuestion question) =>
        (await Answers.FindAsync(question, Token)).Answer?.Reply.Text;

    private async Task<int> CountAsync() =>
        (await _ada.GetFromJsonAsync<JsonElement>(Cache, Token)).GetProperty("items").GetArrayLength();

    private async Task ApplyAsync(string more)
    {
        using var content = new StringContent(
            $"name: helper\ninstructions: Help.\nmodel: lab:chat\n{more}\n", Encoding.UTF8, new MediaTypeHeaderValue("application/yaml"));
        using var answer = await _ada.PutAsync("/api/v1/agents", content, Token);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Token));
    }

    /// <summary>Runs the agent to its end; gives what the journal has of the last step of its model.</summary>
    private async Task<(string Id, JsonElement Step, JsonElement Output)> RunAsync(string input)
    {
        var run = await _ada.DoneAsync(HttpMethod.Post, "/api/v1/agents/helper/runs", JsonContent.Create(new { input }));
        var step = (await _ada.EventsAsync(run.Text("id")))
            .Last(static it => it.Text("kind") == "step.completed" && it.GetProperty("data").Text("step").EndsWith(".model", StringComparison.Ordinal))
            .GetProperty("data");
        return (run.Text("id"), step, step.GetProperty("output"));
    }
}

/// <summary>On SQLite.</summary>
public sealed class SemanticCacheOnSqliteTests() : SemanticCacheTests(static () => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL.</summary>
public sealed class SemanticCacheOnPostgresTests(PostgresCluster postgres)
    : SemanticCacheTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
