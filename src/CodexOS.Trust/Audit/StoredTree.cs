using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Trust.Audit;

/// <summary>Reads the stored subtrees of the present tenant's log, each once.</summary>
internal sealed class StoredTree(TrustDb db)
{
    private readonly Dictionary<TreeNode, byte[]> _known = [];

    /// <summary>The tree as it is at a size, ready to grow.</summary>
    /// <exception cref="AuditDamagedException">A part of it is not stored.</exception>
    public async Task<CompactRange> RangeAsync(long size, CancellationToken cancellationToken)
    {
        var peaks = new List<byte[]>();
        foreach (var peak in Merkle.PeaksOf(size)) peaks.Add(await HashOfAsync(peak, cancellationToken));
        return new CompactRange(size, peaks);
    }

    /// <summary>The hashes of a proof.</summary>
    /// <exception cref="AuditDamagedException">A part of it is not stored.</exception>
    public async Task<List<byte[]>> HashesOfAsync(IEnumerable<TreePart> proof, CancellationToken cancellationToken)
    {
        var hashes = new List<byte[]>();
        foreach (var part in proof)
        {
            var peaks = new List<byte[]>();
            foreach (var peak in Merkle.PeaksOf(part.From, part.Count))
                peaks.Add(await HashOfAsync(peak, cancellationToken));
            hashes.Add(Merkle.Fold(peaks));
        }

        return hashes;
    }

    /// <summary>Reads what the proofs of neighbouring leaves have in common, with one query for each level.</summary>
    public async Task PrepareAsync(long from, long to, CancellationToken cancellationToken)
    {
        for (short level = 0; level < 63; level++)
        {
            var (first, last) = (Math.Max(0, (from >> level) - 1), (to >> level) + 1);
            var rows = await db.Nodes.AsNoTracking()
                .Where(node => node.NodeLevel == level && node.NodeIndex >= first && node.NodeIndex <= last)
                .ToListAsync(cancellationToken);
            if (rows.Count == 0) return;
            foreach (var row in rows) _known[new TreeNode(row.NodeLevel, row.NodeIndex)] = row.Hash;
        }
    }

    private async Task<byte[]> HashOfAsync(TreeNode node, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(node, out var known)) return known;
        var level = (short)node.Level;
        var hash = await db.Nodes
            .Where(row => row.NodeLevel == level && row.NodeIndex == node.Index)
            .Select(row => row.Hash)
            .SingleOrDefaultAsync(cancellationToken);
        return _known[node] = hash ?? throw new AuditDamagedException(
            $"The node {node.Index} of level {node.Level} is missing.");
    }
}
