using CodexOS.Platform.Faults;

namespace CodexOS.Trust.Audit;

/// <summary>What can be wrong with a question to the audit log.</summary>
internal static class AuditFaults
{
    public static Fault BadFilter { get; } = new(
        "trust.bad_filter", FaultKind.Invalid, "action, actor and resource are texts of at most 320 characters.");

    public static Fault BadOutcome { get; } = new(
        "trust.bad_outcome", FaultKind.Invalid, "outcome must be done, denied or failed.");

    public static Fault BadResource { get; } = new(
        "trust.bad_resource", FaultKind.Invalid, "resource must be a type, as in agent, or a type and an id, as in agent:helper.");

    public static Fault NoCheckpoint { get; } = new(
        "trust.no_checkpoint", FaultKind.NotFound, "Nothing has been signed yet. The first checkpoint comes within a minute or so.");

    public static Fault BadSizes { get; } = new(
        "trust.bad_sizes", FaultKind.Invalid, "from and to must be sizes of the log, with 1 ≤ from ≤ to ≤ its present size.");

    public static Fault Busy { get; } = new(
        "trust.verification_busy", FaultKind.Throttled, "The log is being verified already. Try again in a moment.")
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    public static Fault TooManyCheckpoints(int most) => new(
        "trust.too_many_checkpoints", FaultKind.TooLarge, $"At most {most} checkpoints can be held against the log at once. Send the newest.");

    public static Fault TooLarge(long most) => new(
        "trust.export_too_large",
        FaultKind.TooLarge,
        $"An export has at most {most} entries. Narrow it with from and to, or raise Audit:ExportEntriesMax.");

    public static Fault NotFound(string id) => new(
        "trust.entry_not_found",
        FaultKind.NotFound,
        $"There is no entry '{(id.Length > 64 ? id[..64] + "…" : id)}' in the audit log. An entry takes its place within a second or so.");

    public static Fault Damaged { get; } = new(
        "trust.audit_damaged",
        FaultKind.Internal,
        "The audit log is damaged. Run codexos audit verify, which says where.");
}

/// <summary>The stored tree is not what it must be. Nothing is appended to such a log, and nothing proved from it.</summary>
internal sealed class AuditDamagedException(string message)
    : FaultException(AuditFaults.Damaged, new InvalidDataException(message));
