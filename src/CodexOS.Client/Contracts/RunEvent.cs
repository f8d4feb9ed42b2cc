using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodexOS.Client.Contracts;

/// <summary>One event of a run's journal.</summary>
/// <param name="Seq">Its place, without gaps.</param>
/// <param name="Kind">What happened, one of <see cref="RunEventKinds"/> or a kind of a newer server.</param>
/// <param name="At">When.</param>
/// <param name="Data">The details, whose members depend on the kind.</param>
public sealed record RunEvent(long Seq, string Kind, DateTimeOffset At, JsonElement Data)
{
    /// <summary>Whether its run ended with it; only a retry or a rollback makes events follow.</summary>
    [JsonIgnore]
    public bool IsTerminal =>
        Kind is RunEventKinds.Completed or RunEventKinds.Failed or RunEventKinds.Cancelled;
}

/// <summary>The kinds of events.</summary>
public static class RunEventKinds
{
    /// <summary>The run exists.</summary>
    public const string Created = "run.created";

    /// <summary>A process took the run over, at its start and after each restart.</summary>
    public const string Claimed = "run.claimed";

    /// <summary>A step is about to be performed.</summary>
    public const string StepStarted = "step.started";

    /// <summary>A step is complete.</summary>
    public const string StepCompleted = "step.completed";

    /// <summary>A step was refused or failed.</summary>
    public const string StepFailed = "step.failed";

    /// <summary>Nobody knows whether the step took place; a person decides.</summary>
    public const string StepInDoubt = "step.in_doubt";

    /// <summary>A person decided about a step in doubt.</summary>
    public const string StepResolved = "step.resolved";

    /// <summary>A step needs a person's approval.</summary>
    public const string ApprovalRequested = "approval.requested";

    /// <summary>An approval was given, denied, or has expired.</summary>
    public const string ApprovalDecided = "approval.decided";

    /// <summary>The run sleeps until a time.</summary>
    public const string TimerStarted = "timer.started";

    /// <summary>A timer's time has come.</summary>
    public const string TimerFired = "timer.fired";

    /// <summary>Someone asked to end the run.</summary>
    public const string CancelRequested = "run.cancel_requested";

    /// <summary>The run reached its goal.</summary>
    public const string Completed = "run.completed";

    /// <summary>The run ended without reaching its goal.</summary>
    public const string Failed = "run.failed";

    /// <summary>The run was ended on request.</summary>
    public const string Cancelled = "run.cancelled";

    /// <summary>No further step is begun until somebody lets the run go on.</summary>
    public const string Paused = "run.paused";

    /// <summary>A paused run goes on.</summary>
    public const string Resumed = "run.resumed";

    /// <summary>Somebody told the run something.</summary>
    public const string Steered = "run.steered";

    /// <summary>A signal arrived.</summary>
    public const string SignalReceived = "signal.received";

    /// <summary>The run waits for a signal.</summary>
    public const string SignalAwaited = "signal.awaited";

    /// <summary>The signal that was waited for is there.</summary>
    public const string SignalDelivered = "signal.delivered";

    /// <summary>A step is over when the run that it started is.</summary>
    public const string StepParked = "step.parked";

    /// <summary>How far a step has come.</summary>
    public const string StepProgressed = "step.progressed";

    /// <summary>The run is to be as it was after an earlier event; its effects since are being undone.</summary>
    public const string RollbackRequested = "run.rollback_requested";

    /// <summary>The run is as it was; the events in between count for nothing any more.</summary>
    public const string RolledBack = "run.rolled_back";

    /// <summary>An effect could not be undone; the run is paused as it is.</summary>
    public const string RollbackFailed = "run.rollback_failed";

    /// <summary>A run that ended is tried again from the step that failed.</summary>
    public const string Retried = "run.retried";

    /// <summary>Everything before happened in the run that this one is a fork of.</summary>
    public const string Forked = "run.forked";

    /// <summary>The run goes on with another version of what it runs.</summary>
    public const string Upgraded = "run.upgraded";
}
