using CodexOS.Agents.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Agents;

public sealed class RunStarterTests
{
    [Theory]
    [InlineData("Make the failing test pass", "Make the failing test pass")]
    [InlineData("\n\n  Make it pass. \r\nThen commit.", "Make it pass.")]
    [InlineData("a\u0007b", "ab")]
    public void The_title_is_the_first_line_that_says_something(string task, string title) =>
        RunStarter.TitleOf(task).ShouldBe(title);

    [Fact]
    public void A_long_title_is_cut_between_characters()
    {
        var title = RunStarter.TitleOf(new string('x', 158) + "😀😀😀");
        title.Length.ShouldBeLessThanOrEqualTo(160);
        title.ShouldEndWith("x…");
    }
}
