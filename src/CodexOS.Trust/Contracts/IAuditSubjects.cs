using System.Data.Common;
using CodexOS.Platform.Ids;

namespace CodexOS.Trust.Contracts;

/// <summary>Says who it was of whom the audit log was told before they had an id.</summary>
public interface IAuditSubjects
{
    /// <summary>
    /// Makes facts of the present tenant's log a person's: from now on they are under that person's key, are exported with the
    /// person's data, and erased with it. The entries are not touched.
    /// </summary>
    /// <param name="stranger">What stood for the person, as <see cref="AuditEntry.Subject"/> was given.</param>
    /// <param name="person">Who it is.</param>
    /// <param name="transaction">The transaction in which that became known.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task KnowAsync(string stranger, UserId person, DbTransaction transaction, CancellationToken cancellationToken);
}
