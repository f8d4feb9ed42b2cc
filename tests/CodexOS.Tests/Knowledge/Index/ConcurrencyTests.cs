using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Queries;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

public sealed class ConcurrencyTests
{
    private const int Rounds = 40;
    private const int Documents = 8;

    [Fact]
    public async Task Searches_see_whole_generations_while_documents_are_replaced_and_segments_merged()
    {
        using var one = new IndexCase(new IndexOptions { SegmentsPerTierMax = 2, FitPassagesMin = 4, RemovedShareMax = 0.2 });
        one.Publish(Generation(0));
        var isOver = 0;
        var searchers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            var searched = 0;
            while (Volatile.Read(ref isOver) == 0 || searched == 0)
            {
                var channels = searched++ % 2 == 0 ? Channels.Lexical : Channels.All;
                var hits = one.Search("common", passagesMax: 50, channels: channels).Hits;

                // Every document was replaced in each generation, so all of them are of one.
                hits.Length.ShouldBe(Documents);
                hits.Select(static hit => hit.Key.Ordinal).Distinct().Count().ShouldBe(1);
                hits.Select(static hit => hit.Key.Document).Distinct().Count().ShouldBe(Documents);
            }
        })).ToList();

        for (var round = 1; round <= Rounds; round++)
        {
            one.Index.Publish(
                Generation(round), [.. Enumerable.Range(0, Documents).Select(IndexCase.Document)], CancellationToken.None)
                .IsOk.ShouldBeTrue();
        }

        await one.Index.WhenQuietAsync();
        Volatile.Write(ref isOver, 1);
        await Task.WhenAll(searchers);
        one.Index.Statistics.MaintenanceFault.ShouldBeNull();
        one.Index.Statistics.Segments.ShouldBeLessThan(Rounds / 2);
        one.Reopen();
        one.Search("common").Hits.ShouldAllBe(static hit => hit.Key.Ordinal == Rounds);
    }

    [Fact]
    public async Task Work_in_the_background_that_fails_is_told_and_tried_again()
    {
        using var one = new IndexCase(new IndexOptions { SegmentsPerTierMax = 1 });
        one.Publish(IndexCase.Passage(1, "common"));
        // The second segment is called 2, and what both are merged into 3.
        var inTheWay = Directory.CreateDirectory(Path.Combine(one.Folder, "3.segment"));
        one.Publish(IndexCase.Passage(2, "common"));

        await one.Index.WhenQuietAsync();

        one.Index.Statistics.MaintenanceFault.ShouldNotBeNull().Code.ShouldBe("knowledge.index_work_failed");
        one.Found("common").Length.ShouldBe(2);
        inTheWay.Delete();
        one.Publish(IndexCase.Passage(3, "common"));
        await one.Index.WhenQuietAsync();
        one.Index.Statistics.MaintenanceFault.ShouldBeNull();
        one.Index.Statistics.Segments.ShouldBe(1);
    }

    [Fact]
    public void What_is_removed_while_a_merge_goes_on_stays_removed()
    {
        using var one = new IndexCase(IndexCase.Quiet with { SegmentsPerTierMax = 1 });
        for (var i = 0; i < 6; i++)
            one.Publish([.. Enumerable.Range(i * 500, 500).Select(static j => IndexCase.Passage(j, $"common w{j % 50}x"))]);
        Parallel.Invoke(
            one.MergeAll,
            () =>
            {
                for (var i = 0; i < 60; i++) one.Remove(i * 50);
            },
            one.MergeAll);
        one.MergeAll();
        one.Index.Statistics.Passages.ShouldBe(3_000 - 60);
        var found = one.Search("common", passagesMax: 1_000).Hits.Select(static hit => hit.Key.Document).ToHashSet();
        for (var i = 0; i < 60; i++) found.ShouldNotContain(IndexCase.Document(i * 50));
        one.Found("w0x").ShouldBeEmpty();
        one.Found("w1x").Length.ShouldBe(20);
    }

    [Fact]
    public async Task Publishes_go_on_while_the_embedder_is_fitted()
    {
        const int RoundsMax = 50;
        using var one = new IndexCase(IndexCase.Quiet);
        one.Publish([.. Enumerable.Range(0, 3_000).Select(static i => IndexCase.Passage(i, $"common w{i % 50}x v{i % 700}y"))]);
        var next = 3_000;
        for (var round = 1; ; round++)
        {
            var fitting = Task.Run(() => one.Index.Refit(CancellationToken.None).IsOk.ShouldBeTrue());
            var meanwhile = 0;
            for (; !fitting.IsCompleted; meanwhile++, next++) one.Publish(IndexCase.Passage(next, $"common w{next % 50}x u{next}z"));
            await fitting;
            // One may be over before the fit begins, and one after it.
            if (meanwhile > 3) break;
            round.ShouldBeLessThan(RoundsMax);
        }

        one.Index.Statistics.Passages.ShouldBe(next);
        one.Found($"u{next - 1}z").ShouldBe([next - 1]);
        // Those that came meanwhile have vectors of the new embedder, which they are found by.
        one.Search("w7x", passagesMax: 1_000, channels: Channels.Dense).Hits.Select(static hit => hit.Key.Document)
            .ShouldContain(IndexCase.Document(3_000 + 7));
        one.Reopen();
        one.Index.Statistics.Passages.ShouldBe(next);
    }

    [Fact]
    public void Publishes_side_by_side_lose_nothing()
    {
        using var one = new IndexCase(new IndexOptions { SegmentsPerTierMax = 2, FitPassagesMin = 20 });
        Parallel.For(0, 4, publisher =>
        {
            for (var i = 0; i < 50; i++)
            {
                one.Index.Publish(
                    [IndexCase.Passage((publisher * 50) + i, $"common p{publisher}x number{i}y")], [], CancellationToken.None)
                    .IsOk.ShouldBeTrue();
            }
        });
        one.Search("common", passagesMax: 1_000).Hits.Length.ShouldBe(200);
        one.Search("p3x", passagesMax: 100).Hits.Length.ShouldBe(50);
        one.Reopen();
        one.Search("common", passagesMax: 1_000).Hits.Length.ShouldBe(200);
    }

    [Fact]
    public void A_batch_larger_than_a_segment_becomes_several_and_is_found_whole()
    {
        using var one = new IndexCase(IndexCase.Quiet with { SegmentPassagesMax = 100 });
        one.Publish([.. Enumerable.Range(0, 950).Select(static i => IndexCase.Passage(i, "common text"))]);
        one.Index.Statistics.Segments.ShouldBe(10);
        one.Search("common", passagesMax: 1_000).Hits.Length.ShouldBe(950);
    }

    [Fact]
    public void An_index_that_is_full_takes_no_more()
    {
        using var one = new IndexCase(IndexCase.Quiet with { PassagesMax = 2 });
        one.Publish(IndexCase.Passage(1, "one"), IndexCase.Passage(2, "two"));
        one.Index.Publish([IndexCase.Passage(3, "three")], [], CancellationToken.None)
            .Fault.Code.ShouldBe("knowledge.index_full");
    }

    private static IndexPassage[] Generation(int round) =>
        [.. Enumerable.Range(0, Documents).Select(i =>
            IndexCase.Passage(i, $"common text number w{i}x of round r{round}y", round))];
}
