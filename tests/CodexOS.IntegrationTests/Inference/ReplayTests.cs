using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Testing;
using CodexOS.Testing.OpenAi;
using Microsoft.Extensions.AI;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Inference;

public sealed class ReplayTests : IAsyncLifetime
{
    private const string Key = "sk-recorded-5566778899";
    private readonly TempDirectory _cassettes = new();
    private OpenAiServer _server = null!;

    private string Cassette => _cassettes.In("tour.jsonl");

    public async ValueTask InitializeAsync() => _server = await OpenAiServer.StartAsync(Key);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _cassettes.Dispose();
    }

    [Fact]
    public async Task What_was_recorded_is_played_back_word_for_word()
    {
        var recorded = await RecordAsync();
        using var models = Player();

        var first = await models.ReplyAsync(FirstTurn("replay:tour"));
        var second = await models.ReplyAsync(
            SecondTurn("replay:tour", "run_0123456789abcdef0123456789abcdef took 7.3 ms", "call_other"));

        ShouldBeTheSame(first, recorded[0]);
        ShouldBeTheSame(second, recorded[1]);
        first.Reply.IsReal.ShouldBeFalse();
        first.Usage.CostMicroUsd.ShouldBe(0);
    }

    [Fact]
    public async Task An_unknown_request_names_the_nearest_difference()
    {
        await RecordAsync();
        using var models = Player();

        var fault = await models.FaultAsync(SecondTurn("replay:tour", "something else", "call_0_x"));

        fault.Code.ShouldBe("inference.not_recorded");
        fault.Message.ShouldContain("message 3 (tool result) reads differently");

        fault = await models.FaultAsync(FirstTurn("replay:tour") with { Tools = [] });
        fault.Message.ShouldContain("the tools are different");
    }

    [Fact]
    public async Task A_cassette_holds_no_key()
    {
        await RecordAsync($"The key is {Key}.");

        var written = await File.ReadAllTextAsync(Cassette, TestContext.Current.CancellationToken);
        written.ShouldContain("The key is ***.");
        written.ShouldNotContain(Key);
        written.ShouldNotContain("Bearer");
        File.GetUnixFileMode(Cassette).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_cassette_that_is_not_there_or_broken_is_named()
    {
        using var models = Player();
        (await models.FaultAsync(ModelHost.Ask("replay:missing"))).Code.ShouldBe("inference.unknown_model");
        (await models.FaultAsync(ModelHost.Ask("replay:../../etc/passwd"))).Code.ShouldBe("inference.unknown_model");

        await File.WriteAllTextAsync(Cassette, "{}\n", TestContext.Current.CancellationToken);
        var fault = await models.FaultAsync(ModelHost.Ask("replay:tour"));
        fault.Code.ShouldBe("inference.bad_cassette");
        fault.Message.ShouldContain("line 1");
    }

    private async Task<List<(ModelReply Reply, EffectUsageOf Usage)>> RecordAsync(string text = "I read it.")
    {
        using var models = new ModelHost(
            ("OpenAI:BaseUrl", _server.BaseUrl.ToString()),
            ("OpenAI:ApiKey", Key),
            ("Cassettes:Directory", _cassettes.Path),
            ("Cassettes:RecordTo", "tour"));
        _server.Then(
            new OpenAiAnswer.Says(text, new OpenAiToolCall("read_file", """{"path":"a.txt"}""")),
            new OpenAiAnswer.Says("It is about time."));
        List<(ModelReply, EffectUsageOf)> replies = [];
        foreach (var chat in new[]
        {
            FirstTurn("openai:gpt-4o-mini"),
            SecondTurn("openai:gpt-4o-mini", "run_ffffffffffffffffffffffffffffffff took 12.5 ms", "call_0_x"),
        })
        {
            var (reply, usage) = await models.ReplyAsync(chat);
            replies.Add((reply, new EffectUsageOf(usage.TokensIn, usage.TokensOut)));
        }

        return replies;
    }

    private ModelHost Player() => new(("Cassettes:Directory", _cassettes.Path));

    private static void ShouldBeTheSame(
        (ModelReply Reply, EffectUsage Usage) played, (ModelReply Reply, EffectUsageOf Usage) recorded)
    {
        Written(played.Reply with { IsReal = true, IsPriced = true })
            .ShouldBe(Written(recorded.Reply with { IsPriced = true }));
        new EffectUsageOf(played.Usage.TokensIn, played.Usage.TokensOut).ShouldBe(recorded.Usage);
    }

    private static string Written(ModelReply reply) => JsonSerializer.Serialize(reply, Json.Options);

    private static ChatCall FirstTurn(string model) =>
        ModelHost.Ask(model, "What is in a.txt?") with { Tools = ModelHost.OneTool };

    private static ChatCall SecondTurn(string model, string result, string callId) => FirstTurn(model) with
    {
        Messages =
        [
            .. FirstTurn(model).Messages,
            new ChatMessage(ChatRole.Assistant, [new FunctionCallContent(
                callId, "read_file", new Dictionary<string, object?> { ["path"] = "a.txt" })]),
            ChatContents.ToolResult(callId, result, isError: false),
        ],
    };

    private sealed record EffectUsageOf(long TokensIn, long TokensOut);
}
