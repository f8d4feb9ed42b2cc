using System.Numerics;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Knowledge.Index.Vectors;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

public sealed class VectorTests : IDisposable
{
    private const int Dimension = 96;

    private static readonly EmbedderKey s_key = new("test", Dimension, "1");

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(300, false)]
    [InlineData(5_000, false)]
    [InlineData(5_000, true)]
    public void The_nearest_are_nearly_those_of_an_exact_search(int count, bool hasLists)
    {
        using var vectors = Write(count, clusters: count / 50, hasLists: hasLists);
        var all = Bits.Full(count);
        var found = 0;
        for (var i = 0; i < 40; i++)
        {
            var query = vectors.Row(i * 7).ToArray();
            query[i % Dimension] += 0.3f;
            Kernels.Normalize(query);
            var exact = vectors.Exact(query, all, 10);
            var fast = vectors.Search(query, all, 10);
            found += fast.Count(hit => exact.Contains(hit));
        }

        (found / 400d).ShouldBeGreaterThan(0.97);
        (vectors.Facts.ListCount > 0).ShouldBe(hasLists);
    }

    [Fact]
    public void Only_allowed_passages_are_found_however_few_they_are()
    {
        using var vectors = Write(6_000, clusters: 20);
        var few = Bits.Empty(6_000);
        foreach (var passage in (int[])[5, 777, 5_999]) Bits.Set(few, passage);
        vectors.Search(vectors.Row(0), few, 10).Select(static hit => hit.Passage).Order().ShouldBe([5, 777, 5_999]);
        var half = Bits.Empty(6_000);
        for (var i = 0; i < 6_000; i += 2) Bits.Set(half, i);
        vectors.Search(vectors.Row(1), half, 50).ShouldAllBe(static hit => hit.Passage % 2 == 0);
    }

    [Fact]
    public void Where_signs_tell_too_little_small_numbers_stand_in()
    {
        // All vectors lie in two directions, so that most bits of their codes say the same.
        using var vectors = Write(4_000, clusters: 1, spread: 0.002f);
        vectors.Facts.Recall.ShouldBeGreaterThan(0.9f);
    }

    [Fact]
    public void An_exact_search_for_several_is_the_search_for_each()
    {
        using var vectors = Write(1_500, clusters: 30);
        var queries = Enumerable.Range(0, 5).Select(i => vectors.Row(i * 11).ToArray()).ToList();
        var all = Bits.Full(1_500);
        vectors.Exact(queries, 10).ShouldBe(queries.ConvertAll(query => vectors.Exact(query, all, 10)));
    }

    [Theory]
    [InlineData(384)]
    [InlineData(100)]
    [InlineData(7)]
    public unsafe void Two_vectors_times_four_are_eight_products(int length)
    {
        var state = 9UL;
        var numbers = new float[6 * length];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = SplitMix.Normal(ref state);
        fixed (float* at = numbers)
        {
            var (first, second) = Kernels.DotFour(at, at + length, at + (2 * length), length);
            for (var i = 0; i < 4; i++)
            {
                var other = at + ((i + 2) * length);
                first[i].ShouldBe(Kernels.Dot(at, other, length), 1e-3f);
                second[i].ShouldBe(Kernels.Dot(at + length, other, length), 1e-3f);
            }
        }
    }

    [Theory]
    [InlineData(64)]
    [InlineData(100)]
    [InlineData(384)]
    public void A_code_has_the_signs_of_the_vector_after_two_turns(int dimension)
    {
        var state = 21UL;
        var (vector, mean) = (new float[dimension], new float[dimension]);
        for (var i = 0; i < dimension; i++) (vector[i], mean[i]) = (SplitMix.Normal(ref state), SplitMix.Normal(ref state) / 10);
        var signs = new SignCode(mean);
        var turned = new double[signs.BitCount];
        for (var i = 0; i < dimension; i++) turned[i] = vector[i] - mean[i];
        var seed = 0x9E37_79B9_7F4A_7C15;
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < turned.Length; i++) turned[i] *= (SplitMix.Next(ref seed) & 1) == 0 ? 1 : -1;
            // By definition: an entry of the Hadamard matrix is negative where the numbers of row and column share odd many bits.
            turned = [.. Enumerable.Range(0, turned.Length).Select(row => turned
                .Select((value, column) => (BitOperations.PopCount((uint)(row & column)) & 1) == 0 ? value : -value).Sum())];
        }

        var code = new ulong[signs.WordCount];
        signs.Write(vector, code);
        for (var i = 0; i < turned.Length; i++)
        {
            // What is nearly nothing may come out on either side.
            if (Math.Abs(turned[i]) > 1e-2) ((code[i / 64] >> (i % 64)) & 1).ShouldBe(turned[i] > 0 ? 1UL : 0, $"bit {i}");
        }
    }

    [Fact]
    public void Vectors_of_another_model_are_refused()
    {
        Write(10, clusters: 2).Dispose();
        EmbedderKey[] others = [s_key with { ModelId = "other" }, s_key with { Dimension = 64 }, s_key with { Revision = "2" }];
        foreach (var other in others)
            VectorSet.Open(_directory.In("vectors"), other).Fault.Code.ShouldBe("knowledge.embedder_mismatch");
    }

    private VectorSet Write(int count, int clusters, float spread = 0.5f, bool hasLists = false)
    {
        var path = _directory.In("vectors");
        File.Delete(path);
        var state = 3UL;
        var centres = new float[clusters][];
        for (var i = 0; i < clusters; i++) centres[i] = Random(ref state);
        new VectorWriter(s_key, hasLists ? 0 : VectorWriter.ListsCountMin).Write(path, sink =>
        {
            for (var i = 0; i < count; i++)
            {
                var vector = Random(ref state);
                for (var j = 0; j < Dimension; j++) vector[j] = (vector[j] * spread) + centres[i % clusters][j];
                Kernels.Normalize(vector);
                sink(vector);
            }
        }).IsOk.ShouldBeTrue();
        return VectorSet.Open(path, s_key).Value;
    }

    private static float[] Random(ref ulong state)
    {
        var vector = new float[Dimension];
        for (var i = 0; i < Dimension; i++) vector[i] = SplitMix.Normal(ref state);
        Kernels.Normalize(vector);
        return vector;
    }
}
