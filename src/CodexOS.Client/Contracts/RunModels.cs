using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodexOS.Client.Contracts;

/// <summary>A run.</summary>
/// <param name="Id">Its id, <c>run_…</c>.</param>
/// <param name="Kind">Which program drives it, for instance <c>agent</c>.</param>
/// <param name="Subject">What it runs, by name.</param>
/// <param name="SubjectVersion">The version of the subject.</param>
/// <param name="Title">One line for lists.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="StartedAt">When its first step began.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="HeadSeq">The place of its newest event.</param>
/// <param name="StepsCount">How many steps have begun.</param>
/// <param name="TokensIn">Model tokens read so far.</param>
/// <param name="TokensOut">Model tokens written so far.</param>
/// <param name="CostMicroUsd">Money used so far, in millionths of a US dollar.</param>
/// <param name="WorkspaceId">The file workspace it works on.</param>
/// <param name="Model">The model it was started with.</param>
/// <param name="ModelIsReal">False for scripted and replayed models.</param>
/// <param name="PendingApprovals">What it waits for a person to approve.</param>
/// <param name="Output">Its answer, if it is complete.</param>
/// <param name="Fault">Why it failed, if it did.</param>
public sealed record Run(
    string Id,
    string Kind,
    string Subject,
    int SubjectVersion,
    string? Title,
    RunStatus Status,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    long HeadSeq,
    int StepsCount,
    long TokensIn,
    long TokensOut,
    long CostMicroUsd,
    string? WorkspaceId,
    string? Model,
    bool ModelIsReal,
    IReadOnlyList<Approval> PendingApprovals,
    string? Output,
    RunFault? Fault)
{
    /// <summary>Which of its waiting steps go first, -10 to 10, higher first.</summary>
    public int Priority { get; init; }

    /// <summary>How far it has come, from 0 to 1, where that is known.</summary>
    public double? Progress { get; init; }

    /// <summary>The run that started it, if one did.</summary>
    public string? ParentId { get; init; }

    /// <summary>The run that it is a fork of, if it is one.</summary>
    public string? ForkedFrom { get; init; }

    /// <summary>The last event that it shares with the run that it is a fork of.</summary>
    public long? ForkSeq { get; init; }

    /// <summary>Whether it has ended; only a retry or a rollback makes it go on.</summary>
    [JsonIgnore]
    public bool IsOver => Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled;
}

/// <summary>Why a run or a step failed.</summary>
/// <param name="Code">The stable code.</param>
/// <param name="Kind">Who has to act.</param>
/// <param name="Message">What is wrong and what to do.</param>
public sealed record RunFault(string Code, FaultKind Kind, string Message);

/// <summary>Where a run stands.</summary>
[JsonConverter(typeof(WordEnumConverter<RunStatus>))]
public enum RunStatus
{
    /// <summary>A status that this client does not know; the server is newer.</summary>
    Unknown,

    /// <summary>Accepted, not yet begun.</summary>
    Queued,

    /// <summary>Steps are being performed.</summary>
    Running,

    /// <summary>It waits for an approval, a timer, a signal or a child run.</summary>
    Waiting,

    /// <summary>It waits for a decision about a step whose outcome is unknown.</summary>
    InDoubt,

    /// <summary>Ended with an answer.</summary>
    Completed,

    /// <summary>Ended with a fault.</summary>
    Failed,

    /// <summary>Ended on request.</summary>
    Cancelled,

    /// <summary>It begins no further step until somebody lets it go on.</summary>
    Paused,
}

/// <summary>A request for a person's approval.</summary>
/// <param name="Id">Its id, <c>apr_…</c>.</param>
/// <param name="RunId">The run that waits.</param>
/// <param name="Step">The step that waits.</param>
/// <param name="Tool">What wants to act.</param>
/// <param name="Title">What it wants to do, in one line.</param>
/// <param name="Arguments">The full arguments.</param>
/// <param name="ArgumentsHash">What an approval is bound to.</param>
/// <param name="Preview">What would change, where the tool can tell.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="ExpiresAt">When silence becomes a denial.</param>
/// <param name="State">What became of it.</param>
public sealed record Approval(
    string Id,
    string RunId,
    string Step,
    string Tool,
    string? Title,
    JsonElement Arguments,
    string ArgumentsHash,
    ApprovalPreview? Preview,
    DateTimeOffset RequestedAt,
    DateTimeOffset ExpiresAt,
    ApprovalState State)
{
    /// <summary>Why a person is asked, rule by rule; null where the tool is always asked about.</summary>
    public string? Why { get; init; }

    /// <summary>Whether the call breaks a rule that only a person may set aside.</summary>
    public bool IsViolation { get; init; }

    /// <summary>On whose behalf the call is made: a user's id.</summary>
    public string? RequestedBy { get; init; }

    /// <summary>What is asked in the middle of the call; null where a person decides whether it may begin.</summary>
    public Question? Question { get; init; }
}

