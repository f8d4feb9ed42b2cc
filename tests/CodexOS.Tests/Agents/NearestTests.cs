using CodexOS.Agents.Definitions;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Agents;

public sealed class NearestTests
{
    [Theory]
    [InlineData("shell", "shell", 0)]
    [InlineData("shel", "shell", 1)]
    [InlineData("hsell", "shell", 1)]
    [InlineData("", "shell", 5)]
    public void Distance_counts_changes_and_swaps(string left, string right, int distance) =>
        Nearest.Distance(left, right).ShouldBe(distance);

    [Fact]
    public void At_most_three_near_names_are_offered_nearest_first() =>
        Nearest.Question("git_comit", ["git_commit", "git_diff", "shell", "git_commits", "git_commit_x", "git_comma"])
            .ShouldBe(" Did you mean 'git_commit' or 'git_comma' or 'git_commits'?");
}
