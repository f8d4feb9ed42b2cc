using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Execution;

/// <summary>What can be wrong with a request about a run.</summary>
internal static class RunFaults
{
    public static Fault AlreadyEnded { get; } =
        new("runs.already_ended", FaultKind.Conflict, "The run has ended; nothing about it can be changed any more.");

    public static Fault ApprovalDecided { get; } = new(
        "runs.approval_already_decided", FaultKind.Conflict, "This approval has been decided. Look at the run's events.");

    public static Fault ApprovalExpired { get; } = new(
        "runs.approval_expired", FaultKind.Gone, "Nobody decided in time; the step was denied. Start the run anew if needed.");

    public static Fault ApprovalChanged { get; } = new(
        "runs.approval_changed",
        FaultKind.Conflict,
        "argumentsHash is not that of the call that waits. Look at what it wants to do now, and decide on that.");

    public static Fault NoQuestion { get; } = new(
        "runs.no_question",
        FaultKind.Invalid,
        "This is an approval and no question: decide it by approve alone, without content and dismiss.");

    public static Fault DismissedAndAnswered { get; } = new(
        "runs.ambiguous_answer",
        FaultKind.Invalid,
        "A question is answered (approve with content), declined (approve false) or put aside (approve false with dismiss).");

    public static Fault BadAnswer(string wrong) => new(
        "runs.bad_answer", FaultKind.Invalid, $"The answer does not fit the form: {wrong}. The question stays open; answer it again.");

    public static Fault GivenUp { get; } = new(
        "runs.given_up", FaultKind.Conflict, "Its outcome was unknown, and a person decided to treat it as failed.");

    public static Fault Moved { get; } = new(
        "runs.moved", FaultKind.Unavailable, "The run is being taken over by another process. Try again in a moment.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    public static Fault NoWorker { get; } = new(
        "runs.no_worker",
        FaultKind.Unavailable,
        "No node drives runs at the moment. Start one with --role worker, or wait until one is there again.")
    {
        RetryAfter = TimeSpan.FromSeconds(2),
    };

    public static Fault Ending { get; } =
        new("runs.ending", FaultKind.Conflict, "The run is being cancelled; it takes in nothing more.");

    public static Fault OutputMissing { get; } = new(
        "runs.output_missing", FaultKind.Invalid, "To say that the step took place, give the output that it had.");

    public static Fault Compensated { get; } = new(
        "runs.compensated", FaultKind.Conflict, "Its outcome was unknown, and whatever it did was undone.");

    public static Fault BadSeq { get; } =
        new("runs.bad_position", FaultKind.Invalid, "seq is the place of an event: 0 or more.");

    public static Fault RollingBack { get; } =
        new("runs.rolling_back", FaultKind.Conflict, "The run is being rolled back already. Wait until that is over.");

    public static Fault NotFailed { get; } = new(
        "runs.not_failed",
        FaultKind.Conflict,
        "Only a run that failed or was cancelled can be tried again. Roll back or fork one that completed.");

    public static Fault RetryParent { get; } = new(
        "runs.retry_parent",
        FaultKind.Conflict,
        "Another run started this one and has gone on without it. Retry or roll back that run.");

    public static Fault Archived { get; } = new(
        "runs.archived",
        FaultKind.Conflict,
        "The run ended so long ago that it was archived: it can be looked at and forked, and not be changed. Fork it instead.");

    public static Fault DepthReached { get; } = new(
        "runs.depth_limit", FaultKind.LimitReached, "Runs may not stand this deep below each other.");

    public static Fault KeyReused { get; } = new(
        "runs.idempotency_conflict",
        FaultKind.Conflict,
        "This Idempotency-Key was used before for a different run. Use a new key for a new request.");

    public static Fault NotFound(RunId run) =>
        new("runs.not_found", FaultKind.NotFound, $"There is no run {run}. List runs to see which there are.");

    public static Fault ApprovalNotFound(ApprovalId id) =>
        new("runs.approval_not_found", FaultKind.NotFound, $"The run has not asked for {id}.");

