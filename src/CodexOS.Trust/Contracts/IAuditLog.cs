using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace CodexOS.Trust.Contracts;

/// <summary>
/// Writes down what happened, so that nobody can change it later without being found out. What cannot be written down must
/// not happen: whoever does something privileged records it in the same transaction, and lets the exception pass.
/// </summary>
public interface IAuditLog
{
    /// <summary>Records an entry as part of the transaction that does what it tells of.</summary>
    /// <param name="entry">What happened.</param>
    /// <param name="transaction">An open transaction on the platform's database; the caller commits it.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <exception cref="AuditUnavailableException">The log cannot be written; the transaction must not be committed.
    /// </exception>
    Task RecordAsync(AuditEntry entry, DbTransaction transaction, CancellationToken cancellationToken);

    /// <summary>
    /// Records an entry in a transaction of its own: of what was refused, or of what is not in this database. It must not
    /// be called where the same flow holds an open transaction, for which SQLite would wait in vain.
    /// </summary>
    /// <exception cref="AuditUnavailableException">The log cannot be written; what it tells of must not happen.</exception>
    Task RecordAsync(AuditEntry entry, CancellationToken cancellationToken);
}

/// <summary>The audit log for code that uses EF Core.</summary>
public static class AuditLogOnEfCore
{
    /// <summary>Records an entry as part of the transaction that a context has begun.</summary>
    /// <exception cref="InvalidOperationException">The context has begun no transaction, which is a bug.</exception>
    /// <exception cref="AuditUnavailableException">The log cannot be written; the transaction must not be committed.
    /// </exception>
    public static Task RecordAsync(
        this IAuditLog audit, AuditEntry entry, DbContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(audit);
        ArgumentNullException.ThrowIfNull(context);
        var transaction = context.Database.CurrentTransaction
            ?? throw new InvalidOperationException("Begin a transaction, so that the entry is part of it.");
        return audit.RecordAsync(entry, transaction.GetDbTransaction(), cancellationToken);
    }
}
