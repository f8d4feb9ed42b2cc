using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.IntegrationTests.Agents;
using CodexOS.IntegrationTests.Cli;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Knowledge.KnowledgeApi;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Answers through the real server: in the documents' own words, and by a model whose words the test gives.</summary>
public sealed class AnswerTests : IAsyncLifetime
{
    private const string Manual =
        "# Pump manual\n\nRead this first.\n\n## Pressure\n\nThe relief valve opens at 12 bar. It closes at 9 bar.\n\n"
        + "## Noise\n\nA whistling noise means that the inlet filter is clogged. Clean the filter with warm water.\n";

    private readonly ScriptedChat _chat = new();
    private CodexServer _server = null!;
    private HttpClient _ada = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await CodexServer.StartAsync(adjust: services => services.UseChat(_chat), cancellationToken: Token);
        _ada = await _server.SignInAsync(Token);
        await _ada.MakeBaseAsync("handbook");
        await _ada.AddAsync("handbook", "pump.md", Manual);
        await _ada.AddAsync("handbook", "hours.txt", "The library is open on Sundays from two to five. Dogs stay outside.");
        await _ada.IngestAsync("handbook");
    }

    public async ValueTask DisposeAsync()
    {
        _ada.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_is_made_of_sentences_that_stand_where_it_says()
    {
        var answer = await AskAsync("At which pressure does the relief valve open?");

        answer.GetProperty("isAnswered").GetBoolean().ShouldBeTrue(answer.ToString());
        answer.Text("text").ShouldStartWith("The relief valve opens at 12 bar. [1]");
        answer.Text("text").ShouldNotContain("Dogs");
        var citation = answer.GetProperty("citations")[0];
        (citation.Text("document"), citation.Text("quote")).ShouldBe(("pump.md", "The relief valve opens at 12 bar."));
        var text = await _ada.GetFromJsonAsync<JsonElement>(
            $"{Bases}/handbook/documents/{citation.Text("documentId")}/text", Token);
        text.Text("text").Substring(citation.GetProperty("start").GetInt32(), citation.GetProperty("length").GetInt32())
            .ShouldBe(citation.Text("quote"));
    }

    [Fact]
    public async Task What_the_documents_do_not_tell_is_said_and_what_word_they_lack()
    {
        var answer = await AskAsync("Which insurance covers volcano eruptions?");

        answer.GetProperty("isAnswered").GetBoolean().ShouldBeFalse(answer.ToString());
        answer.GetProperty("text").ValueKind.ShouldBe(JsonValueKind.Null);
        answer.GetProperty("citations").GetArrayLength().ShouldBe(0);
        answer.GetProperty("unknownWords").EnumerateArray().Select(static word => word.GetString()).ShouldContain("volcano");
    }

    [Fact]
    public async Task A_model_answers_from_the_passages_it_is_shown_and_its_citations_are_checked()
    {
        _chat.Says("It opens at 12 bar [1].");
        var first = await WriteAsync("When does the relief valve open?");

        first.Run.Text("status").ShouldBe("completed", first.Run.ToString());
        first.Run.Text("output").ShouldBe("It opens at 12 bar [1].");
        first.Answer.GetProperty("isGrounded").GetBoolean().ShouldBeTrue(first.Answer.ToString());
        first.Answer.GetProperty("citations").EnumerateArray().ShouldHaveSingleItem().Text("document").ShouldBe("pump.md");
        var sent = _chat.Calls.ShouldHaveSingleItem().Messages[^1].Text;
        sent.ShouldStartWith("[1] pump.md");
        sent.ShouldEndWith("Question: When does the relief valve open?");

        _chat.Answers.Clear();
        _chat.Says("It opens at 40 bar [17], as \"the valve never opens at all\" says [1].");
        var second = (await WriteAsync("When does the relief valve open?")).Answer;
        second.GetProperty("isGrounded").GetBoolean().ShouldBeFalse();
        second.GetProperty("unresolved").EnumerateArray().Select(static one => one.GetString())
            .ShouldBe(["\"the valve never opens at all\"", "[17]"]);
    }

    [Fact]
    public async Task What_a_document_talks_the_model_into_fetches_nothing_and_the_answer_is_labelled_by_its_passages()
    {
        _chat.Says("It opens at 12 bar [1]. ![more](https://stranger.test/?told=12) See [here](https://stranger.test/a).");

        var (run, answer) = await WriteAsync("When does the relief valve open?");

        run.Text("output").ShouldBe("It opens at 12 bar [1]. [image: more] See here (https://stranger.test/a).");
        answer.Text("text").ShouldBe(run.Text("output"));
        var events = await _ada.EventsAsync(run.Text("id"));
        foreach (var kind in new[] { "step.completed", "run.completed" })
        {
            var label = events.First(it => it.Text("kind") == kind).GetProperty("data").GetProperty("label");
            label.Text("integrity").ShouldBe("tool", kind);
        }
    }

    [Fact]
    public async Task A_model_that_finds_no_answer_is_believed_and_one_is_not_asked_without_passages()
    {
        _chat.Says("NOT IN THE DOCUMENTS");
        (await WriteAsync("Who opens the valve?")).Answer.GetProperty("isAnswered").GetBoolean().ShouldBeFalse();
        _chat.Calls.Count.ShouldBe(1);

        await _ada.MakeBaseAsync("empty");
        var none = await WriteAsync("Who opens the valve?", "empty");

        none.Run.Text("output").ShouldBe("The documents of this knowledge base do not tell.");
        _chat.Calls.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("""{ "question": "Why?", "model": "openai:x" }""", HttpStatusCode.ServiceUnavailable, "inference.not_configured")]
    [InlineData("""{ "question": "Why?", "model": "x" }""", HttpStatusCode.BadRequest, "platform.invalid_fields")]
    [InlineData("""{ "question": "", "model": "scripted:x" }""", HttpStatusCode.BadRequest, "platform.invalid_fields")]
    public async Task What_cannot_be_asked_is_refused_before_a_run_is_started(string body, HttpStatusCode status, string code)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await _ada.PostAsync($"{Bases}/handbook/answers", content, Token);

        answer.StatusCode.ShouldBe(status);
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).Text("code").ShouldBe(code);
    }

    [Fact]
    public async Task Whoever_may_read_a_base_but_start_no_runs_gets_answers_in_its_own_words_only()
    {
        var (_, carl) = await _server.AddAccountAsync(_ada, "carl", "viewer", "knowledge:read");
        using var carls = carl;

        (await AskAsync("When does the relief valve open?", carls)).GetProperty("isAnswered").GetBoolean().ShouldBeTrue();
        using var refused = await carls.PostAsJsonAsync(
            $"{Bases}/handbook/answers", new { question = "When?", model = "scripted:x" }, Token);
        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task The_command_line_asks_and_shows_where_each_sentence_stands()
    {
        var token = _ada.DefaultRequestHeaders.Authorization!.Parameter!;
        Task<FakeTerminal> RunAsync(params string[] args) => FakeTerminal.EndedAsync(_server.Url, token, 0, args);

        using var told = await RunAsync("kb", "ask", "handbook", "when", "does", "the", "relief", "valve", "open?");
        told.Out.ShouldContain("The relief valve opens at 12 bar. [1]");
        told.Out.ShouldContain("[1] pump.md");
        using var untold = await RunAsync("kb", "ask", "handbook", "which insurance covers volcano eruptions?");
        untold.Out.ShouldContain("The documents do not tell.");
        untold.Error.ShouldContain("volcano");
        _chat.Says("At 12 bar [1] or 40 bar [9].");
        using var written = await RunAsync("kb", "ask", "handbook", "when does the valve open?", "--model", "scripted:x");
        written.Out.ShouldContain("At 12 bar [1] or 40 bar [9].");
        written.Out.ShouldContain("[1] pump.md");
        written.Error.ShouldContain("Not in the passages: [9]");
        using var json = await RunAsync("kb", "ask", "handbook", "when does the relief valve open?", "--json");
        JsonElement.Parse(json.Out).GetProperty("citations").GetArrayLength().ShouldBeGreaterThan(0);
    }

    private async Task<JsonElement> AskAsync(string question, HttpClient? client = null)
    {
        using var answer = await (client ?? _ada).PostAsJsonAsync($"{Bases}/handbook/ask", new { question }, Token);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, body.ToString());
        return body;
    }

    private async Task<(JsonElement Run, JsonElement Answer)> WriteAsync(string question, string name = "handbook")
    {
        using var started = await _ada.PostAsJsonAsync($"{Bases}/{name}/answers", new { question, model = "scripted:x" }, Token);
        var id = (await started.Content.ReadFromJsonAsync<JsonElement>(Token)).Text("id");
        var run = await _ada.EndedAsync(id);
        var state = await _ada.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{id}/state", Token);
        return (run, state.GetProperty("program"));
    }
}
