using System.Diagnostics;
using CodexOS.Trust.Contracts;

namespace CodexOS.Trust.Audit;

/// <summary>How outcomes and kinds of actors are written in rows and leaves. These words never change.</summary>
internal static class AuditWords
{
    public static string Of(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Done => "done",
        AuditOutcome.Denied => "denied",
        AuditOutcome.Failed => "failed",
        _ => throw new UnreachableException($"The outcome {outcome} has no word."),
    };

    public static string Of(AuditActorKind kind) => kind switch
    {
        AuditActorKind.Anonymous => "anonymous",
        AuditActorKind.User => "user",
        AuditActorKind.ServiceAccount => "service_account",
        AuditActorKind.System => "system",
        _ => throw new UnreachableException($"The kind of actor {kind} has no word."),
    };

    /// <summary>The outcome of a word; null if it is none.</summary>
    public static AuditOutcome? OutcomeOf(string? word) => word switch
    {
        "done" => AuditOutcome.Done,
        "denied" => AuditOutcome.Denied,
        "failed" => AuditOutcome.Failed,
        _ => null,
    };

    /// <summary>The kind of actor of a stored word; one that somebody put there is nobody's.</summary>
    public static AuditActorKind KindOf(string word) => word switch
    {
        "user" => AuditActorKind.User,
        "service_account" => AuditActorKind.ServiceAccount,
        "system" => AuditActorKind.System,
        _ => AuditActorKind.Anonymous,
    };
}
