using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

/// <summary>An index whose vectors come back from a store.</summary>
public sealed class IndexStoresTests
{
    private const int Passages = 2_400;

    [Fact]
    public void Publishes_and_merges_go_on_while_vectors_are_made_in_files()
    {
        using var one = Elsewhere(new IndexCase(IndexCase.Quiet with { SegmentPassagesMax = 800, SegmentsPerTierMax = 1 }));
        var published = 0;

        var used = one.Index.Stores.UseFiles(
            (_, _) =>
            {
                // Another thread: the one that makes the vectors would be let through by any lock that it holds itself.
                var other = new Thread(Publish);
                other.Start();
                other.Join();
            },
            CancellationToken.None);

        used.IsOk.ShouldBeTrue();
        published.ShouldBeGreaterThanOrEqualTo(3);
        Complete(one, Passages + published);
        one.Reopen();
        Complete(one, Passages + published);

        void Publish()
        {
            one.Publish(IndexCase.Passage(Passages + published++, "zeppelin word1x word2x"));
            if (published == 2) one.MergeAll();
        }
    }

    [Fact]
    public void Vectors_in_files_that_are_given_up_leave_no_files()
    {
        using var one = Elsewhere(new IndexCase(IndexCase.Quiet with { SegmentPassagesMax = 800 }));
        using var enough = new CancellationTokenSource();

        Should.Throw<OperationCanceledException>(() => one.Index.Stores.UseFiles((_, _) => enough.Cancel(), enough.Token));

        Directory.GetFiles(one.Folder, "*.vectors").ShouldBeEmpty();
        one.Index.Stores.IsElsewhere.ShouldBeTrue();
    }

    /// <summary>Has the vectors of some passages lie elsewhere, without a store: only the index looks at them.</summary>
    private static IndexCase Elsewhere(IndexCase one)
    {
        one.Publish([.. Enumerable.Range(0, Passages).Select(static number =>
            IndexCase.Passage(number, $"word{number % 17}x word{number % 29}x word{number % 7}x"))]);
        one.Index.Refit(CancellationToken.None).IsOk.ShouldBeTrue();
        one.Index.Stores.Note(static manifest => manifest with { Moving = StoreBinding.To("outside", "s") }).IsOk.ShouldBeTrue();
        one.Index.Stores.UseMoved().IsOk.ShouldBeTrue();
        Directory.GetFiles(one.Folder, "*.vectors").ShouldBeEmpty();
        return one;
    }

    private static void Complete(IndexCase one, int passages)
    {
        one.Index.Stores.IsElsewhere.ShouldBeFalse();
        one.Index.Stores.Manifest!.Left.ShouldBe(["outside"]);
        one.Index.Statistics.Passages.ShouldBe(passages);
        one.Index.Statistics.IsRefitWanted.ShouldBeFalse("every segment has its vectors");
        Directory.GetFiles(one.Folder, "*.vectors").Length.ShouldBe(one.Index.Statistics.Segments);
        one.Search("word1x word2x", channels: Channels.Dense).Hits.ShouldNotBeEmpty();
    }
}
