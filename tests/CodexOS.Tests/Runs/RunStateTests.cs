using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Testing;
using CodexOS.Testing.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Runs;

public sealed class RunStateTests
{
    private static readonly JsonElement s_nothing = JsonSerializer.SerializeToElement(new { });
    private static readonly ApprovalId s_approval = ApprovalId.New(Clocks.AtNoon());
    private readonly RunState _state = new(new ListProgram());

    [Fact]
    public void A_begun_step_makes_the_run_running_and_its_end_does_not_end_it()
    {
        Happens(Created(), Started("a"));
        _state.Status.ShouldBe(RunStatus.Running);
        _state.Begun.Single().Step.ShouldBe("a");

        Happens(Completed("a"));
        _state.Begun.ShouldBeEmpty();
        _state.Usage.ShouldBe(new EffectUsage(1, 2, 3));
        _state.Ended.ShouldBeFalse();
    }

    [Fact]
    public void A_step_that_asks_makes_the_run_wait_until_the_answer_or_the_expiry()
    {
        Happens(Created(), Asked("a"));
        _state.Status.ShouldBe(RunStatus.Waiting);
        _state.WakeAt.ShouldBe(Clocks.Noon.AddHours(1));

        Happens(new ApprovalDecided(s_approval, true, "Ada", null));
        _state.Status.ShouldBe(RunStatus.Queued);
        _state.WakeAt.ShouldBeNull();
        _state.Step("a")!.Approval.ShouldBe(new ApprovalOutcome(true, "hash", "Ada", null));
    }

    [Fact]
    public void A_question_in_the_middle_of_a_step_leaves_it_begun_and_is_open_until_it_is_decided()
    {
        Happens(Created(), Started("a"), Question("a"));
        _state.Status.ShouldBe(RunStatus.Running);
        _state.WakeAt.ShouldBe(Clocks.Noon.AddHours(1));
        _state.OpenQuestions.ShouldHaveSingleItem();
        _state.AwaitingApproval.ShouldBeEmpty();
        _state.Step("a")!.Continuation!.Value.GetString().ShouldBe("from here");

        Happens(new ApprovalDecided(s_approval, true, "Ada", null));
        _state.OpenQuestions.ShouldBeEmpty();
        _state.WakeAt.ShouldBeNull();
        _state.Step("a")!.Phase.ShouldBe(StepPhase.Started);
        _state.Step("a")!.Continuation.ShouldNotBeNull("nobody has been handed the answer");

        Happens(new AnswerDelivered(s_approval));
        _state.Step("a")!.Continuation.ShouldBeNull();
    }

    [Fact]
    public void A_question_of_a_step_that_is_begun_anew_is_forgotten()
    {
        Happens(Created(), Started("a"), Question("a"), new StepInDoubt("a", 1, "key", "test", "lost"));
        Happens(new StepResolved("a", 1, InDoubtOutcome.Retry, "Ada", null));
        _state.OpenQuestions.ShouldBeEmpty();
        Happens(new ApprovalDecided(s_approval, false, "withdrawal", null));
        _state.Step("a")!.Phase.ShouldBe(StepPhase.New);
    }

    [Fact]
    public void A_doubt_stays_until_it_is_resolved_and_a_retry_is_a_new_occurrence()
    {
        Happens(Created(), Started("a"), new StepInDoubt("a", 1, "key", "test", "lost"));
        _state.Status.ShouldBe(RunStatus.InDoubt);

        Happens(new StepResolved("a", 1, InDoubtOutcome.Retry, "Ada", null));
        _state.Step("a")!.Occurrence.ShouldBe(2);
        _state.Step("a")!.Phase.ShouldBe(StepPhase.New);
    }

    [Fact]
    public void A_sleeping_run_wakes_at_its_nearest_timer_and_is_queued_until_its_first_step_begins()
    {
        Happens(
            Created(),
            new TimerStarted("late", Clocks.Noon.AddHours(3)),
            new TimerStarted("soon", Clocks.Noon.AddHours(2)));
        _state.Status.ShouldBe(RunStatus.Waiting);
        _state.WakeAt.ShouldBe(Clocks.Noon.AddHours(2));

        Happens(new TimerFired("soon"), new TimerFired("late"));
        _state.Status.ShouldBe(RunStatus.Queued);
    }

    [Fact]
    public void A_gap_in_the_journal_is_never_folded()
    {
        Happens(Created());
        Should.Throw<InvalidDataException>(() => _state.Apply(new JournaledEvent(2, Clocks.Noon, Started("a"))));
    }

    [Fact]
    public void Every_kind_of_event_is_written_and_read_back_the_same()
    {
        RunEvent[] all =
        [
            Created(), new RunClaimed("me", 3), Started("a"), Completed("a"),
            new StepFailed("a", 1, new Fault("x.y", FaultKind.Timeout, "Too long."), 5) { Effect = "test" },
            new StepInDoubt("a", 1, "key", "test", "lost"), new StepResolved("a", 1, InDoubtOutcome.Failed, "Ada", "no"),
            Asked("a"), new ApprovalDecided(s_approval, false, "Ada", "no"), new TimerStarted("t", Clocks.Noon),
            new TimerFired("t"), new RunCancelRequested("Ada", null), new RunCompleted(s_nothing),
            new RunFailed(new Fault("x.y", FaultKind.Internal, "Broken.")), new RunCancelled("Ada", "because"),
        ];

        all.Select(RunEventJson.KindOf).ShouldBe(Enumerable.Range(0, all.Length).Select(kind => (short)kind));
        foreach (var happened in all)
        {
            var written = RunEventJson.Write(happened);
            var read = RunEventJson.Read(RunEventJson.KindOf(happened), written);
            read.GetType().ShouldBe(happened.GetType());
            RunEventJson.Write(read).ShouldBe(written);
        }
    }

    [Fact]
    public void An_event_of_a_newer_version_is_refused_in_words() =>
        Should.Throw<JsonException>(() => RunEventJson.Read(99, "{}")).Message.ShouldContain("newer version");

    private void Happens(params ReadOnlySpan<RunEvent> events)
    {
        foreach (var happened in events) _state.Apply(new JournaledEvent(_state.NextSeq, Clocks.Noon, happened));
    }

    private static RunCreated Created() => new(
        "list", "a-list", 1, "A list", UserId.New(Clocks.AtNoon()), ListProgram.Steps("test", "a", "b"), s_nothing,
        new RunLimits(10, TimeSpan.FromHours(24), 100, 100), RunLabels.None);

    private static StepStarted Started(string step) => new(step, 1, "test", RepeatClass.Keyed, "key", s_nothing);

    private static StepCompleted Completed(string step) => new(step, 1, s_nothing, new EffectUsage(1, 2, 3), 4);

    private static ApprovalRequested Asked(string step) => new(
        s_approval, step, 1, "tool", "Do it", s_nothing, "hash", new ApprovalPreview("diff", "+1"), Clocks.Noon.AddHours(1));

    private static ApprovalRequested Question(string step) => Asked(step) with
    {
        Question = new Question("a server", "Where to?", []),
        Continuation = JsonSerializer.SerializeToElement("from here"),
    };
}
