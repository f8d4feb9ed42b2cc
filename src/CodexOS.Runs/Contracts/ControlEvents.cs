using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;

namespace CodexOS.Runs.Contracts;

/// <summary>No further step is begun until somebody lets the run go on; those under way end by themselves.</summary>
/// <param name="By">Who asked.</param>
/// <param name="Reason">Why.</param>
public sealed record RunPaused(string By, string? Reason) : RunEvent;

/// <summary>A paused run goes on.</summary>
/// <param name="By">Who asked.</param>
public sealed record RunResumed(string By) : RunEvent;

/// <summary>Somebody told a run something; what it does with it is for its program to say.</summary>
/// <param name="By">Who.</param>
/// <param name="Message">What they said.</param>
public sealed record RunSteered(string By, string Message) : RunEvent;

/// <summary>A signal arrived. It stays until the run waits for one of its name.</summary>
/// <param name="Signal">Its name.</param>
/// <param name="Payload">What it carries.</param>
/// <param name="By">Who sent it.</param>
/// <param name="Key">The sender's key, by which a repeated signal is recognised.</param>
public sealed record SignalReceived(string Signal, JsonElement Payload, string By, string? Key) : RunEvent;

/// <summary>The run waits for a signal.</summary>
/// <param name="Wait">The wait's stable id within the run.</param>
/// <param name="Signal">The signal's name.</param>
/// <param name="DueAt">When the wait ends without one, as a <see cref="TimerFired"/> of the wait's id.</param>
public sealed record SignalAwaited(string Wait, string Signal, DateTimeOffset? DueAt) : RunEvent;

/// <summary>A wait is over, because its signal is there.</summary>
/// <param name="Wait">The wait.</param>
/// <param name="Signal">The signal's name.</param>
/// <param name="Payload">What it carries.</param>
public sealed record SignalDelivered(string Wait, string Signal, JsonElement Payload) : RunEvent;

/// <summary>
/// What became of a question is about to be handed to the effect that asked it: from here on that is under way again. It
/// is journaled where the effect could go on from the question after a crash.
/// </summary>
/// <param name="ApprovalId">The question.</param>
public sealed record AnswerDelivered(ApprovalId ApprovalId) : RunEvent;

/// <summary>A step has begun something that outlives it: it is over when the child run is.</summary>
/// <param name="Step">The step.</param>
/// <param name="Occurrence">Which occurrence of it.</param>
/// <param name="Child">The run that it waits for.</param>
public sealed record StepParked(string Step, int Occurrence, RunId Child) : RunEvent;

/// <summary>How far a step has come; journaled at most once a second.</summary>
/// <param name="Step">The step.</param>
/// <param name="Occurrence">Which occurrence of it.</param>
/// <param name="Progress">How far.</param>
public sealed record StepProgressed(string Step, int Occurrence, Progress Progress) : RunEvent;

/// <summary>Somebody wants the run to be as it was after an earlier event; its effects since are to be undone.</summary>
/// <param name="ToSeq">The event.</param>
/// <param name="By">Who asked.</param>
/// <param name="Note">Their reason.</param>
/// <param name="LeaveIrreversible">Whether to go on past steps that cannot be undone.</param>
/// <param name="GoOn">Whether the run goes on by itself afterwards instead of pausing.</param>
public sealed record RunRollbackRequested(int ToSeq, string By, string? Note, bool LeaveIrreversible, bool GoOn) : RunEvent;

/// <summary>
/// The run is as it was after an earlier event. The events between that one and this one are history: they are kept and
/// shown, and count for nothing but budgets and occurrences.
/// </summary>
/// <param name="ToSeq">The event.</param>
/// <param name="By">Who asked.</param>
public sealed record RunRolledBack(int ToSeq, string By) : RunEvent;

/// <summary>An effect could not be undone. The run is paused as it is; nothing that was undone is forgotten.</summary>
/// <param name="ToSeq">Where it was to go.</param>
/// <param name="Step">The step that could not be undone.</param>
/// <param name="Fault">Why.</param>
public sealed record RunRollbackFailed(int ToSeq, string Step, Fault Fault) : RunEvent;

/// <summary>A run that ended is tried again from the step that failed; what is complete stays complete.</summary>
/// <param name="Voids">The places of the events that count for nothing from here on: the failures and the end.</param>
/// <param name="By">Who asked.</param>
/// <param name="Note">Their reason.</param>
/// <param name="Limits">New budgets, or null for those it had.</param>
public sealed record RunRetried(ImmutableArray<int> Voids, string By, string? Note, RunLimits? Limits) : RunEvent;

/// <summary>
/// The run is a fork: everything up to <paramref name="Seq"/> happened in another run and is read there. Steps that were
/// under way at that place are performed anew, under keys of their own.
/// </summary>
/// <param name="From">The other run.</param>
/// <param name="Seq">The last event that it shares with it.</param>
/// <param name="By">Who asked.</param>
/// <param name="Title">One line for lists.</param>
/// <param name="Input">Another input of the program, or null.</param>
/// <param name="Grant">What the fork may touch.</param>
/// <param name="Limits">Its budgets; what the other run used does not count.</param>
/// <param name="Labels">What lists show of it.</param>
public sealed record RunForked(
    RunId From,
    int Seq,
    string By,
    string Title,
    JsonElement? Input,
    JsonElement Grant,
    RunLimits Limits,
    RunLabels Labels) : RunEvent;

/// <summary>The run goes on with another version of what it runs.</summary>
/// <param name="FromVersion">The version so far.</param>
/// <param name="ToVersion">The version from here on.</param>
/// <param name="By">Who asked.</param>
/// <param name="Input">The program's input of that version.</param>
/// <param name="Grant">What the run may touch from here on.</param>
/// <param name="Limits">Its budgets from here on.</param>
public sealed record RunUpgraded(
    int FromVersion, int ToVersion, string By, JsonElement Input, JsonElement Grant, RunLimits Limits) : RunEvent;

/// <summary>How far something has come.</summary>
/// <param name="Done">How much is done.</param>
/// <param name="Total">How much there is, where that is known.</param>
/// <param name="Unit">What is counted, in the plural, for instance <c>files</c>.</param>
/// <param name="Text">What is being done, in one line.</param>
public sealed record Progress(long Done, long? Total, string Unit, string? Text);
