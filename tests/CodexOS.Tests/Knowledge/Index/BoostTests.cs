using System.Collections.Immutable;
using CodexOS.Knowledge.Chunking;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Queries;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

public sealed class BoostTests : IDisposable
{
    private static readonly DateTimeOffset s_today = new(2026, 7, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly IndexCase _case = new();

    public void Dispose() => _case.Dispose();

    [Fact]
    public void A_pair_of_metadata_raises_lowers_and_says_so()
    {
        _case.Publish(
            Passage(1, "The harbour opens at six.", team: "sea"),
            Passage(2, "The harbour opens at six.", team: "land"),
            Passage(3, "The harbour opens at six."));

        IndexCase.Found(_case.Search("harbour")).ShouldBe([1, 2, 3]);
        var plain = _case.Search("harbour").Hits[0].Score;
        var raised = _case.Search("harbour", boosts: By(new MetadataBoost("team", "land", 2), new MetadataBoost("team", "sea", 0.5)));

        IndexCase.Found(raised).ShouldBe([2, 3, 1]);
        raised.Hits.Select(static hit => hit.Score).ShouldBe([2 * plain, plain, plain / 2], 1e-9);
        raised.Hits[0].Boosts.ShouldBe([new AppliedBoost(BoostKind.Metadata, "team=land", 2)]);
        raised.Hits[1].Boosts.ShouldBeEmpty();
        raised.Hits[2].Boosts.ShouldBe([new AppliedBoost(BoostKind.Metadata, "team=sea", 0.5)]);
    }

    [Fact]
    public void Rules_that_fit_together_are_multiplied()
    {
        _case.Publish(Passage(1, "The harbour opens at six.", team: "sea", at: s_today));
        var plain = _case.Search("harbour").Hits[0].Score;
        var both = By(new MetadataBoost("team", "sea", 3)) with { Newer = new NewerBoost(30, 2, s_today) };
        var hit = _case.Search("harbour", boosts: both).Hits[0];
        hit.Score.ShouldBe(6 * plain, 1e-9);
        hit.Boosts.Select(static one => one.Kind).ShouldBe([BoostKind.Metadata, BoostKind.Newer]);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(30, 1.5)]
    [InlineData(60, 1.25)]
    [InlineData(-9, 2)]
    public void Newer_counts_more_and_half_as_much_more_after_each_half_life(int days, double factor)
    {
        _case.Publish(Passage(1, "The harbour opens at six.", at: s_today.AddDays(-days)));
        var plain = _case.Search("harbour").Hits[0].Score;
        var hit = _case.Search("harbour", boosts: Newer(30, 2)).Hits[0];
        hit.Score.ShouldBe(factor * plain, 1e-9);
        hit.Boosts.ShouldHaveSingleItem().Factor.ShouldBe(factor, 1e-9);
        hit.Boosts[0].What.ShouldBe($"{Math.Max(0, days)} days");
    }

    [Fact]
    public void A_document_without_a_date_counts_as_it_is_and_one_of_today_can_be_lowered()
    {
        _case.Publish(Passage(1, "The harbour opens at six.", at: s_today), Passage(2, "The harbour opens at six."));
        IndexCase.Found(_case.Search("harbour", boosts: Newer(30, 2))).ShouldBe([1, 2]);
        IndexCase.Found(_case.Search("harbour", boosts: Newer(30, 0.5))).ShouldBe([2, 1]);
    }

    [Fact]
    public void What_is_far_behind_is_raised_before_the_best_are_taken()
    {
        _case.Publish([.. Enumerable.Range(1, 150).Select(static number => Passage(number, $"The harbour opens at six, {number}."))]);
        _case.Publish(Passage(500, "The harbour opens at six in summer, and later in winter.", team: "sea"));
        IndexCase.Found(_case.Search("harbour", passagesMax: 5)).ShouldNotContain(500);
        var found = IndexCase.Found(_case.Search("harbour", passagesMax: 5, boosts: By(new MetadataBoost("team", "sea", 10))));
        found.Length.ShouldBe(5);
        found[0].ShouldBe(500);
    }

    [Fact]
    public void No_factor_lets_a_passage_past_the_filter_or_past_its_readers()
    {
        _case.Publish(
            Passage(1, "The harbour opens at six.", team: "sea") with { Readers = ["ada"] },
            Passage(2, "The harbour opens at six.", team: "land"));
        var boosts = By(new MetadataBoost("team", "sea", 10));
        IndexCase.Found(_case.Search("harbour", new SearchFilter { Tags = ["eve"] }, boosts: boosts)).ShouldBe([2]);
        var land = SearchFilter.Everything with { Metadata = [new MetadataCondition("team", ["land"])] };
        IndexCase.Found(_case.Search("harbour", land, boosts: boosts)).ShouldBe([2]);
    }

    [Fact]
    public void What_vectors_and_words_found_together_is_raised_and_lowered_also_below_zero()
    {
        _case.Publish([.. Enumerable.Range(1, 240).Select(static number => Passage(
            number, $"The harbour {Word(number)} opens {Word(number % 7)} at {Word(number % 11)} for boats {Word(number % 3)}.",
            team: $"{number}"))]);
        _case.Index.Refit(CancellationToken.None).IsOk.ShouldBeTrue();
        var plain = Find(SearchBoosts.None);
        plain.Length.ShouldBe(240);
        plain[^1].Score.ShouldBeLessThan(0);
        var (first, last) = (NumberOf(plain[0]), NumberOf(plain[^1]));

        NumberOf(Find(By(new MetadataBoost("team", $"{last}", 10)))[^1]).ShouldNotBe(last);
        NumberOf(Find(By(new MetadataBoost("team", $"{first}", 0.1)))[0]).ShouldNotBe(first);
        NumberOf(Find(By(new MetadataBoost("team", $"{NumberOf(plain[^2])}", 0.1)))[^1]).ShouldBe(NumberOf(plain[^2]));

        ImmutableArray<SearchHit> Find(SearchBoosts boosts) => _case.Search(
            $"harbour opens for boats {Word(2)}", passagesMax: 300, channels: Channels.All, boosts: boosts).Hits;
        static int NumberOf(SearchHit hit) => BitConverter.ToInt32(hit.Key.Document.ToByteArray());
    }

    [Fact]
    public void Title_headings_and_text_count_as_they_are_weighed()
    {
        _case.Publish(
            Passage(1, "It opens at six.", title: "Harbour"),
            Passage(2, "It opens at six.", heading: "Harbour"),
            Passage(3, "The harbour opens."));

        SearchHit HitOf(SearchResult result, int document) =>
            result.Hits.Single(hit => BitConverter.ToInt32(hit.Key.Document.ToByteArray()) == document);
        SearchResult By(float title, float headings, float text) => _case.Search(
            "harbour", boosts: SearchBoosts.None with { Fields = new FieldWeights(title, headings, text) });

        var usual = _case.Search("harbour");
        By(10, 2, 1).Hits[0].Key.Document.ShouldBe(IndexCase.Document(1));
        By(2, 10, 1).Hits[0].Key.Document.ShouldBe(IndexCase.Document(2));
        By(2, 2, 10).Hits[0].Key.Document.ShouldBe(IndexCase.Document(3));
        var title = By(10, 2, 1);
        HitOf(title, 2).Score.ShouldBe(HitOf(usual, 2).Score, 1e-9);
        HitOf(title, 3).Score.ShouldBe(HitOf(usual, 3).Score, 1e-9);
        HitOf(title, 1).Score.ShouldBeGreaterThan(HitOf(usual, 1).Score);
        var why = HitOf(title, 1).Boosts.ShouldHaveSingleItem();
        why.Kind.ShouldBe(BoostKind.Fields);
        why.Factor.ShouldBe(HitOf(title, 1).Lexical / HitOf(usual, 1).Lexical, 1e-4);
        HitOf(title, 2).Boosts.ShouldBeEmpty();
    }

    [Fact]
    public void Fields_are_told_apart_in_each_passage_of_a_document_with_many_words()
    {
        var words = string.Join(' ', Enumerable.Range(0, 300).Select(Word));
        _case.Publish(
            Passage(1, $"{words} harbour {words}", title: $"On the way to {Word(1)} {Word(2)}", heading: $"Of {Word(3)}"),
            Passage(2, $"{words} {words}", title: $"On the way to the harbour {Word(2)}", heading: $"Of {Word(3)}"),
            Passage(3, $"{words} {words}", title: $"On the way to {Word(2)}", heading: $"Of the harbour and {Word(3)}"));
        foreach (var (weights, first) in ((FieldWeights, int)[])
        [
            (new FieldWeights(0.1f, 0.1f, 10), 1), (new FieldWeights(10, 0.1f, 0.1f), 2), (new FieldWeights(0.1f, 10, 0.1f), 3),
        ])
        {
            IndexCase.Found(_case.Search("harbour", boosts: SearchBoosts.None with { Fields = weights }))[0].ShouldBe(first);
        }
    }

    [Theory]
    [InlineData("harbour^3 ferry", 1)]
    [InlineData("harbour ferry^3", 2)]
    [InlineData("harbour^0.2 ferry", 2)]
    [InlineData("\"harbour opens\"^3 and ferry or ferries or a ferry", 1)]
    public void A_word_counts_as_many_times_as_its_factor_says(string query, int first)
    {
        _case.Publish(
            IndexCase.Passage(1, "The harbour opens at six in the morning."),
            IndexCase.Passage(2, "The ferry leaves at six in the morning."));
        IndexCase.Found(_case.Search(query))[0].ShouldBe(first);
    }

    [Fact]
    public void A_factor_is_told_with_the_hits_that_have_the_word()
    {
        _case.Publish(IndexCase.Passage(1, "The harbour opens at six."), IndexCase.Passage(2, "The ferry leaves at six."));
        var hits = _case.Search("harbours^3, ferry").Hits;
        hits[0].Boosts.ShouldBe([new AppliedBoost(BoostKind.Term, "harbours,", 3)]);
        hits[1].Boosts.ShouldBeEmpty();
        hits[0].Score.ShouldBe(3 * _case.Search("harbours, ferry").Hits.Single(hit => hit.Key == hits[0].Key).Score, 1e-3);
    }

    private static string Word(int number) => $"{(char)('a' + (number % 26))}{(char)('a' + (number / 26 % 26))}rix";

    private static IndexPassage Passage(
        int document, string text, string? team = null, DateTimeOffset? at = null, string title = "", string? heading = null) => new(
        IndexCase.Document(document),
        new Passage(0, 0, text, heading is null ? [] : [heading], null, null),
        title,
        [],
        team is null
            ? ImmutableSortedDictionary<string, string>.Empty
            : ImmutableSortedDictionary<string, string>.Empty.Add("team", team),
        at);

    private static SearchBoosts By(params MetadataBoost[] rules) => SearchBoosts.None with { Metadata = [.. rules] };

    private static SearchBoosts Newer(double halfLife, double factor) =>
        SearchBoosts.None with { Newer = new NewerBoost(halfLife, factor, s_today) };
}
