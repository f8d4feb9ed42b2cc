using CodexOS.Knowledge.Evaluation;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge;

public sealed class RetrievalMeasuresTests
{
    [Fact]
    public void Gain_is_that_of_the_ranking_through_that_of_the_best_one()
    {
        // Grades 3, 2, 3, 0, 1, 2 with another 3 and 2 that were not found.
        int[] found = [3, 2, 3, 0, 1, 2];
        int[] relevant = [3, 3, 3, 2, 2, 2, 1];

        RetrievalMeasures.Ndcg(found, relevant).ShouldBe(6.861 / 9.074, 0.001);
        RetrievalMeasures.Ndcg([3, 3, 2], [2, 3, 3]).ShouldBe(1);
        RetrievalMeasures.Ndcg([0, 0], [1]).ShouldBe(0);
    }

    [Fact]
    public void Only_the_first_ten_places_gain_and_only_they_have_a_reciprocal_rank()
    {
        int[] eleventh = [.. new int[10], 1];

        RetrievalMeasures.Ndcg(eleventh, [1]).ShouldBe(0);
        RetrievalMeasures.ReciprocalRank(eleventh).ShouldBe(0);
        RetrievalMeasures.FirstPlace(eleventh).ShouldBe(11);
        RetrievalMeasures.ReciprocalRank([0, 0, 2, 1]).ShouldBe(1d / 3);
        RetrievalMeasures.FirstPlace([0, 0]).ShouldBe(0);
    }

    [Fact]
    public void Recall_is_the_share_of_what_is_of_use_and_nothing_where_nothing_is()
    {
        RetrievalMeasures.Recall([1, 0, 2], [1, 2, 1, 1, 0]).ShouldBe(0.5);
        RetrievalMeasures.Recall([0], [0]).ShouldBe(0);
        RetrievalMeasures.Ndcg([0], [0]).ShouldBe(0);
    }
}
