using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Knowledge.Tuning;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Tuning;

public sealed class SynonymRuleTests
{
    [Fact]
    public void Words_of_one_side_stand_for_each_other() => Parse("laptop, notebook , portable  computer").ShouldBe(
    [
        new Synonym("laptop", "notebook"), new Synonym("laptop", "portable computer"),
        new Synonym("notebook", "laptop"), new Synonym("notebook", "portable computer"),
        new Synonym("portable computer", "laptop"), new Synonym("portable computer", "notebook"),
    ]);

    [Fact]
    public void An_arrow_goes_one_way() => Parse("k8s, kube => kubernetes ^0.8").ShouldBe(
        [new Synonym("k8s", "kubernetes", 0.8f), new Synonym("kube", "kubernetes", 0.8f)]);

    [Fact]
    public void What_is_on_both_sides_is_no_synonym_of_itself() =>
        Parse("tv, telly => tv, television").ShouldBe(
        [
            new Synonym("tv", "television"), new Synonym("telly", "tv"), new Synonym("telly", "television"),
        ]);

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("# laptop, notebook")]
    public void A_remark_makes_nothing(string line) => Parse(line).ShouldBeEmpty();

    [Theory]
    [InlineData("laptop", "one side only")]
    [InlineData("laptop, ", "is empty")]
    [InlineData("=> kubernetes", "is empty")]
    [InlineData("k8s =>", "is empty")]
    [InlineData("a => b => c", "more than one =>")]
    [InlineData("one two three four => five", "more than 3 words")]
    [InlineData("?!, laptop", "no letters")]
    [InlineData("laptop, Laptop", "twice")]
    [InlineData("tv => tv", "the same")]
    [InlineData("laptop, notebook ^0", "above 0")]
    [InlineData("laptop, notebook ^1.5", "up to 1")]
    [InlineData("laptop, notebook ^high", "must be a number")]
    public void A_rule_that_cannot_be_used_says_why(string line, string why) =>
        SynonymRule.Parse(line).Fault.Message.ShouldContain(why);

    private static IEnumerable<Synonym> Parse(string line) => SynonymRule.Parse(line).Value;
}
