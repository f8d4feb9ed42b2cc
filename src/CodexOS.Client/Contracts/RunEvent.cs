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
    /// <summary>Whether it is the last event of its run.</summary>
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

    /// <summary>How far a step has come.</summary>
    public const string StepProgressed = "step.progressed";

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

    /// <summary>Someone asked to end the run.</summary>
    public const string CancelRequested = "run.cancel_requested";

    /// <summary>The run reached its goal.</summary>
    public const string Completed = "run.completed";

    /// <summary>The run ended without reaching its goal.</summary>
    public const string Failed = "run.failed";

    /// <summary>The run was ended on request.</summary>
    public const string Cancelled = "run.cancelled";
}
