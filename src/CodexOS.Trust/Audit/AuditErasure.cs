using CodexOS.Platform.Ids;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Trust.Audit;

/// <summary>Erases facts about a person from the present tenant's log, and records that.</summary>
internal sealed class AuditErasure(IDbContextFactory<TrustDb> contexts, IAuditLog audit) : IAuditErasure
{
    /// <inheritdoc />
    public async Task<int> EraseAsync(UserId subject, CancellationToken cancellationToken)
    {
        var id = subject.ToString();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var facts = await db.Personal.CountAsync(row => row.Subject == id, cancellationToken);
        // First the entry: who erases their own facts leaves none with it.
        await audit.RecordAsync(
            AuditEntry.Done("audit.erase_personal").On("user", id).With("facts", $"{facts}"), db, cancellationToken);
        await db.Personal.Where(row => row.Subject == id).ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return facts;
    }
}
