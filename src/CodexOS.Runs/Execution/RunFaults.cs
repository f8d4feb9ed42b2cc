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

    public static Fault Busy(int runsMax) => new(
        "runs.too_many_active",
        FaultKind.Throttled,
        $"This process works on {runsMax} runs already. Try again shortly, or raise Runs:ActiveRunsMax.")
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };
}
