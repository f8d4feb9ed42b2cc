using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.IntegrationTests.Agents;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Agents that read knowledge bases: definition, grant, gate, tools and labels of the real server.</summary>
public sealed class AgentKnowledgeTests : IAsyncLifetime
{
    private readonly ScriptedChat _chat = new();
    private CodexServer _server = null!;
    private HttpClient _ada = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await CodexServer.StartAsync(adjust: services => services.UseChat(_chat), cancellationToken: Token);
        _ada = await _server.SignInAsync(Token);
        await _ada.MakeBaseAsync("handbook");
        await _ada.AddAsync("handbook", "pump.md", "# Pump\n\n## Pressure\n\nThe relief valve opens at 12 bar.\n");
        await _ada.IngestAsync("handbook");
        await _ada.MakeBaseAsync("salaries");
        await _ada.AddAsync("salaries", "pay.txt", "The valve inspector earns twelve coins.");
        await _ada.IngestAsync("salaries");
    }

    public async ValueTask DisposeAsync()
    {
        _ada.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task An_agent_searches_reads_and_lists_the_bases_that_it_is_granted_and_no_other()
    {
        await ApplyAsync(_ada, "knowledge: [handbook]");
        Asks("knowledge_search", new { query = "when does the valve open?" });
        Asks("knowledge_search", new { query = "valve", @base = "salaries" });
        Asks("knowledge_read", new { document = "pump.md", start = 0, length = 20 });
        Asks("knowledge_read", new { document = "pay.txt" });
        Asks("knowledge_list", new { });
        Asks("knowledge_list", new { @base = "handbook" });
        _chat.Says("At 12 bar [1].");

        var steps = await RunAsync(_ada);

        var found = steps["1.knowledge_search.1"];
        found.Text("text").ShouldStartWith("[1] handbook: pump.md");
        found.Text("text").ShouldContain("opens at 12 bar");
        found.Text("text").ShouldNotContain("coins");
        var passage = found.GetProperty("data").GetProperty("passages").EnumerateArray().ShouldHaveSingleItem();
        (passage.Text("base"), passage.Text("document")).ShouldBe(("handbook", "pump.md"));
        CodeOf(steps["2.knowledge_search.1"]).ShouldBe("knowledge.not_granted");
        steps["3.knowledge_read.1"].Text("text").ShouldEndWith("go on with start 20]");
        CodeOf(steps["4.knowledge_read.1"]).ShouldBe("knowledge.document_not_found");
        steps["5.knowledge_list.1"].Text("text").ShouldBe("handbook\n");
        steps["6.knowledge_list.1"].Text("text").ShouldContain(" pump.md - Pump (markdown, ");
        var offered = _chat.Calls.First().Tools.First(static tool => tool.Name == "knowledge_search").Description;
        offered.ShouldEndWith("Knowledge bases: handbook.");
    }

    [Fact]
    public async Task Several_bases_are_searched_together_and_a_document_of_one_is_read_by_saying_which()
    {
        await ApplyAsync(_ada, "knowledge: [handbook, salaries]");
        Asks("knowledge_search", new { query = "valve" });
        Asks("knowledge_read", new { document = "pay.txt" });
        Asks("knowledge_read", new { document = "pay.txt", @base = "salaries" });
        _chat.Says("Done.");

        var steps = await RunAsync(_ada);

        steps["1.knowledge_search.1"].GetProperty("data").GetProperty("passages").EnumerateArray()
            .Select(static one => one.Text("base")).ShouldBe(["handbook", "salaries"]);
        CodeOf(steps["2.knowledge_read.1"]).ShouldBe("knowledge.which_base");
        steps["3.knowledge_read.1"].Text("text").ShouldStartWith("The valve inspector earns twelve coins.");
    }

    [Fact]
    public async Task An_agent_finds_by_the_synonyms_of_a_base_what_it_asks_in_other_words()
    {
        await _ada.DoneAsync(
            HttpMethod.Put, $"{KnowledgeApi.Bases}/handbook/synonyms", JsonContent.Create(new { rules = new[] { "spigot => valve" } }));
        await ApplyAsync(_ada, "knowledge: [handbook]");
        Asks("knowledge_search", new { query = "spigot" });
        _chat.Says("At 12 bar [1].");

        (await RunAsync(_ada))["1.knowledge_search.1"].Text("text").ShouldContain("opens at 12 bar");
    }

    [Fact]
    public async Task A_run_reads_documents_with_readers_only_if_whoever_started_it_is_one_of_them()
    {
        var me = await _ada.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", Token);
        var ada = me.GetProperty("user").Text("id");
        var (_, carl) = await _server.AddAccountAsync(_ada, "carl", "operator", "runs:start", "runs:read");
        using var carls = carl;
        await _ada.AddAsync("handbook", "secret.txt", "The valve of the safe is behind the clock.", $"&reader={ada}");
        await _ada.IngestAsync("handbook");
        await ApplyAsync(_ada, "knowledge: [handbook]");
        Asks("knowledge_search", new { query = "valve" });
        Asks("knowledge_read", new { document = "secret.txt" });
        Asks("knowledge_list", new { @base = "handbook" });
        _chat.Says("Done.");

        var (mine, events) = await RunWithEventsAsync(_ada);
        var theirs = await RunAsync(carls);

        mine["1.knowledge_search.1"].Text("text").ShouldContain("behind the clock");
        var label = events.Single(static it => it.GetProperty("kind").GetString() == "step.completed"
            && it.GetProperty("data").Text("step") == "1.knowledge_search.1").GetProperty("data").GetProperty("label");
        label.GetProperty("readers").EnumerateArray().Select(static one => one.GetString()).ShouldBe(["owner"]);
        label.Text("integrity").ShouldBe("tool");
        theirs["1.knowledge_search.1"].Text("text").ShouldNotContain("clock");
        CodeOf(theirs["2.knowledge_read.1"]).ShouldBe("knowledge.document_not_found");
        theirs["3.knowledge_list.1"].Text("text").ShouldNotContain("secret.txt");
    }

    [Fact]
    public async Task An_author_grants_no_base_that_is_not_there_or_that_they_may_not_read()
    {
        using var missing = await PutAsync(_ada, "knowledge: [handbook, hand-book]");
        missing.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = await missing.Content.ReadFromJsonAsync<JsonElement>(Token);
        problem.GetProperty("errors").GetProperty("knowledge[1]")[0].GetString().ShouldNotBeNull()
            .ShouldContain("no knowledge base 'hand-book'");

        using var none = await PutAsync(_ada, "");
        (await none.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("errors").GetProperty("knowledge")[0].GetString()
            .ShouldNotBeNull().ShouldContain("knowledge_search reads knowledge bases");
    }

    private static string? CodeOf(JsonElement step) => step.GetProperty("data").Text("code");

    private void Asks(string tool, object arguments) => _chat.Wants(tool, JsonSerializer.Serialize(arguments));

    private static async Task<HttpResponseMessage> PutAsync(HttpClient client, string knowledge)
    {
        using var content = new StringContent(
            "name: librarian\ninstructions: Help.\nmodel: scripted:x\n"
            + $"tools: [knowledge_search, knowledge_read, knowledge_list]\n{knowledge}\n",
            Encoding.UTF8,
            new MediaTypeHeaderValue("application/yaml"));
        return await client.PutAsync("/api/v1/agents", content, Token);
    }

    private static async Task ApplyAsync(HttpClient client, string knowledge)
    {
        using var answer = await PutAsync(client, knowledge);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Token));
    }

    private static async Task<Dictionary<string, JsonElement>> RunAsync(HttpClient client) =>
        (await RunWithEventsAsync(client)).Steps;

    private static async Task<(Dictionary<string, JsonElement> Steps, List<JsonElement> Events)> RunWithEventsAsync(
        HttpClient client)
    {
        using var started = await client.PostAsJsonAsync("/api/v1/agents/librarian/runs", new { input = "Look it up." }, Token);
        var run = await started.Content.ReadFromJsonAsync<JsonElement>(Token);
        started.StatusCode.ShouldBe(HttpStatusCode.Accepted, run.ToString());
        var events = await client.EventsAsync(run.Text("id"));
        var steps = events.Where(static it => it.GetProperty("kind").GetString() == "step.completed")
            .Select(static it => it.GetProperty("data"))
            .Where(static data => data.GetProperty("output").TryGetProperty("text", out _))
            .DistinctBy(static data => data.Text("step"))
            .ToDictionary(static data => data.Text("step"), static data => data.GetProperty("output"));
        return (steps, events);
    }
}
