using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Trust.Audit;

/// <summary>Which entries are looked for; what is null does not matter.</summary>
/// <param name="Action">An action, or the beginning of several, as in <c>agents.*</c>.</param>
/// <param name="Actor">The actor's id.</param>
/// <param name="Resource">What it was done to.</param>
/// <param name="Outcome">An outcome, as its word.</param>
/// <param name="From">From when.</param>
/// <param name="To">Until when, that instant excluded.</param>
internal sealed record AuditFilter(
    string? Action, string? Actor, (string Type, string? Id)? Resource, string? Outcome, DateTimeOffset? From,
    DateTimeOffset? To);

/// <summary>Looks at the present tenant's log. What is pending takes its place first, so that one sees what one did.</summary>
internal sealed class AuditQueries(
    IDbContextFactory<TrustDb> contexts, AuditSequencer sequencer, AuditCheckpoints checkpoints, CheckpointSigner signer,
    PersonalFacts facts, TenantContext tenants)
{
    /// <summary>Entries, newest first, before an index.</summary>
    public async Task<List<AuditRecord>> ListAsync(
        AuditFilter filter, long? before, int countMax, CancellationToken cancellationToken)
    {
        await sequencer.SequenceAsync(tenants.Required, cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = Matching(db, filter);
        if (before is { } index) rows = rows.Where(row => row.LeafIndex < index);
        var found = await rows.OrderByDescending(static row => row.LeafIndex).Take(countMax).ToListAsync(cancellationToken);
        var personal = await facts.OfAsync(db, found.ConvertAll(static row => row.EntryId), cancellationToken);
        return found.ConvertAll(row => RecordOf(row, personal[row.EntryId]));
    }

    /// <summary>Proves that an entry is in the log, against a checkpoint that is made where none covers it yet.</summary>
    public async Task<Result<AuditProof>> ProveAsync(AuditEntryId id, CancellationToken cancellationToken)
    {
        var log = tenants.Required;
        await sequencer.SequenceAsync(log, cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Entries.AsNoTracking().SingleOrDefaultAsync(row => row.EntryId == id, cancellationToken) is not { } row)
            return AuditFaults.NotFound(id.ToString());
        var index = row.LeafIndex;
        if (!await db.Checkpoints.AnyAsync(one => one.Size > index, cancellationToken))
            await checkpoints.SignAsync(log, cancellationToken);
        if (await NewestCheckpointAsync(db, cancellationToken) is not { } checkpoint || checkpoint.Size <= index)
            return AuditFaults.Damaged;
        var hashes = await new StoredTree(db).HashesOfAsync(
            MerkleProofs.Inclusion(index, checkpoint.Size), cancellationToken);
        return new AuditProof(
            id, index, AuditLeaf.TextOf(row), Convert.ToBase64String(AuditLeaf.HashOf(row)), checkpoint.Size,
            hashes.ConvertAll(Convert.ToBase64String), checkpoint.Note, signer.VerifierOf(log));
    }

    /// <summary>Proves that the log only grew between two sizes.</summary>
    public async Task<Result<AuditConsistency>> ProveAsync(long from, long? to, CancellationToken cancellationToken)
    {
        await sequencer.SequenceAsync(tenants.Required, cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var size = (await db.Trees.AsNoTracking().SingleOrDefaultAsync(cancellationToken))?.Size ?? 0;
        var end = to ?? size;
        if (from < 1 || from > end || end > size) return AuditFaults.BadSizes;
        var hashes = await new StoredTree(db).HashesOfAsync(MerkleProofs.Consistency(from, end), cancellationToken);
        return new AuditConsistency(from, end, hashes.ConvertAll(Convert.ToBase64String));
    }

    /// <summary>Checkpoints, newest first, before a size.</summary>
    public async Task<List<AuditCheckpoint>> ListCheckpointsAsync(
        long? before, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.Checkpoints.AsNoTracking();
        if (before is { } size) rows = rows.Where(row => row.Size < size);
        var found = await rows.OrderByDescending(static row => row.Size).Take(countMax).ToListAsync(cancellationToken);
        return found.ConvertAll(static row => new AuditCheckpoint(
            row.Size, Convert.ToBase64String(row.Root), row.At, row.Note, row.PublishedAt));
    }

    /// <summary>The log as a whole.</summary>
    public async Task<AuditLogState> StateAsync(CancellationToken cancellationToken)
    {
        var log = tenants.Required;
        await sequencer.SequenceAsync(log, cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var tree = await db.Trees.AsNoTracking().SingleOrDefaultAsync(cancellationToken);
        return new AuditLogState(
            signer.OriginOf(log), signer.VerifierOf(log), tree?.Size ?? 0,
            Convert.ToBase64String(tree?.Root ?? Merkle.EmptyRoot), tree?.CheckpointSize ?? 0);
    }

    internal static Task<AuditCheckpointRow?> NewestCheckpointAsync(TrustDb db, CancellationToken cancellationToken) =>
        db.Checkpoints.AsNoTracking().OrderByDescending(static row => row.Size).FirstOrDefaultAsync(cancellationToken);

    /// <summary>The entries that a filter leaves.</summary>
    internal static IQueryable<AuditEntryRow> Matching(TrustDb db, AuditFilter filter)
    {
        var rows = db.Entries.AsNoTracking();
        if (filter.Action is { } action)
        {
            var beginning = action.EndsWith('*') ? action[..^1] : null;
            rows = beginning is null
                ? rows.Where(row => row.Action == action)
                : rows.Where(row => row.Action.StartsWith(beginning));
        }

        if (filter.Actor is { } actor) rows = rows.Where(row => row.ActorId == actor);
        if (filter.Resource is { } resource)
        {
            rows = rows.Where(row => row.ResourceType == resource.Type);
            if (resource.Id is { } id) rows = rows.Where(row => row.ResourceId == id);
        }

        if (filter.Outcome is { } outcome) rows = rows.Where(row => row.Outcome == outcome);
        if (filter.From?.ToUniversalTime() is { } from) rows = rows.Where(row => row.At >= from);
        if (filter.To?.ToUniversalTime() is { } to) rows = rows.Where(row => row.At < to);
        return rows;
    }

    internal static AuditRecord RecordOf(AuditEntryRow row, IEnumerable<PersonalFact> personal)
    {
        var facts = TextsOf(row.Commitments).Keys.ToDictionary(
            static name => name, static _ => (string?)null, StringComparer.Ordinal);
        foreach (var fact in personal) facts[fact.Field] = fact.Value;
        return new AuditRecord(
            row.EntryId,
            row.LeafIndex,
            row.At,
            row.Action,
            AuditWords.OutcomeOf(row.Outcome) ?? AuditOutcome.Failed,
            new AuditActor(AuditWords.KindOf(row.ActorKind), row.ActorId),
            row is { ResourceType: { } type, ResourceId: { } id } ? new AuditResource(type, id) : null,
            TextsOf(row.Details),
            facts);
    }

    /// <summary>An object of texts; of one that somebody has damaged, nothing. Verification tells.</summary>
    internal static Dictionary<string, string> TextsOf(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(json) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
