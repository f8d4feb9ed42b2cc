using System.Text.Json;

namespace CodexOS.Client.Contracts;

/// <summary>Budgets of a run; what is null stays as it is.</summary>
/// <param name="StepsMax">Most steps.</param>
/// <param name="WallTimeMaxSeconds">Longest time, in seconds.</param>
/// <param name="TokensMax">Most model tokens.</param>
/// <param name="CostMaxMicroUsd">Most money, in millionths of a US dollar.</param>
public sealed record RunLimits(
    int? StepsMax = null, int? WallTimeMaxSeconds = null, long? TokensMax = null, long? CostMaxMicroUsd = null);

/// <summary>How a fork is to differ from the run that it is a fork of.</summary>
/// <param name="Seq">The last event that both share; 0 begins anew with the same input.</param>
/// <param name="Title">Another title.</param>
/// <param name="Input">Another input of its program.</param>
/// <param name="Output">Another output of the step that is complete at this event.</param>
/// <param name="Message">What it is told first.</param>
/// <param name="Limits">Other budgets.</param>
public sealed record ForkRequest(
    long Seq,
    string? Title = null,
    JsonElement? Input = null,
    JsonElement? Output = null,
    string? Message = null,
    RunLimits? Limits = null);

/// <summary>How to roll a run back.</summary>
/// <param name="ToSeq">The event after which it is to be as it was.</param>
/// <param name="Note">The reason.</param>
/// <param name="LeaveIrreversible">Whether to go on past steps that cannot be undone; they stay as they are.</param>
/// <param name="GoOn">Whether the run goes on by itself afterwards instead of pausing.</param>
public sealed record RollbackRequest(
    long ToSeq, string? Note = null, bool LeaveIrreversible = false, bool GoOn = false);

internal sealed record CancelBody(string? Reason, bool Hard);

internal sealed record PauseBody(string? Reason);

internal sealed record SteerBody(string Message);

internal sealed record SignalBody(JsonElement? Payload);

internal sealed record ResolveBody(int Occurrence, StepOutcome Outcome, JsonElement? Output, string? Note);

internal sealed record RetryBody(string? Note, RunLimits? Limits);

internal sealed record RollbackBody(long ToSeq, string? Note, bool LeaveIrreversible, bool GoOn, bool DryRun);
