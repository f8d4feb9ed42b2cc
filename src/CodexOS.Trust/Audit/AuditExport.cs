using System.Runtime.CompilerServices;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Trust.Audit;

/// <summary>
/// Writes the present tenant's log as lines of JSON that prove themselves: the first has the signed checkpoint and the key
/// to check it with, each further one an entry with its leaf, what opens its commitments, and its proof.
/// </summary>
internal sealed class AuditExport(
    IDbContextFactory<TrustDb> contexts, AuditSequencer sequencer, AuditCheckpoints checkpoints, CheckpointSigner signer,
    PersonalFacts facts, TenantContext tenants, IOptions<AuditOptions> options) : IAuditHeads
{
    private const int BatchMax = 256;

    private static readonly byte[] s_lineEnd = "\n"u8.ToArray();

    /// <inheritdoc />
    public async Task<Result<AuditHead>> SignAsync(CancellationToken cancellationToken)
    {
        var log = tenants.Required;
        await sequencer.SequenceAsync(log, cancellationToken);
        await checkpoints.SignAsync(log, cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var checkpoint = await AuditQueries.NewestCheckpointAsync(db, cancellationToken);
        if (checkpoint is null) return AuditFaults.NoCheckpoint;
        return new AuditHead(signer.OriginOf(log), signer.VerifierOf(log), checkpoint.Size, checkpoint.Note);
    }

    /// <summary>Looks at what there is to export, and signs it.</summary>
    public async Task<Result<AuditExportHead>> BeginAsync(AuditFilter filter, CancellationToken cancellationToken)
    {
        if (!(await SignAsync(cancellationToken)).TryGet(out var head, out var fault)) return fault;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var count = await AuditQueries.Matching(db, filter).LongCountAsync(row => row.LeafIndex < head.Size, cancellationToken);
        if (count > options.Value.ExportEntriesMax) return AuditFaults.TooLarge(options.Value.ExportEntriesMax);
        return new AuditExportHead("log", head.Origin, head.VerifierKey, head.Size, count, head.Checkpoint);
    }

    /// <summary>Writes the lines, in the log's order.</summary>
    public async Task WriteAsync(
        AuditExportHead head, AuditFilter filter, Stream target, CancellationToken cancellationToken)
    {
        await WriteLineAsync(target, head, cancellationToken);
        var count = 0;
        await foreach (var line in ReadAsync(head.TreeSize, db => AuditQueries.Matching(db, filter), cancellationToken))
        {
            await WriteLineAsync(target, line, cancellationToken);
            if (++count % BatchMax == 0) await target.FlushAsync(cancellationToken);
        }

        await target.FlushAsync(cancellationToken);
    }

    /// <summary>Some entries, in the log's order, each with what proves it.</summary>
    /// <param name="size">The size that the proofs are for.</param>
    /// <param name="wanted">Which entries.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async IAsyncEnumerable<AuditExportLine> ReadAsync(
        long size, Func<TrustDb, IQueryable<AuditEntryRow>> wanted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var next = 0L; ;)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var from = next;
            var rows = await wanted(db)
                .Where(row => row.LeafIndex >= from && row.LeafIndex < size)
                .OrderBy(static row => row.LeafIndex).Take(BatchMax)
                .ToListAsync(cancellationToken);
            if (rows.Count == 0) yield break;
            var personal = await facts.OfAsync(db, rows.ConvertAll(static row => row.EntryId), cancellationToken);
            var tree = new StoredTree(db);
            if (rows[^1].LeafIndex - rows[0].LeafIndex < BatchMax)
                await tree.PrepareAsync(rows[0].LeafIndex, rows[^1].LeafIndex, cancellationToken);
            foreach (var row in rows)
            {
                var proof = await tree.HashesOfAsync(MerkleProofs.Inclusion(row.LeafIndex, size), cancellationToken);
                yield return LineOf(row, personal[row.EntryId], proof);
            }

            next = rows[^1].LeafIndex + 1;
        }
    }

    private static AuditExportLine LineOf(AuditEntryRow row, IEnumerable<PersonalFact> personal, List<byte[]> proof) => new(
        "entry",
        row.EntryId,
        row.LeafIndex,
        AuditLeaf.TextOf(row),
        personal.Where(static fact => fact.Value is not null).ToDictionary(
            static fact => fact.Field,
            static fact => new AuditOpening(fact.Value!, Convert.ToBase64String(fact.Salt)),
            StringComparer.Ordinal),
        proof.ConvertAll(Convert.ToBase64String));

    private static async Task WriteLineAsync<T>(Stream target, T line, CancellationToken cancellationToken)
    {
        await JsonSerializer.SerializeAsync(target, line, Json.Options, cancellationToken);
        await target.WriteAsync(s_lineEnd, cancellationToken);
    }
}

/// <summary>The first line of an export.</summary>
/// <param name="Kind">Always <c>log</c>.</param>
/// <param name="Origin">How the log is called in its checkpoints.</param>
/// <param name="VerifierKey">What its signatures are checked with.</param>
/// <param name="TreeSize">The size that all proofs are for.</param>
/// <param name="Entries">How many lines with entries follow.</param>
/// <param name="Checkpoint">The signed note with the root of that size.</param>
public sealed record AuditExportHead(
    string Kind, string Origin, string VerifierKey, long TreeSize, long Entries, string Checkpoint);

/// <summary>A line of an export with an entry.</summary>
/// <param name="Kind">Always <c>entry</c>.</param>
/// <param name="Id">The entry.</param>
/// <param name="Index">Its number in the log.</param>
/// <param name="Leaf">The text whose UTF-8 bytes are the leaf.</param>
/// <param name="Personal">What opens the commitments to facts about persons, as far as they were not erased.</param>
/// <param name="Proof">The hashes that lead from the leaf to the root, in base64.</param>
public sealed record AuditExportLine(
    string Kind, Contracts.AuditEntryId Id, long Index, string Leaf, IReadOnlyDictionary<string, AuditOpening> Personal,
    IReadOnlyList<string> Proof);

/// <summary>What opens a commitment: SHA-256 over the salt's bytes and the value in UTF-8 is the commitment.</summary>
/// <param name="Value">The fact.</param>
/// <param name="Salt">32 bytes, in base64.</param>
public sealed record AuditOpening(string Value, string Salt);
