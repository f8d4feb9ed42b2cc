using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Trust.Audit;

/// <summary>Neighbouring entries of a log with all that was stored when they took their places.</summary>
internal sealed class AuditPage
{
    private const string Source = "database";

    private readonly long _end;
    private readonly Dictionary<long, AuditEntryRow> _entries;
    private readonly Dictionary<TreeNode, byte[]> _nodes;
    private readonly ILookup<AuditEntryId, PersonalFact> _personal;

    private AuditPage(
        long end, Dictionary<long, AuditEntryRow> entries, Dictionary<TreeNode, byte[]> nodes,
        ILookup<AuditEntryId, PersonalFact> personal) =>
        (_end, _entries, _nodes, _personal) = (end, entries, nodes, personal);

    /// <summary>Whether nothing at all is stored of these entries.</summary>
    public bool IsLast => _entries.Count == 0 && _nodes.Count == 0;

    /// <summary>Reads entries from an index on, and the subtrees that they completed.</summary>
    public static async Task<AuditPage> ReadAsync(
        TrustDb db, PersonalFacts facts, long from, long count, CancellationToken cancellationToken)
    {
        var end = from + count;
        var entries = await db.Entries.AsNoTracking()
            .Where(row => row.LeafIndex >= from && row.LeafIndex < end)
            .ToDictionaryAsync(static row => row.LeafIndex, cancellationToken);
        var personal = await facts.OfAsync(
            db, [.. entries.Values.Select(static row => row.EntryId)], cancellationToken);
        var nodes = new Dictionary<TreeNode, byte[]>();
        for (short level = 0; level < 63 && end >> level > 0; level++)
        {
            // Those that an entry of the page completes: they end in it.
            var (first, last) = (from >> level, (end >> level) - 1);
            var rows = await db.Nodes.AsNoTracking()
                .Where(row => row.NodeLevel == level && row.NodeIndex >= first && row.NodeIndex <= last)
                .ToListAsync(cancellationToken);
            foreach (var row in rows) nodes[new TreeNode(row.NodeLevel, row.NodeIndex)] = row.Hash;
        }

        return new AuditPage(end, entries, nodes, personal);
    }

    /// <summary>
    /// Lets a tree grow by these entries and says what does not fit. Where an entry and its stored leaf differ, the stored
    /// leaf goes on: whether it is the one that was signed is told by the checkpoints.
    /// </summary>
    /// <returns>Whether it got to the end of the page.</returns>
    public bool Walk(CompactRange range, AuditMarks marks, AuditFindings findings)
    {
        while (range.Size < _end)
        {
            var index = range.Size;
            var leaf = _nodes.GetValueOrDefault(new TreeNode(0, index));
            var row = _entries.GetValueOrDefault(index);
            var hash = row is null ? null : AuditLeaf.HashOf(row);
            if ((leaf ?? hash) is not { } used) return false;
            if (hash is null)
                findings.Add(AuditFindingKind.EntryMissing, index, Source, $"Entry {index} is gone.");
            else if (leaf is null)
                findings.Add(AuditFindingKind.TreeDamaged, index, Source, $"The hash of entry {index} is gone.");
            else if (!leaf.AsSpan().SequenceEqual(hash))
                findings.Add(AuditFindingKind.EntryChanged, index, Source, $"Entry {index} is not what was recorded.");
            if (row is not null) CheckPersonal(row, findings);

            foreach (var (node, computed) in range.Append(used).Skip(1))
            {
                if (_nodes.GetValueOrDefault(node) is { } stored && stored.AsSpan().SequenceEqual(computed)) continue;
                findings.Add(AuditFindingKind.TreeDamaged, index, Source,
                    $"The hash {node.Index} of level {node.Level} is not that of the entries below it.");
            }

            marks.Hold(range, findings);
        }

        return true;
    }

    private void CheckPersonal(AuditEntryRow row, AuditFindings findings)
    {
        if (!_personal.Contains(row.EntryId)) return;
        var commitments = AuditQueries.TextsOf(row.Commitments);
        foreach (var fact in _personal[row.EntryId])
        {
            if (fact.Value is { } value
                && commitments.GetValueOrDefault(fact.Field) == AuditLeaf.CommitmentOf(fact.Salt, value))
            {
                continue;
            }

            findings.Add(AuditFindingKind.PersonalChanged, row.LeafIndex, Source,
                $"The fact {fact.Field} of entry {row.LeafIndex} is not the one that was recorded.");
        }
    }
}
