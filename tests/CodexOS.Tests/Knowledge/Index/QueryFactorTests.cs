using CodexOS.Knowledge.Index.Queries;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

public sealed class QueryFactorTests
{
    [Theory]
    [InlineData("laptop^2", "laptop", 2)]
    [InlineData("laptop^0.5", "laptop", 0.5)]
    [InlineData("laptop^2.", "laptop.", 2)]
    [InlineData("(laptop^2)", "(laptop)", 2)]
    [InlineData("laptop^99", "laptop", 10)]
    [InlineData("laptop^0", "laptop", 0.1)]
    [InlineData("laptop", "laptop", 1)]
    [InlineData("laptop^", "laptop^", 1)]
    [InlineData("laptop^two", "laptop^two", 1)]
    [InlineData("a^2b", "a^2b", 1)]
    [InlineData("a^2^3", "a^2^3", 1)]
    [InlineData("2^32", "2^32", 1)]
    [InlineData("^2", "^2", 1)]
    public void A_number_behind_the_sign_is_a_factor_and_nothing_else_is(string word, string rest, double factor) =>
        QueryFactor.Of(word).ShouldBe((rest, factor));

    [Fact]
    public void Words_phrases_and_words_that_must_stand_there_have_factors()
    {
        var clauses = QueryClauses.Of("new laptop^2 and \"to repair\"^3 +screen^4 -bag^5 stand");
        clauses.Select(static one => one with { Text = one.Text.Trim() }).ShouldBe(
        [
            new QueryClause("new", ClauseKind.Optional, IsPhrase: false),
            new QueryClause("laptop", ClauseKind.Optional, IsPhrase: false, 2),
            new QueryClause("and", ClauseKind.Optional, IsPhrase: false),
            new QueryClause("to repair", ClauseKind.Optional, IsPhrase: true, 3),
            new QueryClause("screen", ClauseKind.Required, IsPhrase: false, 4),
            new QueryClause("bag", ClauseKind.Excluded, IsPhrase: false, 5),
            new QueryClause("stand", ClauseKind.Optional, IsPhrase: false),
        ]);
    }

    [Fact]
    public void A_model_is_not_shown_the_factors() =>
        QueryClauses.PlainTextOf("new laptop^2 \"to repair\"^3 -bag").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .ShouldBe(["new", "laptop", "to", "repair"]);
}
