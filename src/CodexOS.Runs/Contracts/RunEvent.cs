using System.Text.Json;
using System.Text.Json.Serialization;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Runs.Contracts;

/// <summary>One thing that happened in a run. The journal is the list of these; a run's state is their fold.</summary>
public abstract record RunEvent
{
    private protected RunEvent()
    {
    }
}

/// <summary>An event at its place in the journal.</summary>
/// <param name="Seq">The place, from 0, without gaps.</param>
/// <param name="At">When it was appended, by the clock of the process that owned the run.</param>
/// <param name="Event">What happened.</param>
public sealed record JournaledEvent(int Seq, DateTimeOffset At, RunEvent Event);

/// <summary>The run exists. Everything it needs to know for its whole life is pinned here.</summary>
/// <param name="Kind">Which program drives it, for instance <c>agent</c>.</param>
/// <param name="Subject">What it runs, by name.</param>
/// <param name="SubjectVersion">The immutable version of the subject.</param>
/// <param name="Title">One line for lists.</param>
/// <param name="By">Who started it.</param>
/// <param name="Input">The program's input.</param>
/// <param name="Grant">What the run may touch. Nothing listed is nothing allowed.</param>
/// <param name="Limits">Its budgets.</param>
/// <param name="Labels">What lists show of it.</param>
public sealed record RunCreated(
    string Kind,
    string Subject,
    int SubjectVersion,
    string Title,
    UserId By,
    JsonElement Input,
    JsonElement Grant,
    RunLimits Limits,
    RunLabels Labels) : RunEvent
{
    /// <summary>The step of another run that started this one, or null.</summary>
    public RunParent? Parent { get; init; }

    /// <summary>Which waiting steps go first, -10 to 10, higher first.</summary>
    public int Priority { get; init; }

    /// <summary>When the run must be over; it is failed then.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The input's label, see <see cref="EffectOutput.Label"/>; null where a person gave the input.</summary>
    public JsonElement? InputLabel { get; init; }
}

/// <summary>The step of a run that started another run.</summary>
/// <param name="Run">The run.</param>
/// <param name="Step">The step.</param>
/// <param name="Occurrence">Which occurrence of it.</param>
/// <param name="Depth">How many runs stand above the child.</param>
public sealed record RunParent(RunId Run, string Step, int Occurrence, int Depth);

/// <summary>A process took the run over; appends of earlier owners are refused from here on.</summary>
/// <param name="Owner">The process.</param>
/// <param name="Epoch">How often the run has been claimed.</param>
public sealed record RunClaimed(string Owner, int Epoch) : RunEvent;

/// <summary>A step is about to be performed. It is committed before the effect begins.</summary>
/// <param name="Step">The step's stable id within the run.</param>
/// <param name="Occurrence">How often this step has been begun anew, from 1.</param>
/// <param name="Effect">Which handler performs it.</param>
/// <param name="Repeat">What may be done if its outcome is lost.</param>
/// <param name="Key">The idempotency key, <c>run:step:occurrence</c>.</param>
/// <param name="Input">What it was asked to do.</param>
public sealed record StepStarted(
    string Step, int Occurrence, string Effect, RepeatClass Repeat, string Key, JsonElement Input) : RunEvent
{
    /// <summary>What was set aside of the budgets for it.</summary>
    public EffectUsage? Reserved { get; init; }
}

/// <summary>A step's effect is complete and is never performed again.</summary>
/// <param name="Step">The step.</param>
/// <param name="Occurrence">Which occurrence of it.</param>
/// <param name="Output">What came out.</param>
/// <param name="Usage">What it used, where that is metered.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
public sealed record StepCompleted(
    string Step, int Occurrence, JsonElement Output, EffectUsage? Usage, long DurationMs) : RunEvent
{
    /// <summary>What undoes the effect; null if there is nothing to undo, or no way to.</summary>
    public Compensation? Compensation { get; init; }

    /// <summary>See <see cref="EffectOutput.Label"/>.</summary>
    public JsonElement? Label { get; init; }
}

/// <summary>An effect that undoes another.</summary>
/// <param name="Effect">Which handler performs it.</param>
/// <param name="Input">What to do.</param>
public sealed record Compensation(string Effect, JsonElement Input);

