using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Core;

/// <summary>What the engine knows of the newest occurrence of a step.</summary>
/// <param name="Step">The step.</param>
/// <param name="Occurrence">The occurrence.</param>
internal sealed record StepState(string Step, int Occurrence)
{
    public StepPhase Phase { get; init; }

    public StepStarted? Started { get; init; }

    public ApprovalRequested? Request { get; init; }

    public ApprovalOutcome? Approval { get; init; }

    /// <summary>What its effect has asked of people, oldest first.</summary>
    public IReadOnlyList<AskedQuestion> Questions { get; init; } = [];

    /// <summary>What its effect goes on from while it has not been handed the answer to its newest question.</summary>
    public JsonElement? Continuation =>
        Questions is [.., { IsDelivered: false } newest] ? newest.Request.Continuation : null;

    /// <summary>The run whose end is the end of this step.</summary>
    public RunId? Child { get; init; }

    /// <summary>Why it failed, if it is over and did.</summary>
    public Fault? Fault { get; init; }
}

/// <summary>A question that an effect has asked in its middle, and what became of it.</summary>
/// <param name="Request">The question.</param>
/// <param name="Decided">Its answer, or why there is none; null while it is open.</param>
internal sealed record AskedQuestion(ApprovalRequested Request, ApprovalDecided? Decided)
{
    public bool IsOpen => Decided is null;

    /// <summary>Whether the effect may have been handed what became of it; told where it could go on from the question.</summary>
    public bool IsDelivered { get; init; }
}

/// <summary>How far a step is.</summary>
internal enum StepPhase
{
    /// <summary>Not begun.</summary>
    New,

    /// <summary>A person is asked.</summary>
    AwaitingApproval,

    /// <summary>A person has answered; the gate judges again.</summary>
    Judged,

    /// <summary>Its effect has begun.</summary>
    Started,

    /// <summary>It waits for a child run.</summary>
    Parked,

    /// <summary>Nobody knows whether its effect took place.</summary>
    InDoubt,

    /// <summary>What it may have done is to be undone.</summary>
    Compensating,

    /// <summary>It is complete, failed, refused or resolved.</summary>
    Over,
}

/// <summary>A step whose effect changed something, in case it is to be undone.</summary>
/// <param name="Step">The step.</param>
/// <param name="Occurrence">Which occurrence of it.</param>
/// <param name="Seq">Where its outcome is in the journal.</param>
/// <param name="Effect">The handler that performed it.</param>
/// <param name="Compensation">What undoes it, or null.</param>
internal sealed record DoneStep(string Step, int Occurrence, int Seq, string Effect, Compensation? Compensation)
{
    /// <summary>What the names of steps that undo others begin with.</summary>
    public const string UndoPrefix = "undo.";

    /// <summary>The name of the step that undoes it.</summary>
    public string UndoStep => $"{UndoPrefix}{Step}.{Occurrence}";
}
