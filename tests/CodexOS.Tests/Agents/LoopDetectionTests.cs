using Shouldly;
using Xunit;

namespace CodexOS.Tests.Agents;

public sealed class LoopDetectionTests
{
    private const string A = """{"path":"a"}""";
    private const string B = """{"path":"b"}""";

    [Fact]
    public void The_same_call_four_times_in_a_row_is_a_loop()
    {
        var script = new RunScript();
        for (var turn = 1; turn <= 3; turn++)
            script.Answers(turn, "", ("read_file", A)).Gives($"{turn}.read_file.1", $"text {turn}");
        script.Steps().Single().Step.ShouldBe("4.model");

        var fault = script.Answers(4, "", ("read_file", """{ "path" : "a" }""")).Failure();

        fault.Code.ShouldBe("agents.loop_detected");
        fault.Message.ShouldContain("called read_file with the same arguments 4 times in a row");
        fault.Message.ShouldContain("1.read_file.1, 2.read_file.1, 3.read_file.1, 4.read_file.1");
    }

    [Fact]
    public void The_same_test_run_between_changes_is_no_loop()
    {
        var script = new RunScript();
        for (var turn = 1; turn <= 12; turn += 2)
        {
            script.Answers(turn, "", ("shell", A)).Gives($"{turn}.shell.1", "1 failed", isError: true);
            script.Answers(turn + 1, "", ("read_file", $$"""{"path":"{{turn}}"}"""))
                .Gives($"{turn + 1}.read_file.1", "ok");
        }

        script.Steps().Single().Step.ShouldBe("13.model");
    }

    [Fact]
    public void The_same_error_three_times_in_a_row_is_a_loop()
    {
        var script = new RunScript();
        for (var turn = 1; turn <= 3; turn++)
            script.Answers(turn, "", ("read_file", $$"""{"path":"{{turn}}"}""")).Fails($"{turn}.read_file.1");

        script.Failure().Code.ShouldBe("agents.loop_detected");
        script.Failure().Message.ShouldContain("met the same error of read_file 3 times in a row");
    }

    [Fact]
    public void Different_errors_in_a_row_are_no_loop_until_the_limit()
    {
        var script = new RunScript(errorsInARowMax: 4);
        for (var turn = 1; turn <= 4; turn++)
        {
            script.Steps().Single().Step.ShouldBe($"{turn}.model");
            script.Answers(turn, "", ("read_file", $$"""{"path":"{{turn}}"}"""))
                .Gives($"{turn}.read_file.1", $"error {turn}", isError: true);
        }

        script.Failure().Code.ShouldBe("agents.too_many_errors");
        script.Failure().Message.ShouldContain("The last 4 tool calls failed");
    }

    [Fact]
    public void Two_calls_in_alternation_six_times_are_a_loop()
    {
        var script = new RunScript();
        for (var turn = 1; turn <= 5; turn++)
            script.Answers(turn, "", ("read_file", turn % 2 == 0 ? A : B)).Gives($"{turn}.read_file.1", $"text {turn}");
        script.Steps().Single().Step.ShouldBe("6.model");

        var fault = script.Answers(6, "", ("read_file", A)).Failure();

        fault.Code.ShouldBe("agents.loop_detected");
        fault.Message.ShouldContain("went back and forth between read_file and read_file");
    }

    [Fact]
    public void Four_equal_calls_side_by_side_are_a_loop_too() => new RunScript()
        .Answers(1, "", ("read_file", A), ("read_file", A), ("read_file", A), ("read_file", A))
        .Failure().Code.ShouldBe("agents.loop_detected");
}