/// <summary>A step was refused or failed. Whether the run goes on is for its program to say.</summary>
/// <param name="Step">The step.</param>
/// <param name="Occurrence">Which occurrence of it.</param>
/// <param name="Fault">Why.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
public sealed record StepFailed(string Step, int Occurrence, Fault Fault, long DurationMs) : RunEvent
{
    /// <summary>The handler it was meant for, if the gate refused it before it could start.</summary>
    public string? Effect { get; init; }

    /// <summary>What it was asked to do, if the gate refused it before it could start.</summary>
    public JsonElement? Input { get; init; }
}

/// <summary>
/// Nobody knows whether an effect that must not be repeated took place. The run waits until a person decides.
/// </summary>
/// <param name="Step">The step.</param>
/// <param name="Occurrence">Which occurrence of it.</param>
/// <param name="Key">Its idempotency key.</param>
/// <param name="Effect">The handler that performed it.</param>
/// <param name="Reason">Why its outcome is unknown.</param>
public sealed record StepInDoubt(string Step, int Occurrence, string Key, string Effect, string Reason) : RunEvent;

/// <summary>A person decided what becomes of a step in doubt.</summary>
/// <param name="Step">The step.</param>
/// <param name="Occurrence">Which occurrence of it.</param>
/// <param name="Outcome">Their decision.</param>
/// <param name="By">Who decided.</param>
/// <param name="Note">Their reason.</param>
public sealed record StepResolved(
    string Step, int Occurrence, InDoubtOutcome Outcome, string By, string? Note) : RunEvent;

/// <summary>
/// A step needs a person's approval, and the run waits; or, with a question, it needs to know something of a person while
/// it is under way.
/// </summary>
/// <param name="ApprovalId">The request.</param>
/// <param name="Step">The step that waits.</param>
/// <param name="Occurrence">Which occurrence of it.</param>
/// <param name="Tool">What wants to act.</param>
/// <param name="Title">What it wants to do, in one line.</param>
/// <param name="Arguments">The full canonical arguments.</param>
/// <param name="ArgumentsHash">SHA-256 of tool and arguments: an approval holds for exactly these.</param>
/// <param name="Preview">What would change, where the tool can tell.</param>
/// <param name="ExpiresAt">When silence becomes a denial.</param>
public sealed record ApprovalRequested(
    ApprovalId ApprovalId,
    string Step,
    int Occurrence,
    string Tool,
    string Title,
    JsonElement Arguments,
    string ArgumentsHash,
    ApprovalPreview? Preview,
    DateTimeOffset ExpiresAt) : RunEvent
{
    /// <summary>On whose behalf the call is made: the user who started the run.</summary>
    public UserId? RequestedBy { get; init; }

    /// <summary>See <see cref="GateVerdict.Ask.Why"/>.</summary>
    public string? Why { get; init; }

    /// <summary>See <see cref="GateVerdict.Ask.IsViolation"/>.</summary>
    public bool IsViolation { get; init; }

    /// <summary>What the step asks in the middle of its effect; null where it waits to begin.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Question? Question { get; init; }

    /// <summary>See <see cref="QuestionWish.AnswerLabel"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? AnswerLabel { get; init; }

    /// <summary>See <see cref="QuestionWish.Continuation"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Continuation { get; init; }
}

/// <summary>An approval was given, denied, or has expired.</summary>
/// <param name="ApprovalId">The request.</param>
/// <param name="Approved">Whether the step may go on.</param>
/// <param name="By">Who decided; <c>expiry</c> if nobody did in time.</param>
/// <param name="Note">Their reason.</param>
public sealed record ApprovalDecided(ApprovalId ApprovalId, bool Approved, string By, string? Note) : RunEvent
{
    /// <summary>What a person said to a question; null for an approval, and where nobody said anything.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public QuestionAnswer? Answer { get; init; }
}

/// <summary>The run sleeps until a time.</summary>
/// <param name="Timer">The timer's stable id within the run.</param>
/// <param name="DueAt">When it fires.</param>
public sealed record TimerStarted(string Timer, DateTimeOffset DueAt) : RunEvent;

/// <summary>A timer's time has come.</summary>
/// <param name="Timer">The timer.</param>
public sealed record TimerFired(string Timer) : RunEvent;

/// <summary>Someone asked to end the run; steps that are being performed are stopped.</summary>
/// <param name="By">Who asked.</param>
/// <param name="Reason">Why.</param>
public sealed record RunCancelRequested(string By, string? Reason) : RunEvent
{
    /// <summary>Whether steps get no time to stop by themselves; one that has not stopped is in doubt.</summary>
    public bool Hard { get; init; }
}