/// <summary>Something that a call must know of a person before it can go on.</summary>
/// <param name="From">Who asks and gets to know the answer.</param>
/// <param name="Message">What is asked, in the asker's words.</param>
/// <param name="Fields">What the answer holds; none is a plain yes or no.</param>
public sealed record Question(string From, string Message, IReadOnlyList<FormField> Fields);

/// <summary>One field of a question's form.</summary>
/// <param name="Name">Its name in the answer.</param>
/// <param name="Kind"><c>text</c>, <c>number</c>, <c>whole</c>, <c>boolean</c>, <c>choice</c> or <c>choices</c>.</param>
/// <param name="IsRequired">Whether an answer without it is refused.</param>
/// <param name="Choices">What can be chosen, where it is chosen.</param>
public sealed record FormField(string Name, string Kind, bool IsRequired, IReadOnlyList<FormChoice> Choices)
{
    /// <summary>What people call it; null is its name.</summary>
    public string? Title { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>What it holds before somebody changes it.</summary>
    public JsonElement? Default { get; init; }

    /// <summary>How a text is written: <c>email</c>, <c>uri</c>, <c>date</c> or <c>dateTime</c>.</summary>
    public string? Format { get; init; }

    /// <summary>Fewest characters of a text, or choices of several.</summary>
    public int? LengthMin { get; init; }

    /// <summary>Most characters of a text, or choices of several.</summary>
    public int? LengthMax { get; init; }

    /// <summary>The smallest number.</summary>
    public double? Minimum { get; init; }

    /// <summary>The largest number.</summary>
    public double? Maximum { get; init; }
}

/// <summary>Something that can be chosen.</summary>
/// <param name="Value">What the answer holds.</param>
/// <param name="Title">What people read; null is the value.</param>
public sealed record FormChoice(string Value, string? Title = null);

/// <summary>What would change if an approval were given.</summary>
/// <param name="Kind">How to show it; <c>diff</c> is a unified diff.</param>
/// <param name="Diff">The unified diff.</param>
public sealed record ApprovalPreview(string Kind, string? Diff = null);

/// <summary>What became of a request for approval.</summary>
[JsonConverter(typeof(WordEnumConverter<ApprovalState>))]
public enum ApprovalState
{
    /// <summary>A state that this client does not know; the server is newer.</summary>
    Unknown,

    /// <summary>Nobody has decided yet.</summary>
    Pending,

    /// <summary>The step may go on.</summary>
    Approved,

    /// <summary>The step may not.</summary>
    Denied,

    /// <summary>Nobody decided in time; the step may not go on.</summary>
    Expired,

    /// <summary>The run ended or was rolled back before anybody decided.</summary>
    Withdrawn,
}

/// <summary>What a person decides about a step whose outcome is unknown.</summary>
[JsonConverter(typeof(WordEnumConverter<StepOutcome>))]
public enum StepOutcome
{
    /// <summary>Not a decision.</summary>
    Unknown,

    /// <summary>It did not take place, or may take place twice: perform it again.</summary>
    Retry,

    /// <summary>Treat it as failed and let the run go on.</summary>
    Failed,

    /// <summary>It took place, and this is what it gave.</summary>
    TookPlace,

    /// <summary>Undo whatever it did, then treat it as failed.</summary>
    Compensate,
}

/// <summary>Which runs to list; what is null does not narrow the list.</summary>
/// <param name="Status">Only runs in this status.</param>
/// <param name="Kind">Only runs of this program.</param>
/// <param name="Subject">Only runs of this agent, by name.</param>
public sealed record RunFilter(RunStatus? Status = null, string? Kind = null, string? Subject = null);

/// <summary>Some of a run's events.</summary>
/// <param name="Items">The events, in order.</param>
/// <param name="NextAfter">Ask for the events after this place next; null if these were the newest.</param>
public sealed record EventPage(IReadOnlyList<RunEvent> Items, long? NextAfter = null);

internal sealed record DecideBody(bool Approve, string ArgumentsHash, string? Note)
{
    public JsonElement? Content { get; init; }

    public bool Dismiss { get; init; }
}
