using System.Text.Json;
using CodexOS.Agents.Program;
using CodexOS.Inference.Contracts;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.AI;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Agents;

public sealed class AgentProgramTests
{
    private const string Path = """{"path":"a.js"}""";
    private const string Test = """{"command":"node --test"}""";

    [Fact]
    public void A_new_run_asks_the_model_with_instructions_task_and_tools()
    {
        var step = new RunScript().Steps().Single();

        (step.Step, step.Effect).ShouldBe(("1.model", "model.chat"));
        step.Input.GetRawText().ShouldBe("""{"provider":"scripted","model":"x","messagesCount":2,"toolsCount":2}""");
        var chat = step.Prepared.ShouldBeOfType<ChatCall>();
        chat.Messages.Select(static message => (message.Role, message.Text)).ShouldBe(
            [(ChatRole.System, "Be careful."), (ChatRole.User, "Make the test pass.")]);
        chat.Tools.Select(static tool => tool.Name).ShouldBe(["read_file", "shell"]);
    }

    [Fact]
    public void Only_a_task_to_which_nothing_was_said_may_get_an_earlier_answer()
    {
        var cache = new PinnedCache("agt_1", 3, 0.95, 60);
        new RunScript().Chat().Cache.ShouldBeNull();

        var rule = new RunScript(cache: cache).Chat().Cache.ShouldNotBeNull();
        (rule.Agent, rule.Version, rule.Similarity, rule.TtlSeconds).ShouldBe(("agt_1", 3, 0.95, 60L));
        Label.Read(rule.Label).ShouldBe(new Label(Integrity.Tenant, Readers.Everyone));

        new RunScript(cache: cache).Answers(1, "", ("read_file", Path)).Gives("1.read_file.1", "text").Chat().Cache.ShouldBeNull();
        new RunScript(cache: cache).Then(new RunSteered("ada", "Be quick.")).Chat().Cache.ShouldBeNull();
    }

    [Fact]
    public void The_label_of_an_earlier_answer_becomes_the_runs()
    {
        var answer = JsonElement.Parse("""{"text":"Yes.","toolCalls":[],"finishReason":"stop","model":"x","isReal":true}""");
        var script = new RunScript().Then(
            new StepCompleted("1.model", 1, answer, null, 5) { Label = new Label(Integrity.Web, Readers.Tenant).ToJson() });

        var label = Label.Read(script.Decide().ShouldBeOfType<Decision.Complete>().Label);

        (label.Integrity, label.Readers).ShouldBe((Integrity.Web, Readers.Tenant));
    }

    [Fact]
    public void What_the_model_asks_for_is_called_side_by_side()
    {
        var steps = new RunScript().Answers(1, "Let me look.", ("read_file", Path), ("shell", Test)).Steps();

        steps.Select(static step => (step.Step, step.Effect)).ShouldBe(
            [("1.read_file.1", "tool.call"), ("1.shell.2", "tool.call")]);
        steps[0].Input.GetRawText().ShouldBe("""{"tool":"read_file","callId":"c1-1","arguments":{"path":"a.js"}}""");
    }

    [Fact]
    public void Only_calls_that_are_not_over_are_asked_for_again() => new RunScript()
        .Answers(1, "", ("read_file", Path), ("shell", Test)).Gives("1.read_file.1", "text")
        .Steps().Select(static step => step.Step).ShouldBe(["1.shell.2"]);

    [Fact]
    public void Results_go_back_to_the_model_in_the_order_of_the_calls()
    {
        var chat = new RunScript().Answers(1, "Let me look.", ("read_file", Path), ("shell", Test))
            .Gives("1.shell.2", "2 passed").Gives("1.read_file.1", "let a").Chat();

        chat.Messages.Length.ShouldBe(5);
        chat.Messages[2].Role.ShouldBe(ChatRole.Assistant);
        var call = chat.Messages[2].Contents.OfType<FunctionCallContent>().First();
        (call.CallId, call.Name, ((JsonElement)call.Arguments!["path"]!).GetString())
            .ShouldBe(("c1-1", "read_file", "a.js"));
        Results(chat).ShouldBe([("c1-1", "let a"), ("c1-2", "2 passed")]);
    }

    [Fact]
    public void An_answer_without_calls_ends_the_run() => new RunScript().Answers(1, "All is well.").Decide()
        .ShouldBeOfType<Decision.Complete>().Output.GetRawText().ShouldBe("""{"text":"All is well."}""");

    [Fact]
    public void An_answer_that_reached_the_models_limit_says_so() => new RunScript()
        .Done("1.model", new ModelReply("All is", [], "length", "x", false)).Decide()
        .ShouldBeOfType<Decision.Complete>().Output.GetRawText().ShouldBe("""{"text":"All is","cutOff":true}""");

    [Fact]
    public void An_answer_that_was_filtered_is_a_fault() => new RunScript()
        .Done("1.model", new ModelReply("", [], "content_filter", "x", false)).Failure().Code
        .ShouldBe("agents.answer_withheld");

    [Fact]
    public void What_a_tool_refuses_is_told_to_the_model_as_an_error() => Results(new RunScript()
            .Answers(1, "", ("shell", Test))
            .Fails("1.shell.1", "tools.denied", "A person denied shell and wrote: not now.")
            .Chat())
        .ShouldBe([("c1-1", "Error: A person denied shell and wrote: not now. (tools.denied)")]);