/// <summary>The run reached its goal.</summary>
/// <param name="Output">Its answer.</param>
public sealed record RunCompleted(JsonElement Output) : RunEvent
{
    /// <summary>The answer's label, see <see cref="EffectOutput.Label"/>; the step that waits for the run inherits it.</summary>
    public JsonElement? Label { get; init; }
}

/// <summary>The run ended without reaching its goal.</summary>
/// <param name="Fault">Why.</param>
public sealed record RunFailed(Fault Fault) : RunEvent;

/// <summary>The run was ended on request.</summary>
/// <param name="By">Who asked.</param>
/// <param name="Reason">Why.</param>
public sealed record RunCancelled(string By, string? Reason) : RunEvent;

/// <summary>What may be done when the outcome of an effect was lost in a crash.</summary>
public enum RepeatClass
{
    /// <summary>It changes nothing: perform it again.</summary>
    Read,

    /// <summary>It takes effect wholly or not at all: perform it again with the same key.</summary>
    Transactional,

    /// <summary>The other side recognises the idempotency key: perform it again with the same key.</summary>
    Keyed,

    /// <summary>The handler can find out by key whether it took place: ask, then decide.</summary>
    Queryable,

    /// <summary>None of these: never perform it again unasked.</summary>
    Unsafe,
}

/// <summary>What a person decides about a step in doubt.</summary>
public enum InDoubtOutcome
{
    /// <summary>It did not take place, or may take place twice: perform it again.</summary>
    Retry,

    /// <summary>Treat it as failed and let the program go on.</summary>
    Failed,

    /// <summary>It took place, and this is what it gave.</summary>
    TookPlace,

    /// <summary>Undo whatever it did, then treat it as failed.</summary>
    Compensate,
}

/// <summary>The budgets of a run; the step that would exceed one is not begun.</summary>
/// <param name="StepsMax">Most steps.</param>
/// <param name="WallTimeMax">Longest time from creation to end, waiting included.</param>
/// <param name="TokensMax">Most model tokens, input and output together.</param>
/// <param name="CostMaxMicroUsd">Most money, in millionths of a US dollar.</param>
public sealed record RunLimits(int StepsMax, TimeSpan WallTimeMax, long TokensMax, long CostMaxMicroUsd)
{
    /// <summary>Most bytes that effects may move, or null for no limit of its own.</summary>
    public long? EffectBytesMax { get; init; }

    /// <summary>Whether there was a budget of money and nothing is left of it, which 0 alone does not say.</summary>
    [JsonIgnore]
    public bool IsCostSpent { get; init; }

    /// <summary>How many runs may stand below this one, one under the other, or null for the server's limit.</summary>
    public int? DepthMax { get; init; }
}

/// <summary>What lists show of a run without reading its journal.</summary>
/// <param name="Model">The model it was started with, <c>provider:model</c>.</param>
/// <param name="ModelIsReal">False for scripted and replayed models.</param>
/// <param name="Workspace">The file workspace it works on.</param>
public sealed record RunLabels(string? Model, bool ModelIsReal, string? Workspace)
{
    /// <summary>No labels.</summary>
    public static RunLabels None { get; } = new(null, false, null);
}

/// <summary>What a step used.</summary>
/// <param name="TokensIn">Model tokens read.</param>
/// <param name="TokensOut">Model tokens written.</param>
/// <param name="CostMicroUsd">Money, in millionths of a US dollar.</param>
public sealed record EffectUsage(long TokensIn, long TokensOut, long CostMicroUsd)
{
    /// <summary>Nothing.</summary>
    public static EffectUsage None { get; } = new(0, 0, 0);

    /// <summary>Bytes that the effect moved, where it counts them.</summary>
    public long Bytes { get; init; }

    /// <summary>The sum of two.</summary>
    public static EffectUsage operator +(EffectUsage one, EffectUsage other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return new EffectUsage(
            one.TokensIn + other.TokensIn, one.TokensOut + other.TokensOut, one.CostMicroUsd + other.CostMicroUsd)
        {
            Bytes = one.Bytes + other.Bytes,
        };
    }

    /// <summary>The sum of two.</summary>
    public static EffectUsage Add(EffectUsage left, EffectUsage right) => left + right;
}

/// <summary>What would change if an approval were given.</summary>
/// <param name="Kind">How to show it; <c>diff</c> is a unified diff.</param>
/// <param name="Diff">The unified diff.</param>
public sealed record ApprovalPreview(string Kind, string Diff);
