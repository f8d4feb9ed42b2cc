using System.Runtime.CompilerServices;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Audit;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Trust.Privacy;

/// <summary>What the audit log and the secrets know of a person.</summary>
internal sealed class TrustSubjectData(
    IDbContextFactory<TrustDb> contexts, AuditSequencer sequencer, PersonalFacts facts, IAuditErasure erasure,
    TenantContext tenants) : ISubjectData
{
    private const int BatchMax = 256;
    private const string User = "user";

    /// <inheritdoc />
    public string Name => "trust";

    /// <inheritdoc />
    public IReadOnlyList<SubjectDocument> Documents =>
    [
        SubjectDocument.Of<SubjectAuditEntry>(
            "audit-entries",
            "The entries of the audit log of what the person did and of what was done to them, with the facts about them.",
            ReadEntriesAsync),
        SubjectDocument.Of<SubjectSecret>("secrets", "The names of the secrets that the person set, without their values.", ReadSecretsAsync),
    ];

    /// <inheritdoc />
    public async Task<Result<SubjectErasure>> EraseAsync(
        DataSubject subject, ErasureWish wish, CancellationToken cancellationToken) => new SubjectErasure(
        new Dictionary<string, long>(StringComparer.Ordinal)
        {
            ["audit_facts"] = await erasure.EraseAsync(subject.Id, cancellationToken),
        },
        [
            new KeptData(
                "audit_entries",
                "The audit log proves who did what and must stay whole. Its entries name the person by their id only."),
        ]);

    private async IAsyncEnumerable<SubjectAuditEntry> ReadEntriesAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await sequencer.SequenceAsync(tenants.Required, cancellationToken);
        var id = subject.Id.ToString();
        for (var next = 0L; ;)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var from = next;
            var rows = await db.Entries.AsNoTracking()
                .Where(row => row.LeafIndex >= from
                    && (row.ActorId == id || (row.ResourceType == User && row.ResourceId == id)
                        || db.Personal.Any(fact => fact.EntryId == row.EntryId && fact.Subject == id)))
                .OrderBy(static row => row.LeafIndex).Take(BatchMax)
                .ToListAsync(cancellationToken);
            var told = await facts.OfAsync(db, rows.ConvertAll(static row => row.EntryId), cancellationToken, id);
            foreach (var row in rows) yield return SubjectAuditEntry.Of(AuditQueries.RecordOf(row, told[row.EntryId]), id);
            if (rows.Count < BatchMax) yield break;
            next = rows[^1].LeafIndex + 1;
        }
    }

    private async IAsyncEnumerable<SubjectSecret> ReadSecretsAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = subject.Id.ToString();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.Secrets.AsNoTracking().Where(row => row.CreatedBy == id || row.ChangedBy == id).OrderBy(row => row.Name);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return new SubjectSecret(
                row.Name, row.CreatedBy == id ? row.CreatedAt : null, row.ChangedBy == id ? row.ChangedAt : null);
        }
    }
}

/// <summary>An entry of the audit log in the export of a person; of anybody else in it only that it was somebody else.</summary>
/// <param name="Id">The entry.</param>
/// <param name="Index">Its number in the log.</param>
/// <param name="At">When.</param>
/// <param name="Action">What was done.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Actor">Who did it: the person's id, another kind of actor, or <c>another person</c>.</param>
/// <param name="ResourceType">The kind of thing that it was done to.</param>
/// <param name="ResourceId">Which one.</param>
/// <param name="Details">Further facts.</param>
/// <param name="Personal">Facts about the person.</param>
public sealed record SubjectAuditEntry(
    AuditEntryId Id, long Index, DateTimeOffset At, string Action, AuditOutcome Outcome, string Actor, string? ResourceType,
    string? ResourceId, IReadOnlyDictionary<string, string> Details, IReadOnlyDictionary<string, string> Personal)
{
    internal static SubjectAuditEntry Of(AuditRecord record, string subject) => new(
        record.Id,
        record.Index,
        record.At,
        record.Action,
        record.Outcome,
        record.Actor.Id == subject || record.Actor.Kind is not AuditActorKind.User
            ? record.Actor.Id
            : "another person",
        record.Resource?.Type,
        record.Resource?.Id,
        record.Details,
        record.Personal.Where(static fact => fact.Value is not null)
            .ToDictionary(static fact => fact.Key, static fact => fact.Value!, StringComparer.Ordinal));
}

/// <summary>A secret in the export of the person who set it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="CreatedAt">When the person made it, if they did.</param>
/// <param name="ChangedAt">When the person set it last, if they did.</param>
public sealed record SubjectSecret(string Name, DateTimeOffset? CreatedAt, DateTimeOffset? ChangedAt);
