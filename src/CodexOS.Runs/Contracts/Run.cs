using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Runs.Contracts;

/// <summary>A run as the API shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Which program drives it.</param>
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
/// <param name="Model">The model it was started with, <c>provider:model</c>.</param>
/// <param name="ModelIsReal">False for scripted and replayed models.</param>
/// <param name="PendingApprovals">What it waits for a person to approve.</param>
/// <param name="Output">Its answer, if it is complete.</param>
/// <param name="Fault">Why it failed, if it did.</param>
public sealed record Run(
    RunId Id,
    string Kind,
    string Subject,
    int SubjectVersion,
    string Title,
    RunStatus Status,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    int HeadSeq,
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
    public RunId? ParentId { get; init; }

    /// <summary>The run that it is a fork of, if it is one.</summary>
    public RunId? ForkedFrom { get; init; }

    /// <summary>The last event that it shares with the run that it is a fork of.</summary>
    public int? ForkSeq { get; init; }
}

/// <summary>A fault as the API shows it.</summary>
/// <param name="Code">Its stable code.</param>
/// <param name="Kind">Who has to act.</param>
/// <param name="Message">What is wrong and what to do.</param>
public sealed record RunFault(string Code, FaultKind Kind, string Message);

/// <summary>Where a run stands.</summary>
public enum RunStatus
{
    /// <summary>Journaled, not yet begun.</summary>
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

/// <summary>A request for a person's approval, as the API shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="RunId">The run that waits.</param>
/// <param name="Step">The step that waits.</param>
/// <param name="Tool">What wants to act.</param>
/// <param name="Title">What it wants to do, in one line.</param>
/// <param name="Arguments">The full canonical arguments.</param>
/// <param name="ArgumentsHash">What an approval is bound to.</param>
/// <param name="Preview">What would change.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="ExpiresAt">When silence becomes a denial.</param>
/// <param name="State">What became of it.</param>
public sealed record Approval(
    ApprovalId Id,
    RunId RunId,
    string Step,
    string Tool,
    string Title,
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

    /// <summary>On whose behalf the call is made.</summary>
    public UserId? RequestedBy { get; init; }

    /// <summary>What is asked in the middle of the call; null where a person decides whether it may begin.</summary>
    public Question? Question { get; init; }
}

/// <summary>What became of a request for approval.</summary>
public enum ApprovalState
{
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
