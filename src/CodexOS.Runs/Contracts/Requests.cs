using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace CodexOS.Runs.Contracts;

/// <summary>A decision about an approval.</summary>
/// <param name="Approve">Whether the step may go on.</param>
/// <param name="ArgumentsHash">The <c>argumentsHash</c> of the approval that was looked at.</param>
/// <param name="Note">The reason; the agent is told of it when the approval is denied.</param>
/// <param name="Content">The answer to a question: an object with the fields of its form.</param>
/// <param name="Dismiss">Whether a question is put aside, which is neither an answer nor a refusal to give one.</param>
public sealed record DecideApprovalRequest(
    [property: Required] bool? Approve,
    [property: Required, StringLength(64, MinimumLength = 64)] string ArgumentsHash,
    [property: StringLength(2_000)] string? Note = null,
    JsonElement? Content = null,
    bool Dismiss = false);

/// <summary>A request to end a run.</summary>
/// <param name="Reason">Why, for those who look at the run later.</param>
/// <param name="Hard">Whether its steps get no time to stop by themselves; one that has not stopped is in doubt.</param>
public sealed record CancelRunRequest([property: StringLength(2_000)] string? Reason = null, bool Hard = false);

/// <summary>A request to begin no further step.</summary>
/// <param name="Reason">Why, for those who look at the run later.</param>
public sealed record PauseRunRequest([property: StringLength(2_000)] string? Reason = null);

/// <summary>Something to tell a run.</summary>
/// <param name="Message">What the program is told.</param>
public sealed record SteerRunRequest([property: Required, StringLength(20_000, MinimumLength = 1)] string? Message);

/// <summary>A signal for a run.</summary>
/// <param name="Payload">What it carries; nothing is an empty object.</param>
public sealed record SignalRunRequest(JsonElement? Payload = null);

/// <summary>A request to make a run as it was after an earlier event.</summary>
/// <param name="ToSeq">The event.</param>
/// <param name="Note">The reason.</param>
/// <param name="LeaveIrreversible">Whether to go on past steps that cannot be undone; they stay as they are.</param>
/// <param name="GoOn">Whether the run goes on by itself afterwards instead of pausing.</param>
/// <param name="DryRun">Whether only to show what would be undone.</param>
public sealed record RollBackRunRequest(
    [property: Range(0, int.MaxValue)] int ToSeq,
    [property: StringLength(2_000)] string? Note = null,
    bool LeaveIrreversible = false,
    bool GoOn = false,
    bool DryRun = false);

/// <summary>A request to try a run that failed again.</summary>
/// <param name="Note">The reason.</param>
/// <param name="Limits">Higher budgets, or null for those it had.</param>
public sealed record RetryRunRequest([property: StringLength(2_000)] string? Note = null, LimitsRequest? Limits = null);

/// <summary>Budgets; what is left out stays as it is.</summary>
/// <param name="StepsMax">Most steps.</param>
/// <param name="WallTimeMaxSeconds">Longest time, in seconds.</param>
/// <param name="TokensMax">Most model tokens.</param>
/// <param name="CostMaxMicroUsd">Most money, in millionths of a US dollar.</param>
public sealed record LimitsRequest(
    [property: Range(1, 1_000_000)] int? StepsMax = null,
    [property: Range(1, 31_536_000)] int? WallTimeMaxSeconds = null,
    [property: Range(1, long.MaxValue)] long? TokensMax = null,
    [property: Range(1, long.MaxValue)] long? CostMaxMicroUsd = null);

/// <summary>A request for a run that begins where another was.</summary>
/// <param name="Seq">The last event that both share; 0 begins anew with the same input.</param>
/// <param name="Title">Another title.</param>
/// <param name="Input">Another input of its program.</param>
/// <param name="Output">Another output of the step that is complete at this event.</param>
/// <param name="Message">What it is told first.</param>
/// <param name="Limits">Other budgets.</param>
public sealed record ForkRunRequest(
    [property: Range(0, int.MaxValue)] int Seq,
    [property: StringLength(160, MinimumLength = 1)] string? Title = null,
    JsonElement? Input = null,
    JsonElement? Output = null,
    [property: StringLength(20_000, MinimumLength = 1)] string? Message = null,
    LimitsRequest? Limits = null);

/// <summary>A decision about a step whose outcome is unknown.</summary>
/// <param name="Occurrence">Which occurrence of the step.</param>
/// <param name="Outcome">Whether to perform it again, to treat it as failed, to undo it, or to say that it took place.</param>
/// <param name="Output">What it gave, if it took place.</param>
/// <param name="Note">The reason.</param>
public sealed record ResolveStepRequest(
    [property: Range(1, int.MaxValue)] int Occurrence,
    [property: Required] InDoubtOutcome? Outcome,
    JsonElement? Output = null,
    [property: StringLength(2_000)] string? Note = null);
