using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Connections;

/// <summary>What servers ask of people in the middle of a call, and what people answer.</summary>
public sealed class McpQuestionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_person_answers_reaches_the_server_and_is_in_the_journal(bool modern)
    {
        await using var asking = await StartAsync(modern);
        var (run, asked) = await asking.AskAsync(Token);
        var (_, page) = await asking.World.SendAsync(HttpMethod.Get, "/approvals", null, Token);
        var shown = page.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        shown.GetProperty("question").GetProperty("from").GetString().ShouldBe("s");
        shown.GetProperty("question").GetProperty("message").GetString().ShouldBe("Where to?");
        shown.GetProperty("question").GetProperty("fields").EnumerateArray().Select(static field => field.GetProperty("kind").GetString())
            .ShouldBe(["text", "whole", "choice", "text", "choices", "boolean"]);
        shown.GetProperty("why").GetString()!.ShouldContain("Give it no password");
        var (_, looked) = await asking.World.SendAsync(HttpMethod.Get, $"/runs/{run}", null, Token);
        looked.GetProperty("status").GetString().ShouldBe("running");
        looked.GetProperty("pendingApprovals").GetArrayLength().ShouldBe(1);

        var (status, body) = await asking.AnswerAsync(run, asked, Token);

        status.ShouldBe(HttpStatusCode.OK, body.ToString());
        var events = await asking.World.Server.FollowAsync(run, null, Token);
        asking.Got.ShouldHaveSingleItem().GetProperty("content").GetRawText().Replace(" ", "", StringComparison.Ordinal)
            .ShouldBe("""{"city":"Ulm","nights":2,"extras":["bike"],"late":true}""");
        asking.Begun.ShouldBe(1);
        TextOf(events).ShouldBe("They said: accept.\nThe server asked the user: \"Where to?\" (city, nights, board, mail, extras, late). "
            + "A person answered it.");
        var answer = DecidedOf(events, asked).GetProperty("answer");
        answer.GetProperty("content").GetProperty("city").GetString().ShouldBe("Ulm");
        answer.GetProperty("label").GetProperty("integrity").GetString().ShouldBe("user");
        answer.GetProperty("label").GetProperty("readers").ToString().ShouldContain("mcp.test");
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task A_person_can_decline_a_question_or_put_it_aside(bool modern, bool dismiss)
    {
        await using var asking = await StartAsync(modern);
        var (run, asked) = await asking.AskAsync(Token);
        (await asking.AnswerAsync(run, asked, Token, content: null, approve: false, dismiss)).Status.ShouldBe(HttpStatusCode.OK);
        var events = await asking.World.Server.FollowAsync(run, null, Token);
        asking.Got.ShouldHaveSingleItem().GetProperty("action").GetString().ShouldBe(dismiss ? "cancel" : "decline");
        asking.Got[0].TryGetProperty("content", out _).ShouldBeFalse();
        TextOf(events).ShouldEndWith(dismiss ? "It was put aside without an answer." : "A person declined to answer.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_question_that_nobody_answers_in_time_is_declined(bool modern)
    {
        await using var asking = await StartAsync(modern, "Tools:Mcp:AnswerTimeMax=00:00:01");
        var (run, asked) = await asking.AskAsync(Token);
        var events = await asking.World.Server.FollowAsync(run, null, Token);
        asking.Got.ShouldHaveSingleItem().GetProperty("action").GetString().ShouldBe("decline");
        TextOf(events).ShouldEndWith("Nobody answered in time, so it was declined.");
        DecidedOf(events, asked).GetProperty("by").GetString().ShouldBe("expiry");
        var (late, problem) = await asking.AnswerAsync(run, asked, Token);
        late.ShouldBe(HttpStatusCode.Gone, problem.ToString());
    }

    [Theory]
    [InlineData("""{ "city": "Ulm" }""", "'nights' is missing")]
    [InlineData("""{ "city": "U", "nights": 2 }""", "'city' must be a text of at least 2 characters")]
    [InlineData("""{ "city": "Ulm", "nights": 2.5 }""", "'nights' must be a whole number")]
    [InlineData("""{ "city": "Ulm", "nights": 99 }""", "'nights' must be at most 14")]
    [InlineData("""{ "city": "Ulm", "nights": 2, "board": "all" }""", "'board' must be one of its choices")]
    [InlineData("""{ "city": "Ulm", "nights": 2, "mail": "nobody" }""", "'mail' must be an e-mail address")]
    [InlineData("""{ "city": "Ulm", "nights": 2, "extras": ["sauna", "bike"] }""", "'extras' must be a list of at most 1 choices")]
    [InlineData("""{ "city": "Ulm", "nights": 2, "price": 0 }""", "no field of the form")]
    [InlineData("""[1]""", "content must be an object")]
    public async Task An_answer_that_does_not_fit_is_refused_and_the_question_stays_open(string content, string why)
    {
        await using var asking = await StartAsync(modern: true);
        var (run, asked) = await asking.AskAsync(Token);
        var (status, problem) = await asking.AnswerAsync(run, asked, Token, content);
        status.ShouldBe(HttpStatusCode.BadRequest, problem.ToString());
        problem.GetProperty("code").GetString().ShouldBe("runs.bad_answer");
        problem.GetProperty("detail").GetString()!.ShouldContain(why);
        asking.Got.ShouldBeEmpty();
        (await asking.AnswerAsync(run, asked, Token)).Status.ShouldBe(HttpStatusCode.OK);
        TextOf(await asking.World.Server.FollowAsync(run, null, Token)).ShouldStartWith("They said: accept.");
    }

    [Theory]
    [InlineData("""{ "type": "object", "properties": { "a": { "type": "object" } } }""", null, "no text, number, yes or no, or choice")]
    [InlineData("""{ "type": "object", "properties": { "a": { "type": "string", "pattern": "x*" } } }""", null, "uses 'pattern'")]
    [InlineData("""{ "type": "object", "properties": {}, "allOf": [] }""", null, "it uses 'allOf'")]
    [InlineData("""{ "type": "object", "properties": { "a": { "type": "string", "format": "regex" } } }""", null, "unknown format")]
    [InlineData("""{ "type": "object", "properties": { "a": { "type": "string" } } }""", "url", "it wants a page opened")]
    public async Task What_no_form_can_ask_is_declined_and_the_model_is_told_why(string form, string? mode, string why)
    {
        await using var asking = await McpQuestionWorld.StartAsync(modern: true, Token);
        await asking.OfferAsync(Token, form, mode);
        var (_, events) = await asking.BeginAsync(null, 0, Token);
        events.Count(static it => it.GetProperty("kind").GetString() == "approval.requested").ShouldBe(1, "nobody is asked but about the call");
        asking.Got.ShouldHaveSingleItem().GetProperty("action").GetString().ShouldBe("decline");
        TextOf(events).ShouldContain(why);
    }

    [Fact]
    public async Task Of_two_answers_one_counts()
    {
        await using var asking = await StartAsync(modern: true);
        var (run, asked) = await asking.AskAsync(Token);
        var both = await Task.WhenAll(
            asking.AnswerAsync(run, asked, Token),
            asking.AnswerAsync(run, asked, Token, """{ "city": "Bonn", "nights": 3 }"""));
        both.Select(static one => one.Status).Order().ShouldBe([HttpStatusCode.OK, HttpStatusCode.Conflict]);
        var events = await asking.World.Server.FollowAsync(run, null, Token);
        asking.Got.ShouldHaveSingleItem().GetProperty("content").GetProperty("city").GetString()
            .ShouldBe(both[0].Status == HttpStatusCode.OK ? "Ulm" : "Bonn");
        events.Count(static it => it.GetProperty("kind").GetString() == "approval.decided").ShouldBe(2, "the call and the question");
    }

    [Fact]
    public async Task Only_members_of_the_tenant_who_may_approve_can_answer()
    {
        await using var asking = await StartAsync(modern: true);
        var (run, asked) = await asking.AskAsync(Token);
        var path = $"/api/v1/runs/{run}/approvals/{asked.GetProperty("approvalId").GetString()}";
        using (var stranger = await asking.World.Server.AddTenantAsync("stranger", Token))
        using (var answer = await stranger.PostAsJsonAsync(path, McpQuestionWorld.BodyOf(asked), Token))
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);

        var (_, key) = await asking.World.SendAsync(
            HttpMethod.Post, "/api-keys", new { name = "reader", scopes = new[] { "runs:read" } }, Token);
        using (var reader = new HttpClient { BaseAddress = asking.World.Server.Client.BaseAddress })
        {
            reader.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.GetProperty("key").GetString());
            using var seen = await reader.GetAsync($"/api/v1/runs/{run}", Token);
            seen.StatusCode.ShouldBe(HttpStatusCode.OK);
            using var answer = await reader.PostAsJsonAsync(path, McpQuestionWorld.BodyOf(asked), Token);
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        }

        asking.Got.ShouldBeEmpty();
        (await asking.AnswerAsync(run, asked, Token)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_no_longer_waits_takes_its_question_back(bool bySaying)
    {
        await using var asking = await McpQuestionWorld.StartAsync(modern: false, Token);
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await asking.OfferAsync(Token);
        asking.Server.Does["book"] = async call =>
        {
            var ask = new JsonObject { ["message"] = "Where to?", ["requestedSchema"] = JsonNode.Parse(McpQuestionWorld.Form) };
            _ = call.AskAsync("elicitation/create", ask);
            await open.Task;
            if (bySaying) await call.TellAsync("notifications/cancelled", new JsonObject { ["requestId"] = "ask-1" });
            return McpTestServer.Text("Booked anyway.");
        };
        var (run, asked) = await asking.AskAsync(Token);
        open.SetResult();
        var events = await asking.World.Server.FollowAsync(run, null, Token);
        DecidedOf(events, asked).GetProperty("by").GetString().ShouldBe("withdrawal");
        TextOf(events).ShouldBe("Booked anyway.");
        (await asking.AnswerAsync(run, asked, Token)).Status.ShouldBe(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_run_that_is_cancelled_takes_its_question_back()
    {
        await using var asking = await StartAsync(modern: true);
        var (run, asked) = await asking.AskAsync(Token);
        (await asking.World.SendAsync(HttpMethod.Post, $"/runs/{run}/cancel", new { }, Token)).Status.ShouldBe(HttpStatusCode.Accepted);
        var events = await asking.World.Server.FollowAsync(run, null, Token);
        events[^1].GetProperty("kind").GetString().ShouldBe("run.cancelled");
        DecidedOf(events, asked).GetProperty("by").GetString().ShouldBe("withdrawal");
        asking.Got.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_approval_takes_no_answer()
    {
        await using var asking = await StartAsync(modern: true);
        asking.World.Chat.Answers.Clear();
        asking.World.Chat.Wants("s_book", """{ "day": "today" }""");
        asking.World.Chat.Says("Done.");
        var (run, events) = await asking.World.RunAsync("approval.requested", Token);
        var (status, problem) = await asking.AnswerAsync(run, events[^1].GetProperty("data"), Token);
        status.ShouldBe(HttpStatusCode.BadRequest);
        problem.GetProperty("code").GetString().ShouldBe("runs.no_question");
    }

    [Fact]
    public async Task A_secret_of_the_configuration_does_not_leave_by_an_answer()
    {
        await using var asking = await StartAsync(modern: true);
        var (run, asked) = await asking.AskAsync(Token);
        (await asking.AnswerAsync(run, asked, Token, """{ "city": "s3cr3t-value", "nights": 2 }""")).Status.ShouldBe(HttpStatusCode.OK);
        await asking.World.Server.FollowAsync(run, null, Token);
        asking.Got.ShouldHaveSingleItem().GetRawText().ShouldBe("""{"action":"decline"}""");
    }

    private static async Task<McpQuestionWorld> StartAsync(bool modern, params string[] settings)
    {
        var asking = await McpQuestionWorld.StartAsync(modern, Token, settings);
        await asking.OfferAsync(Token);
        return asking;
    }

    private static string TextOf(List<JsonElement> events) =>
        ConnectionWorld.Completed(events, "1.s_book.1").GetProperty("output").GetProperty("text").GetString()!;

    private static JsonElement DecidedOf(List<JsonElement> events, JsonElement asked) => events
        .Where(static it => it.GetProperty("kind").GetString() == "approval.decided").Select(static it => it.GetProperty("data"))
        .Single(it => it.GetProperty("approvalId").GetString() == asked.GetProperty("approvalId").GetString());
}
