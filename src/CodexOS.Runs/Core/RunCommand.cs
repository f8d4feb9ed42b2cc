using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Core;

/// <summary>What somebody wants of a run. It crosses from one process to another as JSON.</summary>
[JsonDerivedType(typeof(Decide), "decide")]
[JsonDerivedType(typeof(Resolve), "resolve")]
[JsonDerivedType(typeof(Cancel), "cancel")]
[JsonDerivedType(typeof(Pause), "pause")]
[JsonDerivedType(typeof(Resume), "resume")]
[JsonDerivedType(typeof(Steer), "steer")]
[JsonDerivedType(typeof(Signal), "signal")]
[JsonDerivedType(typeof(RollBack), "rollBack")]
[JsonDerivedType(typeof(Retry), "retry")]
[JsonDerivedType(typeof(Upgrade), "upgrade")]
internal abstract record RunCommand
{
    private RunCommand()
    {
    }

    /// <summary>Decides an approval, or answers a question.</summary>
    public sealed record Decide(ApprovalId Approval, bool Approve, string ArgumentsHash, string By, string? Note) : RunCommand
    {
        /// <summary>The answer to a question.</summary>
        public JsonElement? Content { get; init; }

        /// <summary>Whether a question is put aside.</summary>
        public bool Dismiss { get; init; }
    }

    /// <summary>Decides what becomes of a step in doubt; <paramref name="Output"/> is what it gave, if it took place.</summary>
    public sealed record Resolve(
        string Step, int Occurrence, InDoubtOutcome Outcome, JsonElement? Output, string By, string? Note) : RunCommand;

    /// <summary>Ends the run as soon as its steps have stopped.</summary>
    public sealed record Cancel(string By, string? Reason, bool Hard) : RunCommand;

    /// <summary>Begins no further step.</summary>
    public sealed record Pause(string By, string? Reason) : RunCommand;

    /// <summary>Lets a paused run go on.</summary>
    public sealed record Resume(string By) : RunCommand;

    /// <summary>Tells the program something.</summary>
    public sealed record Steer(string By, string Message) : RunCommand;

    /// <summary>Sends a signal.</summary>
    public sealed record Signal(string Name, JsonElement Payload, string By, string? Key) : RunCommand;

    /// <summary>Makes the run as it was after an earlier event.</summary>
    public sealed record RollBack(int ToSeq, string By, string? Note, bool LeaveIrreversible, bool GoOn) : RunCommand;

    /// <summary>Tries a run that ended again, from the step that failed.</summary>
    public sealed record Retry(string By, string? Note, RunLimits? Limits) : RunCommand;

    /// <summary>Goes on with another version.</summary>
    public sealed record Upgrade(
        int ToVersion, string By, JsonElement Input, JsonElement Grant, RunLimits Limits, bool DryRun) : RunCommand;
}

/// <summary>How a run begins: from nothing, or from a place in another run.</summary>
internal sealed record RunOpening(RunStart? Start, ForkStart? Fork);

/// <summary>What is needed to begin a run at a place of another.</summary>
/// <param name="Tenant">The tenant of both.</param>
/// <param name="Creator">Who owns the fork.</param>
/// <param name="Forked">The event that the fork begins with.</param>
/// <param name="Edits">Events of the fork's own that come next: an edited outcome, something said.</param>
/// <param name="Priority">Which of its waiting steps go first.</param>
internal sealed record ForkStart(
    TenantId Tenant, UserId Creator, RunForked Forked, ImmutableArray<ForkEdit> Edits, int Priority);

/// <summary>One event that a fork begins with.</summary>
internal sealed record ForkEdit(short Kind, string Payload);
