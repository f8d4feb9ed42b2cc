using System.Data.Common;
using System.Text;
using CodexOS.Platform.Ids;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Keys;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Trust.Audit;

/// <summary>
/// Seals what the log is told about persons, each under the key of that person, or under the tenant's where the person has no
/// id yet. The salt of the commitment is sealed with the value: whoever had it could find a short value by trying. When the key
/// is destroyed, both are gone wherever they lie, and the commitment tells nothing.
/// </summary>
/// <remarks>
/// What is recorded of somebody unknown is under the installation's key in every log. Whether a key had to be fetched can be
/// told from how long a request takes, and a failed sign-in must not tell whose account it was for, nor in which tenant.
/// </remarks>
internal sealed class PersonalFacts(KeyRing keys)
{
    /// <summary>The subject of facts that speak of nobody who is known.</summary>
    public const string Nobody = "";

    private const string Column = "fact";

    /// <summary>Makes the row of a fact; a key that is missing is made by the caller's transaction.</summary>
    public async Task<AuditPersonalRow> SealAsync(
        DbTransaction transaction, TenantId log, AuditEntryId entry, string subject, PersonalFact fact,
        CancellationToken cancellationToken)
    {
        var place = PlaceOf(log, entry, fact.Field, subject);
        var key = place.Subject is null
            ? await keys.ActiveAsync(transaction, KeeperOf(log, subject), KeyPurpose.Data, "", cancellationToken)
            : await keys.ActiveAsync(transaction, log, KeyPurpose.Subject, subject, cancellationToken);
        return new AuditPersonalRow
        {
            TenantId = log,
            EntryId = entry,
            Field = fact.Field,
            Subject = subject,
            Fact = SealedFormat.Seal(key, place, [.. fact.Salt, .. Encoding.UTF8.GetBytes(fact.Value!)]),
        };
    }

    /// <summary>What there still is of the facts in some entries: those whose key was destroyed are no more.</summary>
    /// <param name="db">Where they are.</param>
    /// <param name="entries">The entries.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="subject">Whom they speak of; null for everybody.</param>
    public async Task<ILookup<AuditEntryId, PersonalFact>> OfAsync(
        TrustDb db, List<AuditEntryId> entries, CancellationToken cancellationToken, string? subject = null)
    {
        var stored = db.Personal.AsNoTracking().Where(row => entries.Contains(row.EntryId));
        if (subject is not null) stored = stored.Where(row => row.Subject == subject);
        var rows = await stored.ToListAsync(cancellationToken);
        var facts = new List<(AuditEntryId Entry, PersonalFact Fact)>(rows.Count);
        foreach (var row in rows)
            if (await OpenAsync(row, cancellationToken) is { } fact) facts.Add((row.EntryId, fact));
        return facts.ToLookup(static one => one.Entry, static one => one.Fact);
    }

    /// <summary>A fact, for code that holds an open transaction; null if it cannot be opened any more.</summary>
    public async Task<PersonalFact?> OpenAsync(
        DbTransaction transaction, AuditPersonalRow row, CancellationToken cancellationToken) =>
        SealedFormat.TryReadKey(row.Fact, out var id)
        && await keys.FindAsync(transaction, KeeperOf(row.TenantId, row.Subject), id, cancellationToken) is { } key
            ? Opened(row, key)
            : null;

    private async Task<PersonalFact?> OpenAsync(AuditPersonalRow row, CancellationToken cancellationToken)
    {
        var damaged = new PersonalFact(row.Field, [], null);
        if (!SealedFormat.TryReadKey(row.Fact, out var id)) return damaged;
        var keeper = KeeperOf(row.TenantId, row.Subject);
        if (await keys.FindAsync(keeper, id, cancellationToken) is not { } key)
            return await keys.IsKnownAsync(keeper, id, cancellationToken) ? null : damaged;
        return Opened(row, key);
    }

    private static PersonalFact Opened(AuditPersonalRow row, VaultKey key)
    {
        var place = PlaceOf(row.TenantId, row.EntryId, row.Field, row.Subject);
        return SealedFormat.TryOpen(key, place, row.Fact, out var opened) && opened.Length >= AuditLeaf.SaltBytes
            ? new PersonalFact(
                row.Field, opened[..AuditLeaf.SaltBytes], Encoding.UTF8.GetString(opened.AsSpan(AuditLeaf.SaltBytes)))
            : new PersonalFact(row.Field, [], null);
    }

    /// <summary>Whose keys a fact in a log is under.</summary>
    private static TenantId KeeperOf(TenantId log, string subject) => subject == Nobody ? AuditLogs.Installation : log;

    private static SealedPlace PlaceOf(TenantId log, AuditEntryId entry, string field, string subject) =>
        new(log, TrustDb.PersonalTable, Column, SealedColumns.RowOf([entry.Value, field]))
        {
            Subject = UserId.TryParse(subject, null, out var person) ? person : null,
        };
}

/// <summary>A fact about a person.</summary>
/// <param name="Field">What it says.</param>
/// <param name="Salt">What opens the commitment, together with the value.</param>
/// <param name="Value">The fact; null if what is stored was changed and cannot be opened.</param>
internal sealed record PersonalFact(string Field, byte[] Salt, string? Value);
