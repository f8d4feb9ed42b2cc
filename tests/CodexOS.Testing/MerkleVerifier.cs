using System.Security.Cryptography;

namespace CodexOS.Testing;

/// <summary>
/// What somebody else would check proofs with: the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2, which share no
/// code with those that make the proofs, and the definition of a root, taken literally.
/// </summary>
public static class MerkleVerifier
{
    /// <summary>The root over leaves, as RFC 6962 defines it.</summary>
    public static byte[] RootOf(ReadOnlySpan<byte[]> leaves)
    {
        if (leaves.Length == 0) return SHA256.HashData([]);
        if (leaves.Length == 1) return SHA256.HashData([0, .. leaves[0]]);
        var split = 1;
        while (split * 2 < leaves.Length) split *= 2;
        return Node(RootOf(leaves[..split]), RootOf(leaves[split..]));
    }

    public static bool Includes(long index, long size, byte[] leafHash, IReadOnlyList<byte[]> proof, byte[] root)
    {
        if (index >= size) return false;
        var (node, last, hash) = (index, size - 1, leafHash);
        foreach (var step in proof)
        {
            if (last == 0) return false;
            if ((node & 1) == 1 || node == last)
            {
                hash = Node(step, hash);
                while ((node & 1) == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                hash = Node(hash, step);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && hash.AsSpan().SequenceEqual(root);
    }

    public static bool GrewInto(
        long older, long size, byte[] olderRoot, byte[] root, IReadOnlyList<byte[]> proof)
    {
        if (older == size) return proof.Count == 0 && olderRoot.AsSpan().SequenceEqual(root);
        var path = (older & (older - 1)) == 0 ? [olderRoot, .. proof] : proof.ToList();
        if (path.Count == 0) return false;
        var (node, last) = (older - 1, size - 1);
        while ((node & 1) == 1) (node, last) = (node >> 1, last >> 1);
        var (before, after) = (path[0], path[0]);
        foreach (var step in path.Skip(1))
        {
            if (last == 0) return false;
            if ((node & 1) == 1 || node == last)
            {
                (before, after) = (Node(step, before), Node(step, after));
                while ((node & 1) == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                after = Node(after, step);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && before.AsSpan().SequenceEqual(olderRoot) && after.AsSpan().SequenceEqual(root);
    }

    private static byte[] Node(byte[] left, byte[] right) => SHA256.HashData([1, .. left, .. right]);
}
