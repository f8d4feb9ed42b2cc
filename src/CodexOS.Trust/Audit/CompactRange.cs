namespace CodexOS.Trust.Audit;

/// <summary>
/// A tree that only grows, known by the hashes of the complete subtrees it is made of: at most one of each level.
/// </summary>
internal sealed class CompactRange
{
    private readonly List<byte[]> _peaks;

    /// <summary>A tree of some size.</summary>
    /// <param name="size">How many leaves it has.</param>
    /// <param name="peaks">The hashes of <see cref="Merkle.PeaksOf(long)"/>.</param>
    public CompactRange(long size, IEnumerable<byte[]> peaks) => (Size, _peaks) = (size, [.. peaks]);

    /// <summary>A tree without leaves.</summary>
    public CompactRange()
        : this(0, [])
    {
    }

    public long Size { get; private set; }

    public byte[] Root => Merkle.Fold(_peaks);

    /// <summary>Adds a leaf and returns every subtree that it completes, itself first.</summary>
    public List<(TreeNode Node, byte[] Hash)> Append(byte[] leafHash)
    {
        var (index, hash) = (Size, leafHash);
        var completed = new List<(TreeNode, byte[])> { (new TreeNode(0, index), hash) };
        for (var level = 0; (index & 1) == 1; level++, index >>= 1)
        {
            hash = Merkle.NodeHash(_peaks[^1], hash);
            _peaks.RemoveAt(_peaks.Count - 1);
            completed.Add((new TreeNode(level + 1, index >> 1), hash));
        }

        _peaks.Add(hash);
        Size++;
        return completed;
    }
}
