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
