using System.Security.Cryptography;

namespace CodexOS.Cli.Evidence;

/// <summary>Checks proofs of the Merkle tree of RFC 6962 as RFC 9162, sections 2.1.3.2 and 2.1.4.2, says.</summary>
internal static class TreeProofs
{
    private const int HashBytes = 32;
    private const int HashesMax = 128;

    /// <summary>The hash of a leaf.</summary>
    public static byte[] LeafHash(ReadOnlySpan<byte> leaf) => SHA256.HashData([0, .. leaf]);

    /// <summary>Whether a leaf is in a tree.</summary>
    public static bool Includes(long index, long size, byte[] leafHash, IReadOnlyList<string> proof, byte[] root)
    {
        if (index < 0 || index >= size || Read(proof) is not { } hashes) return false;
        var (node, last, hash) = (index, size - 1, leafHash);
        foreach (var step in hashes)
        {
            if (last == 0) return false;
            if ((node & 1) == 1 || node == last)
            {
                hash = NodeHash(step, hash);
                while ((node & 1) == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                hash = NodeHash(hash, step);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && hash.AsSpan().SequenceEqual(root);
    }

    /// <summary>Whether a tree begins with an older one.</summary>
    public static bool GrewInto(long older, byte[] olderRoot, long size, byte[] root, IReadOnlyList<string> proof)
    {
        if (older < 1 || older > size || Read(proof) is not { } hashes) return false;
        if (older == size) return hashes.Count == 0 && olderRoot.AsSpan().SequenceEqual(root);
        if (long.IsPow2(older)) hashes.Insert(0, olderRoot);
        if (hashes.Count == 0) return false;
        var (node, last) = (older - 1, size - 1);
        while ((node & 1) == 1) (node, last) = (node >> 1, last >> 1);
        var (before, after) = (hashes[0], hashes[0]);
        foreach (var step in hashes.Skip(1))
        {
            if (last == 0) return false;
            if ((node & 1) == 1 || node == last)
            {
                (before, after) = (NodeHash(step, before), NodeHash(step, after));
                while ((node & 1) == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                after = NodeHash(after, step);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && before.AsSpan().SequenceEqual(olderRoot) && after.AsSpan().SequenceEqual(root);
    }

    private static List<byte[]>? Read(IReadOnlyList<string> proof)
    {
        if (proof.Count > HashesMax) return null;
        var hashes = new List<byte[]>(proof.Count + 1);
        foreach (var text in proof)
        {
            var hash = new byte[HashBytes];
            if (!Convert.TryFromBase64String(text, hash, out var length) || length != HashBytes) return null;
            hashes.Add(hash);
        }

        return hashes;
    }

    private static byte[] NodeHash(byte[] left, byte[] right) => SHA256.HashData([1, .. left, .. right]);
}
