using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.OpenAi;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.EndToEnd;

/// <summary>
/// The demo agent with an OpenAI-compatible endpoint instead of its script: the official client library, streaming, tool
/// calls, real tools in the real sandbox. What the endpoint does wrong ends the run in words.
/// </summary>
public sealed class RealModelTests
{
    private const string Key = "sk-the-key-of-this-test";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_agent_does_its_work_with_a_model_behind_an_OpenAI_compatible_endpoint()
    {
        await using var model = await OpenAiServer.StartAsync(Key);
        model.Then(
            new OpenAiAnswer.Says("I look at the tests.", Call("shell", new { command = "node --test" })),
            new OpenAiAnswer.Says("I fix it.", Call("edit_file", new
            {
                path = "src/calc.js",
                old_text = "[...numbers].sort()",
                new_text = "[...numbers].sort((a, b) => a - b)",
            })),
            new OpenAiAnswer.Says("Once more.", Call("shell", new { command = "node --test" })),
            new OpenAiAnswer.Says("The tests pass now."));
        await using var server = await StartAsync(model.BaseUrl);
        using var api = await server.SignInAsync(Token);

        var run = await StartRunAsync(api, "openai:gpt-4o-mini");
        var (events, deltas) = await FollowAsync(api, run);
        var ended = await api.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}", Token);

        ended.GetProperty("status").GetString().ShouldBe("completed");
        ended.GetProperty("output").GetString().ShouldBe("The tests pass now.");
        ended.GetProperty("modelIsReal").GetBoolean().ShouldBeTrue();
        ended.GetProperty("tokensIn").GetInt64().ShouldBe(400);
        ended.GetProperty("costMicroUsd").GetInt64().ShouldBeGreaterThan(0);
        deltas.ShouldNotBeEmpty();
        events.Where(happened => DataOf(happened).TryGetProperty("output", out var output)
                && output.TryGetProperty("data", out var data)
                && data.ValueKind is JsonValueKind.Object && data.TryGetProperty("exitCode", out _))
            .Select(happened => DataOf(happened).GetProperty("output").GetProperty("data").GetProperty("exitCode").GetInt32())
            .ShouldBe([1, 0]);
        model.Requests.Count.ShouldBe(4);
        model.Requests.ShouldAllBe(request => request.Streams);
        events.ShouldAllBe(happened => !happened.GetRawText().Contains(Key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("refuses the key", "inference.bad_key")]
    [InlineData("answers garbage", "inference.garbage_answer")]
    [InlineData("hangs", "inference.timeout")]
    [InlineData("is down", "inference.endpoint_down")]
    public async Task An_endpoint_that_fails_ends_the_run_with_a_fault_that_says_what_to_do(string how, string code)
    {
        await using var model = await OpenAiServer.StartAsync(how == "refuses the key" ? "another key" : Key);
        model.Otherwise(_ => how == "hangs"
            ? new OpenAiAnswer.Hangs()
            : new OpenAiAnswer.Sends("text/html", "<h1>It works!</h1>"));
        var url = how == "is down" ? new Uri("http://127.0.0.1:9/v1") : model.BaseUrl;
        await using var server = await StartAsync(url);
        using var api = await server.SignInAsync(Token);

        var run = await StartRunAsync(api, "openai:gpt-4o-mini");
        await FollowAsync(api, run);
        var ended = await api.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}", Token);

        ended.GetProperty("status").GetString().ShouldBe("failed");
        var fault = ended.GetProperty("fault");
        fault.GetProperty("code").GetString().ShouldBe(code);
        fault.GetProperty("message").GetString()!.ShouldNotContain(Key);
    }

    [Fact]
    public async Task A_provider_without_a_key_is_refused_before_the_run_starts()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        using var api = await server.SignInAsync(Token);

        using var answer = await PostRunAsync(api, "vllm:some-model");

        ((int)answer.StatusCode).ShouldBeInRange(400, 503);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        problem.GetProperty("code").GetString().ShouldBe("inference.unknown_provider");
    }

    private static Task<CodexServer> StartAsync(Uri endpoint) => CodexServer.StartAsync(
        settings:
        [
            $"Inference:OpenAI:BaseUrl={endpoint}", $"Inference:OpenAI:ApiKey={Key}",
            "Inference:Calls:SilenceMax=00:00:02", "Inference:Calls:TotalTimeMax=00:00:05", "Inference:Calls:AttemptsMax=2",
        ],
        cancellationToken: Token);

    private static OpenAiToolCall Call(string tool, object arguments) => new(tool, JsonSerializer.Serialize(arguments));

    private static Task<HttpResponseMessage> PostRunAsync(HttpClient api, string model) => api.PostAsJsonAsync(
        "/api/v1/agents/repo-engineer/runs",
        new { input = "make the failing test pass", model, workspace = new { sample = "calc" } },
        Token);

    private static async Task<string> StartRunAsync(HttpClient api, string model)
    {
        using var answer = await PostRunAsync(api, model);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Token));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!;
    }

    private static async Task<(List<JsonElement> Events, List<string> Deltas)> FollowAsync(HttpClient api, string run)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var response = await api.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        var (events, deltas, isDelta) = (new List<JsonElement>(), new List<string>(), false);
        while (await reader.ReadLineAsync(Token) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal)) isDelta = line == "event: delta";
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            if (isDelta) deltas.Add(line);
            else events.Add(JsonDocument.Parse(line["data: ".Length..]).RootElement);
        }

        return (events, deltas);
    }

    private static JsonElement DataOf(JsonElement happened) => happened.GetProperty("data");
}
