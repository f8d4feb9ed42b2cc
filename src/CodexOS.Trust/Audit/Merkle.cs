using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace CodexOS.Trust.Audit;

/// <summary>
/// The Merkle tree of RFC 6962, section 2.1, over SHA-256. Leaves and nodes are hashed with different first bytes, so that
/// neither can be passed off as the other.
/// </summary>
internal static class Merkle
{
    public const int HashBytes = 32;

    /// <summary>The root of a tree without leaves.</summary>
    public static byte[] EmptyRoot { get; } = SHA256.HashData([]);

    /// <summary>The hash of a leaf.</summary>
    public static byte[] LeafHash(ReadOnlySpan<byte> leaf) => SHA256.HashData([0, .. leaf]);

    /// <summary>The hash of a node over two others.</summary>
    public static byte[] NodeHash(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> text = stackalloc byte[1 + (2 * HashBytes)];
        text[0] = 1;
        left.CopyTo(text[1..]);
        right.CopyTo(text[(1 + HashBytes)..]);
        return SHA256.HashData(text);
    }

    /// <summary>The greatest power of two below a count of leaves, where the tree over them parts.</summary>
    public static long Split(long count) => 1L << (63 - BitOperations.LeadingZeroCount((ulong)(count - 1)));

    /// <summary>The complete subtrees that a tree of some size is made of, from the left.</summary>
    public static IEnumerable<TreeNode> PeaksOf(long size) => PeaksOf(0, size);

    /// <summary>The complete subtrees that a part of a tree is made of, from the left.</summary>
    /// <param name="from">The first leaf; a multiple of a power of two that is no less than the count.</param>
    /// <param name="count">How many leaves.</param>
    public static IEnumerable<TreeNode> PeaksOf(long from, long count)
    {
        while (count > 0)
        {
            var level = 63 - BitOperations.LeadingZeroCount((ulong)count);
            yield return new TreeNode(level, from >> level);
            from += 1L << level;
            count -= 1L << level;
        }
    }

    /// <summary>The hash over subtrees that stand beside each other, the greatest first.</summary>
    public static byte[] Fold(IReadOnlyList<byte[]> peaks)
    {
        if (peaks.Count == 0) return EmptyRoot;
        var hash = peaks[^1];
        for (var i = peaks.Count - 2; i >= 0; i--) hash = NodeHash(peaks[i], hash);
        return hash;
    }
}

/// <summary>A complete subtree: of level n, it covers 2^n leaves.</summary>
/// <param name="Level">Its level; leaves are of level 0.</param>
/// <param name="Index">Its number among those of its level.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TreeNode(int Level, long Index);
