using System.Text.RegularExpressions;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.ArchitectureTests;

/// <summary>What the table of the security standard claims is there.</summary>
public sealed partial class SecurityTableTests
{
    private const int ItemsCount = 70 + 183;

    private static readonly string s_page = File.ReadAllText(Repository.In("docs", "security", "asvs.md"));

    [Fact]
    public void Each_item_of_the_first_two_levels_has_one_state_and_the_sums_are_right()
    {
        var items = Item().Matches(s_page);
        items.Count.ShouldBe(ItemsCount);
        items.Select(static item => item.Groups["number"].Value).ShouldBeUnique();
        foreach (var level in (string[])["1", "2"])
        {
            int Count(string state) =>
                items.Count(item => item.Groups["level"].Value == level && item.Groups["state"].Value == state);
            s_page.ShouldContain($"| level {level} | {Count("met")} | {Count("open")} | {Count("not applicable")} |");
        }
    }

    [Fact]
    public void Every_test_that_is_named_exists()
    {
        var tests = Directory.EnumerateFiles(Repository.In("tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Select(Path.GetFileNameWithoutExtension).ToHashSet();
        TestName().Matches(s_page).Select(static name => name.Groups["name"].Value).Distinct()
            .Where(name => !tests.Contains(name)).ShouldBeEmpty();
    }

    [GeneratedRegex(
        @"^\| (?<number>\d+\.\d+\.\d+) \| (?<level>[12]) \| (?<state>met|open|not applicable) \| \S.* \|$",
        RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Item();

    [GeneratedRegex("`(?<name>[A-Za-z]+Tests)`", RegexOptions.NonBacktracking)]
    private static partial Regex TestName();
}
