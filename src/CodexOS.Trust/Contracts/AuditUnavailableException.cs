using CodexOS.Platform.Faults;

namespace CodexOS.Trust.Contracts;

/// <summary>
/// The audit log cannot be written. It is an exception and not a fault in a result, so that an action which nobody wrote
/// down cannot go on by mistake. Over HTTP it is answered as <c>trust.audit_unavailable</c>.
/// </summary>
public sealed class AuditUnavailableException : FaultException
{
    /// <summary>Wraps what kept the log from being written.</summary>
    public AuditUnavailableException(Exception cause)
        : base(Unavailable, cause)
    {
    }

    private static Fault Unavailable { get; } = new(
        "trust.audit_unavailable",
        FaultKind.Unavailable,
        "The audit log cannot be written, so nothing was done. Ask the operator to look at the database.");
}
