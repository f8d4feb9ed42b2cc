using System.Collections.Immutable;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Queries;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

public sealed class FilterTests : IDisposable
{
    private static readonly DateTimeOffset s_day = new(2025, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly IndexCase _case = new();

    public FilterTests() => _case.Publish(
        Passage(1, [], "de", s_day),
        Passage(2, ["sales"], "de", s_day.AddDays(1)),
        Passage(3, ["sales", "board"], "fr", s_day.AddDays(2)),
        Passage(4, ["board"], "fr", null));

    public void Dispose() => _case.Dispose();

    [Theory]
    [InlineData(new string[0], new[] { 1 })]
    [InlineData(new[] { "sales" }, new[] { 1, 2, 3 })]
    [InlineData(new[] { "board" }, new[] { 1, 3, 4 })]
    [InlineData(new[] { "sale", "s", "" }, new[] { 1 })]
    public void Only_readers_find_a_passage(string[] tags, int[] documents) =>
        Found(new SearchFilter { Tags = [.. tags] }).ShouldBe(documents);

    [Fact]
    public void A_filter_that_names_nobody_finds_what_is_open_to_all() => Found(new SearchFilter()).ShouldBe([1]);

    [Fact]
    public void Metadata_must_have_one_of_the_values_under_each_key()
    {
        Found(All(new MetadataCondition("lang", ["fr"]))).ShouldBe([3, 4]);
        Found(All(new MetadataCondition("lang", ["fr", "de"]))).ShouldBe([1, 2, 3, 4]);
        Found(All(new MetadataCondition("lang", ["fr"]), new MetadataCondition("number", ["3", "1"]))).ShouldBe([3]);
        Found(All(new MetadataCondition("other", ["fr"]))).ShouldBeEmpty();
    }

    [Fact]
    public void A_time_range_has_its_beginning_and_not_its_end()
    {
        Found(SearchFilter.Everything with { From = s_day, Before = s_day.AddDays(2) }).ShouldBe([1, 2]);
        Found(SearchFilter.Everything with { From = s_day.AddDays(1) }).ShouldBe([2, 3]);
        Found(SearchFilter.Everything with { Before = s_day.AddDays(1) }).ShouldBe([1]);
    }

    [Fact]
    public void Documents_can_be_named() => Found(SearchFilter.Everything with
    {
        Documents = [IndexCase.Document(2), IndexCase.Document(4), IndexCase.Document(9)],
    }).ShouldBe([2, 4]);

    [Fact]
    public void What_may_not_be_read_moves_nothing_in_the_ranking_of_the_rest()
    {
        _case.Publish([.. Enumerable.Range(100, 200).Select(static i => Passage(i, ["secret"], "de", null))]);
        _case.Search("report", new SearchFilter { Tags = ["sales"] }, passagesMax: 3).Hits
            .Select(static hit => hit.Key.Document)
            .ShouldBe([IndexCase.Document(1), IndexCase.Document(2), IndexCase.Document(3)]);
    }

    [Fact]
    public void Feedback_learns_nothing_from_what_may_not_be_read()
    {
        _case.Publish([.. Enumerable.Range(0, 5).Select(static i => IndexCase.Passage(200 + i, "quarterly zebra zebra") with
        {
            Readers = ["secret"],
        })]);
        _case.Publish(IndexCase.Passage(300, "zebra in the zoo"), IndexCase.Passage(301, "quarterly figures"));
        _case.Found("quarterly", new SearchFilter(), Channels.Lexical | Channels.Feedback).ShouldNotContain(300);
    }

    [Fact]
    public void Filters_hold_after_a_merge_and_after_opening_again()
    {
        _case.Publish(Passage(5, ["board"], "it", s_day));
        using var merged = new IndexCase(IndexCase.Quiet with { SegmentsPerTierMax = 1 });
        merged.Publish(Passage(1, ["sales"], "de", s_day));
        merged.Publish(Passage(2, ["board"], "fr", s_day.AddDays(1)));
        merged.MergeAll();
        merged.Reopen();
        merged.Index.Statistics.Segments.ShouldBe(1);
        merged.Found("report", new SearchFilter { Tags = ["board"] }).ShouldBe([2]);
        merged.Found("report", All(new MetadataCondition("lang", ["de"]))).ShouldBe([1]);
        merged.Found("report", SearchFilter.Everything with { From = s_day.AddHours(1) }).ShouldBe([2]);
    }

    [Fact]
    public void Labels_that_could_be_taken_for_others_are_refused() => _case.Index
        .Publish([Passage(7, ["a\u001Eb"], "de", null)], [], CancellationToken.None).Fault.Code.ShouldBe("knowledge.bad_passage");

    private static SearchFilter All(params MetadataCondition[] conditions) =>
        SearchFilter.Everything with { Metadata = [.. conditions] };

    private static IndexPassage Passage(int number, ImmutableArray<string> readers, string language, DateTimeOffset? time) =>
        IndexCase.Passage(number, "A report of the quarter") with
        {
            Readers = readers,
            Time = time,
            Metadata = ImmutableSortedDictionary<string, string>.Empty.Add("lang", language).Add("number", $"{number}"),
        };

    private int[] Found(SearchFilter filter) => [.. _case.Found("report", filter).Order()];
}
