using System.Text;
using System.Text.Json;
using CodexOS.Agents.Program;
using CodexOS.Inference.Contracts;
using CodexOS.Runs.Contracts;
using CodexOS.Tests.Tools;
using CsCheck;
using Microsoft.Extensions.AI;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Agents;

public sealed class AgentProgramProperties
{
    private static readonly Gen<string> s_steps = Pick.OneOf(
        "1.model", "2.model", "3.model",
        "1.shell.1", "1.read_file.1", "1.read_file.2", "2.shell.1", "1.unknown.1", "x");

    private static readonly Gen<(string, string)> s_calls = Gen.Select(
        Pick.OneOf("shell", "read_file", "", "no such", "model"),
        Pick.OneOf("{}", """{"path":"a"}""", "[]", "null", """{"a":1,"a":2}""", """{"a":"\ud800"}"""));

    private static readonly Gen<RunEvent> s_events = Gen.OneOf(
        s_steps.Select(static step => (RunEvent)new StepStarted(
            step, 1, "tool.call", RepeatClass.Unsafe, "key", JsonElement.Parse("{}"))),
        Gen.Select(s_steps, s_calls.Array[0, 3], static (step, calls) => Last(
            new RunScript().Answers(step[0] - '0', "text", calls))),
        Gen.Select(s_steps, Gen.Bool, static (step, isError) => Last(new RunScript().Gives(step, "output", isError))),
        Gen.Select(s_steps, JsonGen.Any, static (step, json) => (RunEvent)new StepCompleted(step, 1, json, null, 1)),
        s_steps.Select(static step => Last(new RunScript().Fails(step))),
        Gen.Select(s_steps, Gen.Enum<InDoubtOutcome>(), static (step, outcome) =>
            (RunEvent)new StepResolved(step, 1, outcome, "ada", "note")),
        s_steps.Select(static step => (RunEvent)new StepInDoubt(step, 1, "key", "tool.call", "reason")),
        Pick.OneOf<RunEvent>(new RunClaimed("b", 2), new TimerFired("t"), new RunCancelRequested("ada", null)));

    [Fact]
    public void Any_prefix_of_any_journal_folds_and_decides_the_same_each_time() => s_events.Array[0, 12].Sample(
        tail =>
        {
            // Two folds side by side, as before and after a crash at every place.
            IRunProgram program = new AgentProgram(PlainAnswers.Filter);
            var (one, other) = (program.Start(), program.Start());
            foreach (var happened in (IEnumerable<RunEvent>)[.. new RunScript().Events, .. tail])
            {
                one = program.Fold(one, new JournaledEvent(0, default, happened));
                other = program.Fold(other, new JournaledEvent(0, default, happened));
                Describe(program.Decide(one)).ShouldBe(Describe(program.Decide(other)));
            }
        },
        iter: 500);

    [Fact]
    public void A_run_never_asks_for_a_step_that_is_over() => s_events.Array[0, 12].Sample(
        tail =>
        {
            IRunProgram program = new AgentProgram(PlainAnswers.Filter);
            var state = RunScript.Fold(program, new RunScript().Events);
            var over = new HashSet<string>();
            foreach (var happened in tail)
            {
                var wanted = program.Decide(state) is Decision.Perform perform
                    ? perform.Steps.Select(static step => step.Step).ToHashSet()
                    : [];
                wanted.ShouldNotContain(step => over.Contains(step));
                state = program.Fold(state, new JournaledEvent(0, default, happened));
                // The engine journals outcomes only of steps that were asked for.
                if (happened is StepCompleted or StepFailed && StepOf(happened) is { } step && wanted.Contains(step))
                    over.Add(step);
            }
        },
        iter: 500);

    [Fact]
    public void All_step_ids_are_such_as_the_engine_takes() => s_calls.Array[0, 6].Sample(calls =>
    {
        if (new RunScript().Answers(1, "", calls).Decide() is not Decision.Perform perform) return;
        foreach (var step in perform.Steps)
        {
            step.Step.Length.ShouldBeLessThanOrEqualTo(100);
            step.Step.ShouldAllBe(static it => char.IsAsciiLetterOrDigit(it) || it == '.' || it == '-' || it == '_');
        }

        perform.Steps.Select(static step => step.Step).ShouldBeUnique();
    });

    private static RunEvent Last(RunScript script) => script.Events[^1];

    private static string StepOf(RunEvent happened) => happened switch
    {
        StepCompleted done => done.Step,
        StepFailed failed => failed.Step,
        _ => "",
    };

    private static string Describe(Decision decision)
    {
        var text = new StringBuilder(decision.GetType().Name);
        switch (decision)
        {
            case Decision.Fail fail:
                text.Append(fail.Fault);
                break;
            case Decision.Complete complete:
                text.Append(complete.Output.GetRawText());
                break;
            case Decision.Perform perform:
                foreach (var step in perform.Steps)
                {
                    text.Append(step.Step).Append(step.Effect).Append(step.Input.GetRawText());
                    foreach (var message in (step.Prepared as ChatCall)?.Messages ?? [])
                        text.Append(JsonSerializer.Serialize(message, AIJsonUtilities.DefaultOptions));
                }

                break;
        }

        return text.ToString();
    }
}
