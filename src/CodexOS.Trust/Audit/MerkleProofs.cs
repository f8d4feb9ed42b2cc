using System.Runtime.InteropServices;

namespace CodexOS.Trust.Audit;

/// <summary>
/// The proofs of RFC 6962, sections 2.1.1 and 2.1.2, as lists of the parts of a tree whose hashes they consist of. Every
/// part is made of few complete subtrees, so a proof needs a number of stored hashes that grows with the logarithm of the
/// size only.
/// </summary>
internal static class MerkleProofs
{
    /// <summary>What proves that a leaf is in a tree, from the leaf up.</summary>
    /// <param name="index">The leaf, from 0.</param>
    /// <param name="size">How many leaves the tree has.</param>
    public static List<TreePart> Inclusion(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var path = new List<TreePart>();
        Descend(0, size);
        return path;

        void Descend(long from, long count)
        {
            if (count == 1) return;
            var left = Merkle.Split(count);
            if (index < from + left)
            {
                Descend(from, left);
                path.Add(new TreePart(from + left, count - left));
            }
            else
            {
                Descend(from + left, count - left);
                path.Add(new TreePart(from, left));
            }
        }
    }

    /// <summary>What proves that a tree begins with an older one.</summary>
    /// <param name="older">How many leaves the older tree has; at least 1.</param>
    /// <param name="size">How many leaves the tree has.</param>
    public static List<TreePart> Consistency(long older, long size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(older, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(older, size);
        var path = new List<TreePart>();
        Descend(0, size, isWhole: true);
        return path;

        void Descend(long from, long count, bool isWhole)
        {
            if (from + count == older)
            {
                // The older tree itself is what the verifier already has.
                if (!isWhole) path.Add(new TreePart(from, count));
                return;
            }

            var left = Merkle.Split(count);
            if (older <= from + left)
            {
                Descend(from, left, isWhole);
                path.Add(new TreePart(from + left, count - left));
            }
            else
            {
                Descend(from + left, count - left, isWhole: false);
                path.Add(new TreePart(from, left));
            }
        }
    }
}

/// <summary>Neighbouring leaves whose common hash is a step of a proof.</summary>
/// <param name="From">The first leaf.</param>
/// <param name="Count">How many.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TreePart(long From, long Count);
