using System.ComponentModel.DataAnnotations;

namespace CodexOS.Runs.Contracts;

/// <summary>A decision about an approval.</summary>
/// <param name="Approve">Whether the step may go on.</param>
/// <param name="ArgumentsHash">The <c>argumentsHash</c> of the approval that was looked at.</param>
/// <param name="Note">The reason; the agent is told of it when the approval is denied.</param>
public sealed record DecideApprovalRequest(
    [property: Required] bool? Approve,
    [property: Required, StringLength(64, MinimumLength = 64)] string ArgumentsHash,
    [property: StringLength(2_000)] string? Note = null);

/// <summary>A request to end a run.</summary>
/// <param name="Reason">Why, for those who look at the run later.</param>
public sealed record CancelRunRequest([property: StringLength(2_000)] string? Reason = null);

/// <summary>A decision about a step whose outcome is unknown.</summary>
/// <param name="Occurrence">Which occurrence of the step.</param>
/// <param name="Outcome">Whether to perform it again or to treat it as failed.</param>
/// <param name="Note">The reason.</param>
public sealed record ResolveStepRequest(
    [property: Range(1, int.MaxValue)] int Occurrence,
    [property: Required] InDoubtOutcome? Outcome,
    [property: StringLength(2_000)] string? Note = null);
