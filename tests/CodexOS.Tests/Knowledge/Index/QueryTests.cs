using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Queries;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

public sealed class QueryTests : IDisposable
{
    private readonly IndexCase _case = new();

    public QueryTests() => _case.Publish(
        IndexCase.Passage(1, "The red house stands behind the old mill."),
        IndexCase.Passage(2, "An old house near the red mill was sold."),
        IndexCase.Passage(3, "Mills were built of stone; ERR-1042 came up in foo_bar of v1.2.3."),
        IndexCase.Passage(4, "Error 1042 is another matter, and so is bar foo."),
        IndexCase.Passage(5, "Motor cover pays for what happens on the road."),
        IndexCase.Passage(6, "东京是日本的首都。大阪在西边。"));

    public void Dispose() => _case.Dispose();

    [Theory]
    [InlineData("\"red house\"", new[] { 1 })]
    [InlineData("\"old mill\"", new[] { 1 })]
    [InlineData("\"house mill\"", new int[0])]
    [InlineData("mill +house -sold", new[] { 1 })]
    [InlineData("mill -\"red house\" -stone", new[] { 2 })]
    [InlineData("house +\"red mill\"", new[] { 2 })]
    public void Signs_and_quotes_say_what_must_stand_there(string query, int[] documents) =>
        _case.Found(query).Order().ShouldBe(documents);

    [Fact]
    public void A_few_words_in_quotes_within_a_longer_question_do_not_rule_anything_out() =>
        _case.Found("where was an old house with a mill \"somewhere else\" sold").ShouldContain(2);

    [Theory]
    [InlineData("ERR-1042", 3)]
    [InlineData("err-1042", 3)]
    [InlineData("foo_bar", 3)]
    [InlineData("v1.2.3", 3)]
    [InlineData("首都", 6)]
    [InlineData("ＨＯＵＳＥ ｓｏｌｄ", 2)]
    public void What_was_meant_letter_by_letter_is_first(string query, int document) =>
        _case.Found(query)[0].ShouldBe(document);

    [Fact]
    public void Two_characters_that_do_not_follow_one_another_are_no_word() => _case.Found("京都").ShouldBeEmpty();

    [Fact]
    public void A_hit_tells_by_which_terms_it_was_found()
    {
        var hit = _case.Search("sold houses").Hits[0];
        hit.MatchedTerms.ShouldBe(["sold", "hous"]);
        hit.Lexical.ShouldBe(hit.Score, 1e-9);
    }

    [Theory]
    [InlineData("")]
    [InlineData("the of and")]
    [InlineData("-house")]
    [InlineData("?!")]
    public void A_query_without_a_word_to_search_for_is_refused(string text) => _case.Index
        .Search(new SearchQuery(text, SearchFilter.Everything), CancellationToken.None).Fault.ShouldBe(IndexFaults.EmptyQuery);

    [Fact]
    public void More_than_the_limits_is_refused()
    {
        Code(new SearchQuery(new string('x', 5_000), SearchFilter.Everything)).ShouldBe("knowledge.query_too_long");
        Code(new SearchQuery("house", SearchFilter.Everything, 5_000)).ShouldBe("knowledge.too_many_passages");
        Code(new SearchQuery("house", SearchFilter.Everything, 0)).ShouldBe("knowledge.too_many_passages");
    }

    [Fact]
    public void A_search_without_time_gives_what_it_has_and_says_so()
    {
        var query = new SearchQuery("house", SearchFilter.Everything) { TimeMax = TimeSpan.FromTicks(-1) };
        _case.Index.Search(query, CancellationToken.None).Value.IsPartial.ShouldBeTrue();
    }

    [Fact]
    public void A_search_that_nobody_waits_for_ends() => Should.Throw<OperationCanceledException>(() =>
        _case.Index.Search(new SearchQuery("house", SearchFilter.Everything), new CancellationToken(canceled: true)));

    private string Code(SearchQuery query) => _case.Index.Search(query, CancellationToken.None).Fault.Code;
}
