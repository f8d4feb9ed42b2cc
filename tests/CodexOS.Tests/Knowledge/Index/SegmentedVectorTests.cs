using System.Collections.Immutable;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Vectors;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

/// <summary>Vectors in several segments, whose codes are looked at together.</summary>
public sealed class SegmentedVectorTests
{
    private const int Dimension = 64;
    private const int PerSegment = 1_500;
    private const int Segments = 6;

    private static readonly EmbedderKey s_key = new("lab:spread", Dimension, "1");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_nearest_of_all_segments_are_found_wherever_they_lie(bool hasOwnSubjects)
    {
        using var one = new IndexCase(IndexCase.Quiet with { SegmentsPerTierMax = 2 * Segments });
        one.Index.Models.Use(new GivenEmbedder(s_key), static (_, _) => { }, CancellationToken.None).IsOk.ShouldBeTrue();
        var state = 17UL;
        var subjects = Enumerable.Range(0, 24).Select(_ => Random(ref state)).ToArray();
        var rows = new List<float[]>();
        for (var segment = 0; segment < Segments; segment++)
        {
            for (var i = 0; i < PerSegment; i++)
            {
                // Either every segment has some of everything, or what is near lies in one of them.
                var subject = subjects[hasOwnSubjects ? (segment * 4) + (i % 4) : i % subjects.Length];
                rows.Add(Near(subject, 0.5f, ref state));
            }

            one.Publish([.. Enumerable.Range(segment * PerSegment, PerSegment).Select(i => Passage(i, rows[i]))]);
        }

        one.Publish(Passage(rows.Count, subjects[0]));
        rows.Add(subjects[0]);
        one.Index.Statistics.Segments.ShouldBe(Segments + 1);

        var found = 0;
        for (var i = 0; i < 40; i++)
        {
            var query = Near(rows[i * 211], 0.2f, ref state);
            var exact = Enumerable.Range(0, rows.Count).OrderByDescending(row => Kernels.Dot(query, rows[row])).Take(10);
            found += exact.Intersect(Found(one, query)).Count();
        }

        (found / 400d).ShouldBeGreaterThan(0.95);
        Found(one, subjects[0])[0].ShouldBe(rows.Count - 1, "What lies in a small segment is compared exactly.");
        int[] even = [.. Enumerable.Range(0, rows.Count / 2).Select(static i => 2 * i)];
        Found(one, rows[4], even).ShouldAllBe(static document => document % 2 == 0);
    }

    private static IndexPassage Passage(int number, float[] vector) => IndexCase.Passage(number, $"text{number}x") with
    {
        Vector = new GivenVector(s_key, vector),
    };

    private static int[] Found(IndexCase one, float[] query, IEnumerable<int>? among = null)
    {
        var filter = SearchFilter.Everything with { Documents = among?.Select(IndexCase.Document).ToImmutableHashSet() };
        var asked = new SearchQuery("something", filter, 10)
        {
            Channels = Channels.Dense,
            Vector = new GivenVector(s_key, query),
        };
        return
        [
            .. one.Index.Search(asked, CancellationToken.None).Value.Hits
                .Select(static hit => BitConverter.ToInt32(hit.Key.Document.ToByteArray())),
        ];
    }

    private static float[] Near(float[] centre, float spread, ref ulong state)
    {
        var vector = Random(ref state);
        for (var i = 0; i < Dimension; i++) vector[i] = (vector[i] * spread) + centre[i];
        Kernels.Normalize(vector);
        return vector;
    }

    private static float[] Random(ref ulong state)
    {
        var vector = new float[Dimension];
        for (var i = 0; i < Dimension; i++) vector[i] = SplitMix.Normal(ref state);
        Kernels.Normalize(vector);
        return vector;
    }
}
