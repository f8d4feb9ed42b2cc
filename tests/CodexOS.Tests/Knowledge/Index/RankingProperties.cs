using CodexOS.Knowledge.Index;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

public sealed class RankingProperties
{
    private const double Tolerance = 1e-3;

    private static readonly Gen<string> s_word = Gen.Int[0, 30].Select(static number => $"w{(number * number) / 30}x");
    private static readonly Gen<string[][]> s_corpus = s_word.Array[1, 30].Array[1, 60];
    private static readonly Gen<string[]> s_query = s_word.Array[1, 6];

    [Fact]
    public void Scores_are_those_of_the_formula() => Gen.Select(s_corpus, s_query).Sample(
        static (corpus, query) =>
        {
            using var one = new IndexCase();
            Publish(one, corpus, 0, corpus.Length);
            ShouldMatch(one, corpus.Select(static (words, i) => (i, words)), query);
        },
        iter: 15);

    [Fact]
    public void Cutting_into_segments_and_merging_them_changes_no_score() => Gen.Select(s_corpus, s_query, Gen.Int[1, 7]).Sample(
        static (corpus, query, parts) =>
        {
            using var whole = new IndexCase();
            Publish(whole, corpus, 0, corpus.Length);
            using var cut = new IndexCase(IndexCase.Quiet with { SegmentsPerTierMax = 1 });
            for (var i = 0; i < parts; i++) Publish(cut, corpus, corpus.Length * i / parts, corpus.Length * (i + 1) / parts);
            var expected = Scores(whole, query);
            Scores(cut, query).ShouldBe(expected);
            cut.MergeAll();
            cut.Index.Statistics.Segments.ShouldBe(1);
            Scores(cut, query).ShouldBe(expected);
        },
        iter: 10);

    [Fact]
    public void Removed_documents_count_for_nothing_before_and_after_a_merge() => Gen
        .Select(s_corpus, s_query, Gen.Int[0, 4]).Sample(
        static (corpus, query, every) =>
        {
            using var one = new IndexCase(IndexCase.Quiet with { SegmentsPerTierMax = 1 });
            Publish(one, corpus, 0, corpus.Length / 2);
            Publish(one, corpus, corpus.Length / 2, corpus.Length);
            int[] removed = [.. Enumerable.Range(0, corpus.Length).Where(i => i % 5 == every)];
            one.Remove(removed);
            var left = corpus.Select(static (words, i) => (i, words)).Where(pair => !removed.Contains(pair.i)).ToList();
            ShouldMatch(one, left, query);
            one.MergeAll();
            ShouldMatch(one, left, query);
            one.Reopen();
            ShouldMatch(one, left, query);
        },
        iter: 10);

    [Fact]
    public void The_best_few_are_the_first_of_all_where_blocks_are_skipped()
    {
        using var one = new IndexCase();
        var random = new Random(5);
        one.Publish([.. Enumerable.Range(0, 9_000).Select(i => IndexCase.Passage(i, Text()))]);
        string[] queries = ["w0x w5x w1700x", "w900x w1x w2x w3x", "w0x", "w1200x w1201x w1202x w0x w0x", "w40x w60x"];
        foreach (var query in queries)
        {
            var all = one.Search(query, passagesMax: 1_000).Hits;
            var few = one.Search(query, passagesMax: 7).Hits;
            few.Select(static hit => (hit.Key, hit.Score)).ShouldBe(all.Take(7).Select(static hit => (hit.Key, hit.Score)));
        }

        string Text() => string.Join(' ', Enumerable.Range(0, random.Next(3, 40)).Select(_ => Word()));

        string Word() => $"w{(int)Math.Pow(random.NextDouble() * 12, 3)}x";
    }

    private static void Publish(IndexCase one, string[][] corpus, int from, int to) => one.Publish(
        [.. Enumerable.Range(from, to - from).Select(i => IndexCase.Passage(i, string.Join(' ', corpus[i])))]);

    private static List<(PassageKey Key, double Score)> Scores(IndexCase one, string[] query) =>
        [.. one.Search(string.Join(' ', query), passagesMax: 100).Hits.Select(static hit => (hit.Key, hit.Score))];

    private static void ShouldMatch(IndexCase one, IEnumerable<(int, string[])> passages, string[] query)
    {
        var expected = new NaiveBm25([.. passages]).Search(query);
        var actual = one.Search(string.Join(' ', query), passagesMax: 100).Hits;
        actual.Length.ShouldBe(expected.Count);
        for (var i = 0; i < actual.Length; i++) actual[i].Score.ShouldBe(expected[i].Score, Tolerance);
        actual.Select(static hit => hit.Key.Document).Order()
            .ShouldBe(expected.Select(static hit => IndexCase.Document(hit.Document)).Order());
    }
}
