using System.Numerics;
using System.Text;
using CodexOS.Testing;
using CodexOS.Trust.Audit;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Trust;

/// <summary>The tree of the audit log against RFC 6962, its published test vectors and an independent verifier.</summary>
public sealed class MerkleTests
{
    private const int SizeMax = 70;

    /// <summary>The eight leaves that Certificate Transparency's implementations have tested with since 2012.</summary>
    private static readonly byte[][] s_leaves =
    [
        [],
        [0x00],
        [0x10],
        [0x20, 0x21],
        [0x30, 0x31],
        [0x40, 0x41, 0x42, 0x43],
        [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        [0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];

    [Theory]
    [InlineData(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [InlineData(2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [InlineData(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [InlineData(4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [InlineData(5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4")]
    [InlineData(6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef")]
    [InlineData(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")]
    [InlineData(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void Roots_are_the_published_ones(int size, string root) =>
        Convert.ToHexStringLower(Grown(s_leaves[..size]).Range.Root).ShouldBe(root);

    [Fact]
    public void Every_leaf_of_every_size_has_a_proof_that_others_accept()
    {
        for (var size = 1; size <= SizeMax; size++)
        {
            var (leaves, root) = (Leaves(size), MerkleVerifier.RootOf(Leaves(size)));
            var tree = Grown(leaves);
            tree.Range.Root.ShouldBe(root);
            for (var index = 0; index < size; index++)
            {
                var parts = MerkleProofs.Inclusion(index, size);
                var proof = tree.HashesOf(parts);
                MerkleVerifier.Includes(index, size, Merkle.LeafHash(leaves[index]), proof, root)
                    .ShouldBeTrue($"leaf {index} of {size}");
                GrownTree.CountRead(parts).ShouldBeLessThanOrEqualTo(2 * (BitOperations.Log2((uint)size) + 1));
            }
        }
    }

    [Fact]
    public void Every_size_grew_into_every_later_one_with_a_proof_that_others_accept()
    {
        for (var size = 1; size <= SizeMax; size++)
        {
            var root = MerkleVerifier.RootOf(Leaves(size));
            var tree = Grown(Leaves(size));
            for (var older = 1; older <= size; older++)
            {
                var parts = MerkleProofs.Consistency(older, size);
                MerkleVerifier.GrewInto(older, size, MerkleVerifier.RootOf(Leaves(older)), root, tree.HashesOf(parts))
                    .ShouldBeTrue($"{older} to {size}");
                GrownTree.CountRead(parts).ShouldBeLessThanOrEqualTo(3 * (BitOperations.Log2((uint)size) + 1));
            }
        }
    }

    [Fact]
    public void A_proof_of_one_leaf_is_none_of_another_text_place_or_size() => Gen.Int[2, SizeMax].SelectMany(size =>
            Gen.Select(Gen.Const(size), Gen.Int[0, size - 1], Gen.Int[0, size - 1]))
        .Sample((size, index, other) =>
        {
            var (leaves, root) = (Leaves(size), MerkleVerifier.RootOf(Leaves(size)));
            var proof = Grown(leaves).HashesOf(MerkleProofs.Inclusion(index, size));
            if (other != index)
            {
                MerkleVerifier.Includes(index, size, Merkle.LeafHash(leaves[other]), proof, root).ShouldBeFalse();
                MerkleVerifier.Includes(other, size, Merkle.LeafHash(leaves[index]), proof, root).ShouldBeFalse();
            }

            MerkleVerifier.Includes(index, size, Merkle.LeafHash(leaves[index]), proof, MerkleVerifier.RootOf(Leaves(size + 1)))
                .ShouldBeFalse();
        });

    [Fact]
    public void A_tree_goes_on_from_its_edge_as_if_it_had_never_stopped()
    {
        for (var stop = 0; stop <= SizeMax; stop++)
        {
            var before = Grown(Leaves(stop));
            var range = new CompactRange(stop, Merkle.PeaksOf(stop).Select(before.HashOf));
            foreach (var leaf in Leaves(SizeMax)[stop..]) range.Append(Merkle.LeafHash(leaf));
            range.Root.ShouldBe(MerkleVerifier.RootOf(Leaves(SizeMax)));
        }
    }

    private static byte[][] Leaves(int count) =>
        [.. Enumerable.Range(0, count).Select(static number => Encoding.UTF8.GetBytes($"leaf {number}"))];

    private static GrownTree Grown(IEnumerable<byte[]> leaves)
    {
        var tree = new GrownTree();
        foreach (var leaf in leaves) tree.Append(leaf);
        return tree;
    }

    /// <summary>A tree with its complete subtrees, as the database keeps them.</summary>
    private sealed class GrownTree
    {
        private readonly Dictionary<TreeNode, byte[]> _nodes = [];

        public CompactRange Range { get; } = new();

        public void Append(byte[] leaf)
        {
            foreach (var (node, hash) in Range.Append(Merkle.LeafHash(leaf))) _nodes.Add(node, hash);
        }

        public byte[] HashOf(TreeNode node) => _nodes[node];

        public List<byte[]> HashesOf(IEnumerable<TreePart> parts) =>
            [.. parts.Select(part => Merkle.Fold([.. Merkle.PeaksOf(part.From, part.Count).Select(HashOf)]))];

        public static int CountRead(IEnumerable<TreePart> parts) =>
            parts.Sum(static part => Merkle.PeaksOf(part.From, part.Count).Count());
    }
}
