using CodexOS.Platform.Ids;

namespace CodexOS.Trust.Contracts;

/// <summary>Takes a person out of the audit log, which stays as provable as it was.</summary>
public interface IAuditErasure
{
    /// <summary>Erases the facts about a person from the present tenant's log: what is left are ids and commitments.</summary>
    /// <returns>How many facts were erased.</returns>
    /// <exception cref="AuditUnavailableException">It could not be recorded, so nothing was erased.</exception>
    Task<int> EraseAsync(UserId subject, CancellationToken cancellationToken);
}
