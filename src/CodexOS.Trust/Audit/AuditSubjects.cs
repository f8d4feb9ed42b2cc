using System.Data.Common;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Trust.Audit;

/// <summary>Seals facts anew, under the key of the person whom they turned out to speak of.</summary>
internal sealed class AuditSubjects(IDbContextFactory<TrustDb> contexts, PersonalFacts facts, TenantContext tenants)
    : IAuditSubjects
{
    /// <inheritdoc />
    public async Task KnowAsync(
        string stranger, UserId person, DbTransaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        var (log, id) = (tenants.Required, person.ToString());
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Database.SetDbConnection(transaction.Connection);
        await db.Database.UseTransactionAsync(transaction, cancellationToken);
        foreach (var row in await db.Personal.AsNoTracking().Where(row => row.Subject == stranger).ToListAsync(cancellationToken))
        {
            // What was changed by somebody else stays as it is, for the verification to find.
            if (await facts.OpenAsync(transaction, row, cancellationToken) is not { Value: not null } fact) continue;
            var known = await facts.SealAsync(transaction, log, row.EntryId, id, fact, cancellationToken);
            await db.Personal.Where(one => one.EntryId == row.EntryId && one.Field == row.Field).ExecuteUpdateAsync(
                set => set.SetProperty(one => one.Subject, id).SetProperty(one => one.Fact, known.Fact), cancellationToken);
        }
    }
}