    [Fact]
    public void A_failed_command_is_told_to_the_model_as_an_error() => Results(new RunScript()
            .Answers(1, "", ("shell", Test)).Gives("1.shell.1", "1 failed", isError: true).Chat())
        .ShouldBe([("c1-1", "Error: 1 failed")]);

    [Fact]
    public void What_the_model_fails_at_ends_the_run_with_that_fault() => new RunScript()
        .Fails("1.model", "inference.unreachable", "It is down.").Failure().Code.ShouldBe("inference.unreachable");

    [Fact]
    public void A_model_answer_that_cannot_be_read_ends_the_run() =>
        new RunScript().Done("1.model", "nonsense").Failure().Code.ShouldBe("agents.unreadable_answer");

    [Fact]
    public void Arguments_that_are_no_json_object_are_told_to_the_model_without_a_call()
    {
        var call = new ModelToolCall("c1", "shell", JsonElement.Parse("{}")) { Malformed = "{\"comm" };
        var reply = new ModelReply("", [call], "tool_calls", "x", false);
        var chat = new RunScript().Done("1.model", reply).Chat();

        Results(chat).Single().Text.ShouldStartWith("Error: The arguments of shell were not a JSON object");
    }

    [Theory]
    [InlineData("rm -rf", "There is no tool 'rm -rf'. There are: read_file, shell.")]
    [InlineData("", "There is no tool ''.")]
    [InlineData("../x", "There is no tool '../x'.")]
    public void A_name_that_can_be_no_tool_is_told_to_the_model_without_a_call(string tool, string says) =>
        Results(new RunScript().Answers(1, "", (tool, "{}")).Chat()).Single().Text.ShouldContain(says);

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"a":1e999}""")]
    public void Arguments_that_have_no_single_meaning_are_not_passed_on(string arguments)
    {
        var chat = new RunScript().Answers(1, "", ("shell", arguments)).Chat();

        Results(chat).Single().Text.ShouldContain("no single meaning");
        chat.Messages[2].Contents.OfType<FunctionCallContent>().Single().Arguments!.ShouldBeEmpty();
    }

    [Fact]
    public void Calls_beyond_the_limit_of_a_turn_are_told_to_the_model_without_a_call()
    {
        var script = new RunScript(callsPerTurnMax: 1).Answers(1, "", ("shell", Test), ("read_file", Path));

        script.Steps().Select(static step => step.Step).ShouldBe(["1.shell.1"]);
        Results(script.Gives("1.shell.1", "ok").Chat())[1].Text.ShouldContain("At most 1 tools");
    }

    [Fact]
    public void Calls_that_share_an_id_are_told_apart()
    {
        var call = new ModelToolCall("same", "shell", JsonElement.Parse(Test));
        var reply = new ModelReply(
            "", [call, call with { Tool = "read_file" }, call with { CallId = "" }], "tool_calls", "x", false);
        var steps = new RunScript().Done("1.model", reply).Steps();

        steps.Select(static step => step.Input.GetProperty("callId").GetString())
            .ShouldBe(["same", "call_1_2", "call_1_3"]);
    }

    [Fact]
    public void A_step_that_a_person_gave_up_goes_on_as_an_error() => Results(new RunScript()
            .Answers(1, "", ("shell", Test))
            .Then(new StepInDoubt("1.shell.1", 1, "k", "tool.call", "The server stopped."))
            .Then(new StepResolved("1.shell.1", 1, InDoubtOutcome.Failed, "ada", "I looked: it did not run"))
            .Chat())
        .Single().Text.ShouldContain("treat it as failed: I looked: it did not run. Look before you repeat it.");

    [Fact]
    public void A_step_in_doubt_that_may_be_repeated_is_still_waited_for() => new RunScript()
        .Answers(1, "", ("shell", Test))
        .Then(new StepInDoubt("1.shell.1", 1, "k", "tool.call", "The server stopped."))
        .Then(new StepResolved("1.shell.1", 1, InDoubtOutcome.Retry, "ada", null))
        .Steps().Single().Step.ShouldBe("1.shell.1");

    [Fact]
    public void An_outcome_that_comes_twice_counts_once() => Results(new RunScript()
            .Answers(1, "", ("shell", Test)).Gives("1.shell.1", "first").Gives("1.shell.1", "second").Chat())
        .ShouldBe([("c1-1", "first")]);

    [Fact]
    public void A_run_without_a_readable_input_fails_and_says_so()
    {
        RunScript.Decide([]).ShouldBeOfType<Decision.Fail>().Fault.Code.ShouldBe("agents.bad_input");
        var created = (RunCreated)new RunScript().Events[0];
        string[] inputs = ["null", "{}", "[]", """{"task":"x","agent":{"model":"none","instructions":""}}"""];
        foreach (var input in inputs)
        {
            RunScript.Decide([created with { Input = JsonElement.Parse(input) }])
                .ShouldBeOfType<Decision.Fail>().Fault.Code.ShouldBe("agents.bad_input");
        }
    }

    private static List<(string Id, string Text)> Results(ChatCall chat) =>
        [.. chat.Messages.SelectMany(static message => message.Contents).OfType<FunctionResultContent>()
            .Select(static result => (result.CallId, (string)result.Result!))];
}
