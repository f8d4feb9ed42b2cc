using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Fusion;
using CodexOS.Knowledge.Index.Queries;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

public sealed class LsaTests
{
    private const int WordsPerSubject = 150;

    [Fact]
    public void The_same_passages_get_the_same_vectors()
    {
        using var one = Filled();
        using var other = Filled();
        Dense(one, "ship5x").ShouldBe(Dense(other, "ship5x"));
        File.ReadAllBytes(Basis(one)).ShouldBe(File.ReadAllBytes(Basis(other)));
    }

    [Fact]
    public void Passages_of_one_subject_are_near_though_they_share_no_word()
    {
        using var one = Filled();
        one.Publish(
            IndexCase.Passage(900, "ship20x ship21x ship22x ship23x"),
            IndexCase.Passage(901, "bread20x bread21x bread22x bread23x"));
        var hits = one.Search("ship1x ship2x ship3x ship4x", passagesMax: 1_000, channels: Channels.Dense).Hits;
        var (same, other) = (Cosine(900), Cosine(901));
        same.ShouldBeGreaterThan(other + 0.04);

        double Cosine(int document) => hits.SingleOrDefault(hit => hit.Key.Document == IndexCase.Document(document))?.Dense ?? 0;
    }

    [Fact]
    public void New_words_show_as_drift_until_the_embedder_is_fitted_anew()
    {
        using var one = Filled();
        one.Index.Statistics.IsRefitWanted.ShouldBeFalse();
        one.Publish([.. Enumerable.Range(500, 90).Select(static i =>
            IndexCase.Passage(i, $"zeppelin nacelle n{i % 9}x ballast"))]);
        one.Index.Statistics.Drift.ShouldBeGreaterThan(0.15);
        one.Index.Statistics.IsRefitWanted.ShouldBeTrue();

        one.Index.Refit(CancellationToken.None).IsOk.ShouldBeTrue();

        one.Index.Statistics.Drift.ShouldBe(0, 1e-9);
        one.Index.Statistics.IsRefitWanted.ShouldBeFalse();
    }

    [Fact]
    public void Merging_keeps_the_vectors()
    {
        using var one = Filled(IndexCase.Quiet with { SegmentsPerTierMax = 1 });
        one.Publish([.. Enumerable.Range(500, 30).Select(static i => IndexCase.Passage(i, Text(i)))]);
        var before = Dense(one, "ship5x ship6x");
        one.MergeAll();
        one.Index.Statistics.Segments.ShouldBe(1);
        Dense(one, "ship5x ship6x").ShouldBe(before);
    }

    [Fact]
    public void Calibration_gives_vectors_no_weight_where_they_only_do_harm()
    {
        using var one = Filled();
        one.Publish([.. Enumerable.Range(600, 40).Select(static i => IndexCase.Passage(i, $"code{i}x {Text(i)}"))]);
        var items = Enumerable.Range(600, 40)
            .Select(static i => new KnownItem($"code{i}x ship7x bread8x", new PassageKey(IndexCase.Document(i), 0))).ToList();
        var calibration = one.Index.Calibrate(items, CancellationToken.None).Value;
        calibration.DenseWeight.ShouldBe(0);
        calibration.WithoutVectors.ShouldBeGreaterThan(0.9);
        one.Reopen();
        one.Index.Statistics.DenseWeight.ShouldBe(0);
    }

    [Fact]
    public void Directions_that_a_matrix_only_stretches_are_found()
    {
        const int Size = 40;
        var random = new Random(1);
        var matrix = new double[Size, Size];
        for (var i = 0; i < Size; i++)
        {
            // Some rows alike, so that values repeat.
            for (var j = 0; j <= i; j++) matrix[i, j] = matrix[j, i] = i < 10 ? (i == j ? 2 : 0) : random.NextDouble() - 0.5;
        }

        var (values, vectors) = SymmetricEigen.Of(matrix);

        values.ShouldBe(values.OrderDescending());
        for (var v = 0; v < Size; v++)
        {
            for (var i = 0; i < Size; i++)
            {
                var stretched = Enumerable.Range(0, Size).Sum(j => matrix[i, j] * vectors[j, v]);
                stretched.ShouldBe(values[v] * vectors[i, v], 1e-9);
            }
        }
    }

    private static IndexCase Filled(IndexOptions? options = null)
    {
        var one = new IndexCase(options);
        one.Publish([.. Enumerable.Range(0, 400).Select(static i => IndexCase.Passage(i, Text(i)))]);
        one.Index.Refit(CancellationToken.None).IsOk.ShouldBeTrue();
        return one;
    }

    private static string Text(int number)
    {
        var subject = number % 2 == 0 ? "ship" : "bread";
        var random = new Random(number);
        return string.Join(' ', Enumerable.Range(0, 15).Select(_ => $"{subject}{random.Next(WordsPerSubject)}x"));
    }

    private static List<(PassageKey, double)> Dense(IndexCase one, string query) =>
        [.. one.Search(query, passagesMax: 50, channels: Channels.Dense).Hits.Select(static hit => (hit.Key, hit.Dense))];

    private static string Basis(IndexCase one) => Directory.EnumerateFiles(one.Folder, "*.basis").Single();
}
