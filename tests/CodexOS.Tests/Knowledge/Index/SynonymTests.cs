using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Knowledge.Index.Queries;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

public sealed class SynonymTests : IDisposable
{
    private readonly IndexCase _case = new();

    public SynonymTests() => _case.Publish(
        IndexCase.Passage(1, "A notebook is lent to every member of the team."),
        IndexCase.Passage(2, "Laptops are repaired on the second floor."),
        IndexCase.Passage(3, "Motor cover pays for what happens on the road."),
        IndexCase.Passage(4, "The cover of the book is red."),
        IndexCase.Passage(5, "A letter in C is older than one in C++."),
        IndexCase.Passage(6, "Templates are resolved when a program is compiled."));

    public void Dispose() => _case.Dispose();

    [Fact]
    public void What_says_the_same_in_other_words_is_found_and_the_hit_tells_by_which()
    {
        var synonyms = Of(("laptop", "notebook", 0.5f));

        _case.Found("laptop").ShouldBe([2]);
        var hits = _case.Search("laptop", synonyms: synonyms).Hits;

        IndexCase.Found(_case.Search("laptop", synonyms: synonyms)).ShouldBe([2, 1], ignoreOrder: true);
        hits.Single(static hit => IndexOf(hit) == 1).Synonyms.ShouldBe([new MatchedSynonym("laptop", "notebook")]);
        hits.Single(static hit => IndexOf(hit) == 2).Synonyms.ShouldBeEmpty();
    }

    [Fact]
    public void One_way_is_one_way()
    {
        var synonyms = Of(("laptop", "notebook", 0.5f));
        IndexCase.Found(_case.Search("notebook", synonyms: synonyms)).ShouldBe([1]);
    }

    [Theory]
    [InlineData("laptops")]
    [InlineData("Laptop's")]
    [InlineData("my LAPTOP?")]
    public void A_word_is_known_in_each_of_its_forms(string query) =>
        IndexCase.Found(_case.Search(query, synonyms: Of(("laptop", "notebook", 0.5f)))).ShouldContain(1);

    [Fact]
    public void Several_words_stand_for_several_and_the_whole_counts_for_more_than_a_part()
    {
        var hits = _case.Search("car insurances", synonyms: Of(("car insurance", "motor cover", 0.5f))).Hits;
        hits.Select(IndexOf).ShouldBe([3, 4]);
        hits[0].Synonyms.ShouldBe([new MatchedSynonym("car insurance", "motor cover")]);
        hits[1].Synonyms.ShouldBe([new MatchedSynonym("car insurance", "cover")]);
        _case.Search("car", synonyms: Of(("car insurance", "motor cover", 0.5f))).Hits.ShouldBeEmpty();
    }

    [Fact]
    public void The_weight_says_how_much_it_counts()
    {
        double ScoreOf(float weight) => _case.Search("laptop", synonyms: Of(("laptop", "notebook", weight)))
            .Hits.Single(static hit => IndexOf(hit) == 1).Score;
        ScoreOf(1).ShouldBe(2 * ScoreOf(0.5f), 0.001);
        ScoreOf(0.1f).ShouldBe(ScoreOf(1) / 10, 0.001);
    }

    [Fact]
    public void A_phrase_and_a_word_that_must_stand_there_are_taken_at_their_word()
    {
        var synonyms = Of(("laptop", "notebook", 1), ("car insurance", "motor cover", 1));
        _case.Search("\"laptop\"", synonyms: synonyms).Hits.Select(IndexOf).ShouldBe([2]);
        _case.Search("+laptop", synonyms: synonyms).Hits.Select(IndexOf).ShouldBe([2]);
        _case.Search("\"car insurance\"", synonyms: synonyms).Hits.ShouldBeEmpty();
        _case.Search("cover -laptop", synonyms: synonyms).Hits.Select(IndexOf).ShouldBe([3, 4], ignoreOrder: true);
    }

    [Fact]
    public void Signs_make_another_word_of_a_letter()
    {
        var synonyms = Of(("C++", "templates", 0.5f));
        IndexCase.Found(_case.Search("C++", synonyms: synonyms)).ShouldContain(6);
        IndexCase.Found(_case.Search("C", synonyms: synonyms)).ShouldNotContain(6);
    }

    [Fact]
    public void An_answer_knows_a_word_by_its_synonym_and_only_by_all_of_it()
    {
        var asked = _case.Search("car insurance", synonyms: Of(("car insurance", "motor cover", 0.5f))).Asked;
        asked.Words.ShouldAllBe(static word => word.IsKnown);
        asked.ShareOf(asked.Open().FindIn("It is motor cover.")).ShouldBe(1, 1e-9);
        asked.ShareOf(asked.Open().FindIn("It is a cover.")).ShouldBe(0);
        _case.Search("cover of a car", synonyms: null).Asked.Words.Count(static word => word.IsKnown).ShouldBe(1);
    }

    [Fact]
    public void What_was_asked_for_itself_counts_as_that()
    {
        var plain = _case.Search("laptop notebook");
        var same = _case.Search("laptop notebook", synonyms: Of(("laptop", "notebook", 0.5f)));
        same.Hits.Select(static hit => hit.Score).ShouldBe(plain.Hits.Select(static hit => hit.Score));
        same.Hits.ShouldAllBe(static hit => hit.Synonyms.IsEmpty);
    }

    private static int IndexOf(SearchHit hit) => BitConverter.ToInt32(hit.Key.Document.ToByteArray());

    private static Synonyms Of(params (string Term, string Other, float Weight)[] all) =>
        new(all.Select(static one => new Synonym(one.Term, one.Other, one.Weight)));
}
