using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Scripted;
using Microsoft.Extensions.AI;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Inference;

public sealed class ScriptTests
{
    [Fact]
    public void The_turn_is_counted_from_the_answers_in_the_conversation()
    {
        Situation.Of([User("Go")]).Turn.ShouldBe(1);
        Situation.Of([User("Go"), Called("c1", "shell"), Result("c1", "ok")]).Turn.ShouldBe(2);
    }

    [Fact]
    public void Results_of_one_turn_are_judged_together()
    {
        var now = Situation.Of(
        [
            User("Go"),
            new ChatMessage(ChatRole.Assistant, [
                new FunctionCallContent("c1", "read_file"), new FunctionCallContent("c2", "shell")]),
            Result("c1", "No such file.", isError: true),
            Result("c2", "fine", data: new { exitCode = 3 }),
        ]);

        now.Tool.ShouldBe("shell");
        now.IsError.ShouldBeTrue();
        now.ExitCode.ShouldBe(3);
        now.Text.ShouldBe("Error: No such file.\nfine");
        now.Called.ShouldBe(["read_file", "shell"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("Exit code: 1\nfailed", 1)]
    [InlineData("exited with code 127", 127)]
    [InlineData("exit_code=0", 0)]
    [InlineData("nothing of the kind 7", null)]
    public void An_exit_code_is_read_from_the_text_where_there_is_no_data(string text, int? exitCode)
    {
        var bare = new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c1", text)]);
        Situation.Of([User("Go"), Called("c1", "shell"), bare]).ExitCode.ShouldBe(exitCode);
    }

    [Fact]
    public void A_bare_result_that_begins_with_error_is_an_error()
    {
        var bare = new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c1", "Error: no")]);
        Situation.Of([User("Go"), Called("c1", "shell"), bare]).IsError.ShouldBeTrue();
    }

    [Theory]
    [InlineData("turn: 2", true)]
    [InlineData("turn: 1", false)]
    [InlineData("tool: shell", true)]
    [InlineData("tool: none", false)]
    [InlineData("isError: false", true)]
    [InlineData("isError: true", false)]
    [InlineData("exitCode: 3", true)]
    [InlineData("exitCodeNot: 0", true)]
    [InlineData("exitCodeNot: 3", false)]
    [InlineData("contains: 'tests 6'", true)]
    [InlineData("contains: 'Tests 6'", false)]
    [InlineData("matches: '^# fail [0-9]+$'", true)]
    [InlineData("matches: '^# pass'", false)]
    [InlineData("taskContains: 'fix it'", true)]
    [InlineData("taskMatches: '^Please'", true)]
    [InlineData("called: [shell]", true)]
    [InlineData("called: [shell, edit_file]", false)]
    [InlineData("notCalled: [edit_file]", true)]
    [InlineData("notCalled: [shell]", false)]
    public void Every_condition_holds_when_it_should(string condition, bool fits)
    {
        var script = Script($"turns:\n  - when: {{ {condition} }}\n    reply: yes it fits\n");
        var now = Situation.Of(
        [
            User("Please FIX IT"),
            Called("c1", "shell"),
            Result("c1", "# tests 6\n# fail 1\n", data: new { exitCode = 3 }),
        ]);

        (ScriptMatcher.Find(script, now) is not null).ShouldBe(fits);
    }

    [Fact]
    public void The_first_turn_that_fits_wins()
    {
        var script = Script("turns:\n  - when: { turn: 5 }\n    reply: a\n  - reply: b\n  - reply: c\n");
        ScriptMatcher.Find(script, Situation.Of([User("Go")]))!.Value.Turn.Reply.ShouldBe("b");
    }

    [Fact]
    public void Templates_are_filled_in_text_and_in_arguments_at_any_depth()
    {
        var script = Script("""
            turns:
              - when: { taskMatches: 'read (?<file>\S+)', matches: '(?<count>[0-9]+) lines' }
                reply: '{{ task }} / {{last.text}} / {{ turn }} / {{ match.count }}'
                call:
                  - tool: read_file
                    arguments:
                      path: '{{ match.file }}'
                      count: 3
                      deep: { all: true, names: ['{{ match.file }}', plain, 1.5], none: null }
            """);
        var now = Situation.Of([User("read a.txt"), Called("c1", "x"), Result("c1", "12 lines")]);

        var (turn, captures) = ScriptMatcher.Find(script, now)!.Value;

        ScriptTemplate.Fill(turn.Reply, now, captures).ShouldBe("read a.txt / 12 lines / 2 / 12");
        ScriptTemplate.Fill(turn.Call[0].Arguments["path"], now, captures)!.ToJsonString().ShouldBe("\"a.txt\"");
        ScriptTemplate.Fill(turn.Call[0].Arguments["count"], now, captures)!.ToJsonString().ShouldBe("3");
        ScriptTemplate.Fill(turn.Call[0].Arguments["deep"], now, captures)!.ToJsonString()
            .ShouldBe("""{"all":true,"names":["a.txt","plain",1.5],"none":null}""");
    }

    [Theory]
    [InlineData("turns: []", "no turns")]
    [InlineData("", "no turns")]
    [InlineData("turns:\n  - when: { turn: 1 }\n", "turn 1 has neither a reply nor a call")]
    [InlineData("turns:\n  - call: [{ arguments: {} }]\n", "without naming it")]
    [InlineData("turns:\n  - reply: '{{ nonsense }}'\n", "{{ nonsense }}")]
    [InlineData("turns:\n  - when: { matches: '(?<a>x)' }\n    reply: '{{ match.b }}'\n", "{{ match.b }}")]
    [InlineData("turns:\n  - when: { matches: '(' }\n    reply: x\n", "regular expression")]
    public void A_script_that_cannot_work_is_refused_with_the_reason(string yaml, string reason)
    {
        var fault = ScriptReader.Read("mine", yaml).Fault;

        fault.Code.ShouldBe("inference.bad_script");
        fault.Message.ShouldContain(reason);
    }

    [Theory]
    [InlineData("turns:\n  - replay: x\n", 2, 5)]
    [InlineData("turns:\n  - reply: [\n", 2, 12)]
    [InlineData("turns:\n  - when: { turn: soon }\n    reply: x\n", 2, 19)]
    public void A_script_that_cannot_be_read_is_refused_with_line_and_column(string yaml, int line, int column)
    {
        var fault = ScriptReader.Read("mine", yaml).Fault;

        fault.Code.ShouldBe("inference.bad_script");
        (fault.Details["line"], fault.Details["column"]).ShouldBe(((object)(long)line, (object)(long)column));
    }

    private static Script Script(string yaml) => ScriptReader.Read("test", yaml).Value;

    private static ChatMessage User(string text) => new(ChatRole.User, text);

    private static ChatMessage Called(string id, string tool) =>
        new(ChatRole.Assistant, [new FunctionCallContent(id, tool)]);

    private static ChatMessage Result(string id, string text, bool isError = false, object? data = null) =>
        ChatContents.ToolResult(id, text, isError, data is null ? null : JsonSerializer.SerializeToElement(data));
}
