using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Testing.OpenAi;
using Microsoft.Extensions.AI;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Inference;

public sealed class OpenAiStreamingTests : IAsyncLifetime
{
    private const string Key = "sk-test-0123456789";
    private const string Model = "openai:gpt-4o-mini";

    private OpenAiServer _server = null!;
    private ModelHost _models = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await OpenAiServer.StartAsync(Key);
        _models = new ModelHost(("OpenAI:BaseUrl", _server.BaseUrl.ToString()), ("OpenAI:ApiKey", Key));
    }

    public async ValueTask DisposeAsync()
    {
        _models.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Text_arrives_while_the_answer_is_still_being_made()
    {
        var gate = new TaskCompletionSource();
        var firstWord = new TaskCompletionSource<string>();
        _server.Then(new OpenAiAnswer.Says("One two three.") { AfterFirstWord = gate.Task });

        var deltas = new List<string>();
        var answer = _models.PerformAsync(ModelHost.Ask(Model), text =>
        {
            deltas.Add(text);
            firstWord.TrySetResult(text);
        });

        (await firstWord.Task).ShouldBe("One");
        answer.IsCompleted.ShouldBeFalse();
        gate.SetResult();
        (await answer).Value.Output.GetProperty("text").GetString().ShouldBe("One two three.");
        deltas.ShouldBe(["One", " two", " three."]);
    }

    [Fact]
    public async Task Tool_calls_are_put_together_from_their_pieces()
    {
        _server.Then(new OpenAiAnswer.Says(
            "Reading.",
            new OpenAiToolCall("read_file", """{"path":"src/calc.js"}"""),
            new OpenAiToolCall("read_file", """{"path":"test/calc.test.js","start_line":3}""")));

        var (reply, usage) = await _models.ReplyAsync(ModelHost.Ask(Model) with { Tools = ModelHost.OneTool });

        reply.Text.ShouldBe("Reading.");
        reply.FinishReason.ShouldBe("tool_calls");
        reply.Model.ShouldBe("gpt-4o-mini-2026-01-01");
        reply.IsReal.ShouldBeTrue();
        reply.ToolCalls.Select(call => (call.CallId, call.Tool, call.Arguments.GetRawText(), call.Malformed)).ShouldBe(
        [
            ("call_0_x", "read_file", """{"path":"src/calc.js"}""", null),
            ("call_1_x", "read_file", """{"path":"test/calc.test.js","start_line":3}""", null),
        ]);
        usage.TokensIn.ShouldBe(100);
        usage.TokensOut.ShouldBe(20);
    }

    [Fact]
    public async Task Cost_counts_cached_input_at_its_own_price()
    {
        _server.Then(new OpenAiAnswer.Says("Yes.") { Usage = (1_000_000, 500_000, 400_000) });

        var (reply, usage) = await _models.ReplyAsync(ModelHost.Ask(Model));

        // 600,000 × 0.15 $ + 400,000 × 0.075 $ + 500,000 × 0.60 $, each per million.
        usage.CostMicroUsd.ShouldBe(90_000 + 30_000 + 300_000);
        reply.IsPriced.ShouldBeTrue();
    }

    [Fact]
    public async Task A_model_without_a_price_costs_nothing_and_says_so()
    {
        _server.Then(new OpenAiAnswer.Says("Yes."));

        var (reply, usage) = await _models.ReplyAsync(ModelHost.Ask("openai:brand-new"));

        usage.CostMicroUsd.ShouldBe(0);
        reply.IsPriced.ShouldBeFalse();
    }

    [Fact]
    public async Task Tokens_are_estimated_where_the_endpoint_counts_none()
    {
        _server.Then(new OpenAiAnswer.Says("Four") { Usage = null });

        var (_, usage) = await _models.ReplyAsync(ModelHost.Ask(Model, "12345678"));

        usage.TokensIn.ShouldBe(2);
        usage.TokensOut.ShouldBe(1);
    }

    [Fact]
    public async Task The_request_carries_the_conversation_the_tools_and_the_settings()
    {
        _server.Then(new OpenAiAnswer.Says("Done."));
        var chat = ModelHost.Ask(Model) with
        {
            Messages =
            [
                new ChatMessage(ChatRole.System, "Be brief."),
                new ChatMessage(ChatRole.User, "Read it."),
                new ChatMessage(ChatRole.Assistant, [new FunctionCallContent(
                    "call_1", "read_file", new Dictionary<string, object?> { ["path"] = "a.txt" })]),
                ChatContents.ToolResult("call_1", "No such file.", isError: true),
            ],
            Tools = ModelHost.OneTool,
            Temperature = 0.5f,
            OutputTokensMax = 77,
        };

        await _models.ReplyAsync(chat);

        var request = _server.Requests.ShouldHaveSingleItem();
        request.Authorization.ShouldBe($"Bearer {Key}");
        request.Model.ShouldBe("gpt-4o-mini");
        request.Streams.ShouldBeTrue();
        request.Body.GetProperty("stream_options").GetProperty("include_usage").GetBoolean().ShouldBeTrue();
        request.Body.GetProperty("temperature").GetDouble().ShouldBe(0.5);
        request.Body.GetProperty("max_completion_tokens").GetInt32().ShouldBe(77);
        var function = request.Body.GetProperty("tools")[0].GetProperty("function");
        function.GetProperty("name").GetString().ShouldBe("read_file");
        function.GetProperty("parameters").GetProperty("required")[0].GetString().ShouldBe("path");
        request.Messages.Select(message => message.GetProperty("role").GetString())
            .ShouldBe(["system", "user", "assistant", "tool"]);
        var sent = request.Messages[2].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments");
        JsonDocument.Parse(sent.GetString()!).RootElement.GetProperty("path").GetString().ShouldBe("a.txt");
        request.Messages[3].GetProperty("content").ToString().ShouldBe("Error: No such file.");
    }

    [Theory]
    [InlineData("{\"path\": ", "{\"path\": ")]
    [InlineData("[1, 2]", "[1, 2]")]
    [InlineData("\"src\"", "\"src\"")]
    [InlineData("null", "null")]
    [InlineData("", null)]
    public async Task Arguments_that_are_no_json_object_are_handed_over_as_written(string written, string? malformed)
    {
        _server.Then(new OpenAiAnswer.Says("", new OpenAiToolCall("read_file", written)));

        var (reply, _) = await _models.ReplyAsync(ModelHost.Ask(Model) with { Tools = ModelHost.OneTool });

        var call = reply.ToolCalls.ShouldHaveSingleItem();
        call.Malformed.ShouldBe(malformed);
        call.Arguments.GetRawText().ShouldBe("{}");
        call.Tool.ShouldBe("read_file");
    }

    [Fact]
    public async Task A_malformed_call_does_not_spoil_the_one_beside_it()
    {
        _server.Then(new OpenAiAnswer.Says(
            "", new OpenAiToolCall("read_file", "{oops"), new OpenAiToolCall("read_file", """{"path":"b"}""")));

        var (reply, _) = await _models.ReplyAsync(ModelHost.Ask(Model) with { Tools = ModelHost.OneTool });

        reply.ToolCalls[0].Malformed.ShouldBe("{oops");
        reply.ToolCalls[1].Malformed.ShouldBeNull();
        reply.ToolCalls[1].Arguments.GetProperty("path").GetString().ShouldBe("b");
    }

    [Fact]
    public async Task An_endpoint_without_a_key_is_sent_none()
    {
        await using var local = await OpenAiServer.StartAsync();
        local.Then(new OpenAiAnswer.Says("Hello."));
        using var models = new ModelHost(
            ("Compatible:mine:BaseUrl", local.BaseUrl.ToString()), ("Prices:mine:*:Input", "1"));

        var (reply, usage) = await models.ReplyAsync(ModelHost.Ask("mine:qwen2.5:7b") with { OutputTokensMax = 55 });

        reply.Text.ShouldBe("Hello.");
        reply.IsPriced.ShouldBeTrue();
        usage.CostMicroUsd.ShouldBe(100);
        local.Requests[0].Authorization.ShouldBeNull();
        local.Requests[0].Model.ShouldBe("qwen2.5:7b");
        local.Requests[0].Body.GetProperty("max_tokens").GetInt32().ShouldBe(55);
        local.Requests[0].Body.TryGetProperty("max_completion_tokens", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_key_is_read_from_its_file()
    {
        var file = Path.Combine(_models.Data, "key");
        await File.WriteAllTextAsync(file, Key + "\n", TestContext.Current.CancellationToken);
        using var models = new ModelHost(("OpenAI:BaseUrl", _server.BaseUrl.ToString()), ("OpenAI:ApiKeyFile", file));
        _server.Then(new OpenAiAnswer.Says("Yes."));

        (await models.ReplyAsync(ModelHost.Ask(Model))).Reply.Text.ShouldBe("Yes.");
    }
}