    public static Fault NotInDoubt(string step) => new(
        "runs.not_in_doubt", FaultKind.Conflict, $"The step '{step}' is not in doubt in this occurrence.");

    public static Fault UnknownProgram(string kind) => new(
        "runs.unknown_program",
        FaultKind.Unavailable,
        $"No part of this process drives runs of the kind '{kind}'. Start one whose role does.");

    public static Fault Busy(int runsMax, TimeSpan after) => new(
        "runs.too_many_active",
        FaultKind.Throttled,
        $"This process works on {runsMax} runs already. Try again in {after.TotalSeconds:0} s, or raise Runs:ActiveRunsMax.")
    {
        RetryAfter = after,
    };

    public static Fault TooManyOfTenant(int runsMax, TimeSpan after) => new(
        "runs.too_many_of_tenant",
        FaultKind.Throttled,
        $"This process works on {runsMax} runs of yours already, which is your tenant's quota active_runs. "
        + $"Try again in {after.TotalSeconds:0} s, end some, or have the installation's owner raise it.")
    {
        RetryAfter = after,
    };

    public static Fault StepsWaiting(int steps, TimeSpan after) => new(
        "runs.queue_full",
        FaultKind.Throttled,
        $"{steps} steps of your runs wait for a place already. Try again in {after.TotalSeconds:0} s, or end some runs.")
    {
        RetryAfter = after,
    };

    public static Fault AppendsFull(TimeSpan after) => new(
        "runs.journal_busy",
        FaultKind.Throttled,
        $"The journal does not keep up with what is written to it. Try again in {after.TotalSeconds:0} s.")
    {
        RetryAfter = after,
    };

    public static Fault TooManyChildren(int childrenMax) => new(
        "runs.children_limit",
        FaultKind.LimitReached,
        $"The run waits for {childrenMax} runs that it started already. Start fewer at once, or raise Runs:ChildrenMax.");

    public static Fault TooManySignals(int pendingMax) => new(
        "runs.too_many_signals",
        FaultKind.Throttled,
        $"{pendingMax} signals have arrived that the run has not waited for yet. Send more when it has taken some.")
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    public static Fault SignalTooLarge(int bytesMax) => new(
        "runs.signal_too_large",
        FaultKind.TooLarge,
        $"A signal carries at most {bytesMax} bytes. Put more into a workspace and send where it is.");

    public static Fault BeforeFork(int from) => new(
        "runs.before_fork",
        FaultKind.Conflict,
        $"What is before event {from} happened in the run that this one is a fork of. Roll that one back, or fork it earlier.");

    public static Fault BeyondHead(int seq, int head) => new(
        "runs.beyond_head", FaultKind.Invalid, $"There is no event {seq}; the newest one is {head}.");

    public static Fault RolledBackAlready(int seq) => new(
        "runs.rolled_back_already",
        FaultKind.Conflict,
        $"Event {seq} was rolled back and no longer counts. Choose one from the run's checkpoints, or fork there.");

    public static Fault EndedThere(int seq) => new(
        "runs.ended_there", FaultKind.Conflict, $"The run had ended at event {seq}. Choose an earlier one.");

    public static Fault Irreversible(IReadOnlyList<Core.DoneStep> steps) => new(
        "runs.irreversible",
        FaultKind.Conflict,
        $"These steps cannot be undone: {string.Join(", ", steps.Take(20).Select(done => $"{done.Step} ({done.Effect})"))}. "
        + "Roll back to a later event, or say that they may stay as they are.");

    public static Fault NothingToRetry(Fault again) => new(
        "runs.nothing_to_retry",
        FaultKind.Conflict,
        $"Tried again, the run would fail at once: {again.Message} ({again.Code}) Roll back to an earlier event instead.");

    public static Fault LimitStands(Fault limit) => new(
        "runs.limit_stands",
        FaultKind.Conflict,
        $"Tried again, the run would stop at once: {limit.Message} Give it higher limits with the retry.");
}
