using System.Text.Json;

namespace CodexOS.Client.Contracts;

/// <summary>A place at which nothing was under way: a run can be rolled back to it or forked there.</summary>
/// <param name="Seq">The event.</param>
/// <param name="At">When.</param>
/// <param name="Kind">What happened, one of <see cref="RunEventKinds"/>.</param>
/// <param name="Step">The step that was over with it, if one was.</param>
/// <param name="StepsCount">How many steps had begun.</param>
/// <param name="Undoable">Whether everything that was done since can be undone.</param>
public sealed record Checkpoint(
    long Seq, DateTimeOffset At, string Kind, string? Step, int StepsCount, bool Undoable);

/// <summary>A run as it was after one of its events.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Seq">The event.</param>
/// <param name="At">When.</param>
/// <param name="Counts">Whether the event still counts, or was rolled back.</param>
/// <param name="Status">Where the run stood.</param>
/// <param name="StepsCount">How many steps had begun.</param>
/// <param name="TokensIn">Model tokens read.</param>
/// <param name="TokensOut">Model tokens written.</param>
/// <param name="CostMicroUsd">Money used, in millionths of a US dollar.</param>
/// <param name="Steps">Every step and how far it was.</param>
/// <param name="Signals">How many signals had arrived that were not waited for.</param>
/// <param name="Program">The program's own state, if it shows one.</param>
public sealed record RunStateView(
    string RunId,
    long Seq,
    DateTimeOffset At,
    bool Counts,
    RunStatus Status,
    int StepsCount,
    long TokensIn,
    long TokensOut,
    long CostMicroUsd,
    IReadOnlyList<StepView> Steps,
    int Signals,
    JsonElement? Program);

/// <summary>A step as it was.</summary>
/// <param name="Step">The step.</param>
/// <param name="Occurrence">Its newest occurrence.</param>
/// <param name="Phase">How far it was, for instance <c>started</c>.</param>
/// <param name="FaultCode">Why it failed, if it did.</param>
public sealed record StepView(string Step, int Occurrence, string Phase, string? FaultCode);

/// <summary>What a rollback would do, or is doing.</summary>
/// <param name="ToSeq">The event that the run goes back to.</param>
/// <param name="Undo">The steps that are undone, in that order.</param>
/// <param name="Irreversible">The steps that cannot be.</param>
/// <param name="Run">The run, if the rollback was asked for and not only looked at.</param>
public sealed record RollbackPlan(
    long ToSeq, IReadOnlyList<UndoneStep> Undo, IReadOnlyList<UndoneStep> Irreversible, Run? Run);

/// <summary>A step of a rollback.</summary>
/// <param name="Step">The step that is undone.</param>
/// <param name="Occurrence">Which occurrence of it.</param>
/// <param name="Effect">The effect that it had.</param>
public sealed record UndoneStep(string Step, int Occurrence, string Effect);
