using CodexOS.Inference.Contracts;
using Microsoft.Extensions.AI;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Agents;

public sealed class ContextWindowTests
{
    [Fact]
    public void The_oldest_tool_output_is_cut_when_the_conversation_grows_too_long()
    {
        var script = new RunScript(contextTokensMax: 1_000);
        for (var turn = 1; turn <= 4; turn++) Read(script, turn, 1_200);

        var results = Results(script.Chat());

        results[0].ShouldStartWith("[The 1200 characters that read_file gave here were cut");
        results[^1].Length.ShouldBe(1_200);
        Tokens(script.Chat()).ShouldBeLessThan(1_000);
    }

    [Fact]
    public void What_was_cut_stays_cut_so_that_the_beginning_does_not_change()
    {
        var script = new RunScript(contextTokensMax: 2_000);
        var before = new List<string>();
        for (var turn = 1; turn <= 30; turn++)
        {
            Read(script, turn, 900);
            var results = Results(script.Chat());
            for (var i = 0; i < before.Count; i++)
            {
                if (before[i].StartsWith('[')) results[i].ShouldBe(before[i]);
            }

            before = results;
        }

        Tokens(script.Chat()).ShouldBeLessThan(2_000);
    }

    [Fact]
    public void Output_of_one_turn_that_is_too_long_by_itself_is_shortened()
    {
        var script = new RunScript(contextTokensMax: 1_000);
        script.Answers(1, "", ("read_file", """{"path":"a"}"""), ("read_file", """{"path":"b"}"""))
            .Gives("1.read_file.1", new string('a', 50_000)).Gives("1.read_file.2", new string('b', 50_000));

        var results = Results(script.Chat());

        results.ShouldAllBe(static text => text.Contains("characters were cut to save space"));
        results[0].ShouldStartWith("aaaa");
        Tokens(script.Chat()).ShouldBeLessThan(1_000);
    }

    [Fact]
    public void A_conversation_that_cannot_be_cut_to_fit_ends_the_run_and_says_what_to_do()
    {
        var script = new RunScript(contextTokensMax: 1_000);
        script.Answers(1, new string('x', 9_000), ("read_file", """{"path":"a"}""")).Gives("1.read_file.1", "text");

        var fault = script.Failure();

        fault.Code.ShouldBe("agents.context_full");
        fault.Message.ShouldContain("limits.context_tokens_max");
    }

    private static void Read(RunScript script, int turn, int length) => script
        .Answers(turn, "", ("read_file", $$"""{"path":"{{turn}}"}"""))
        .Gives($"{turn}.read_file.1", new string((char)('a' + (turn % 26)), length));

    private static List<string> Results(ChatCall chat) =>
        [.. chat.Messages.SelectMany(static message => message.Contents).OfType<FunctionResultContent>()
            .Select(static result => (string)result.Result!)];

    private static int Tokens(ChatCall chat) =>
        (chat.Messages.Sum(static message => message.Text.Length) + Results(chat).Sum(static text => text.Length)) / 4;
}
