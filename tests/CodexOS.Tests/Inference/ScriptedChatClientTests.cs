using CodexOS.Inference.Pipeline;
using CodexOS.Inference.Scripted;
using CodexOS.Testing;
using Microsoft.Extensions.AI;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Inference;

public sealed class ScriptedChatClientTests
{
    private static readonly ChatMessage Going = new(ChatRole.User, "Go");

    [Fact]
    public async Task The_same_conversation_always_gets_the_same_answer()
    {
        const string script = "turns: [{ reply: Hello there., call: [{ tool: shell, arguments: { command: ls } }] }]";
        var first = await AnswerAsync(script);
        var second = await AnswerAsync(script);

        first.Text.ShouldBe("Hello there.");
        first.FinishReason.ShouldBe(ChatFinishReason.ToolCalls);
        var ids = new[] { first, second }
            .Select(answer => answer.Messages[0].Contents.OfType<FunctionCallContent>().Single().CallId);
        ids.ShouldBe(["call_1_1", "call_1_1"]);
    }

    [Fact]
    public async Task Text_is_streamed_word_by_word_at_the_set_pace()
    {
        var clock = Clocks.AtNoon();
        using var client = Client("turns:\n  - reply: One two three.\n", TimeSpan.FromMilliseconds(15), clock);
        await using var updates = client.GetStreamingResponseAsync([Going], null, TestContext.Current.CancellationToken)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);

        (await updates.MoveNextAsync()).ShouldBeTrue();
        updates.Current.Text.ShouldBe("One ");
        var next = updates.MoveNextAsync();
        next.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromMilliseconds(15));
        (await next).ShouldBeTrue();
        updates.Current.Text.ShouldBe("two ");
    }

    [Fact]
    public async Task No_turn_that_fits_is_a_fault_that_names_the_turn()
    {
        var failure = await Should.ThrowAsync<ModelCallException>(
            () => AnswerAsync("turns:\n  - when: { turn: 2 }\n    reply: x\n"));

        failure.Fault.Code.ShouldBe("inference.script_exhausted");
        failure.Fault.Message.ShouldContain("turn 1");
        failure.Fault.Details["turn"].ShouldBe(1);
    }

    [Fact]
    public async Task An_expression_that_takes_too_long_is_given_up()
    {
        var failure = await Should.ThrowAsync<ModelCallException>(() => AnswerAsync(
            "turns:\n  - when: { taskMatches: '^(a|aa)+$' }\n    reply: x\n", new string('a', 60) + "!"));

        failure.Fault.Code.ShouldBe("inference.bad_script");
    }

    private static async Task<ChatResponse> AnswerAsync(string yaml, string task = "Go")
    {
        using var client = Client(yaml, TimeSpan.Zero, Clocks.AtNoon());
        return await client.GetResponseAsync(
            [new ChatMessage(ChatRole.User, task)], null, TestContext.Current.CancellationToken);
    }

    private static ScriptedChatClient Client(string yaml, TimeSpan pause, TimeProvider clock) =>
        new("test", ScriptReader.Read("test", yaml).Value, pause, clock);
}
