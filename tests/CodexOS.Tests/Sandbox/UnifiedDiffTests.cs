using CodexOS.Sandbox.Tools;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Sandbox;

public sealed class UnifiedDiffTests
{
    /// <summary>Few different lines, so that texts have much in common; some without a final line feed.</summary>
    private static readonly Gen<string> s_texts = Gen.Select(
        Gen.Int[0, 4].Select(i => new[] { "a", "b", "c", "", "\r" }[i]).List[0, 30],
        Gen.Bool,
        (lines, ends) => string.Join('\n', lines) + (ends && lines.Count > 0 ? "\n" : ""));

    [Fact]
    public void Texts_that_are_the_same_have_no_diff() => UnifiedDiff.Make("f", "a\n", "a\n").ShouldBeEmpty();

    [Theory]
    [InlineData(null, "a\n", "--- /dev/null\n+++ b/f\n@@ -0,0 +1,1 @@\n+a\n")]
    [InlineData("a\n", "", "--- a/f\n+++ b/f\n@@ -1,1 +0,0 @@\n-a\n")]
    [InlineData("a", "a\n", "--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n")]
    [InlineData(
        "1\n2\n3\n4\n5\n", "1\n2\nx\n4\n5\n", "--- a/f\n+++ b/f\n@@ -1,5 +1,5 @@\n 1\n 2\n-3\n+x\n 4\n 5\n")]
    public void A_change_is_shown_with_its_surroundings(string? before, string after, string diff) =>
        UnifiedDiff.Make("f", before, after).ShouldBe(diff);

    [Fact]
    public void Changes_far_apart_are_shown_apart()
    {
        var before = string.Concat(Enumerable.Range(1, 40).Select(i => $"{i}\n"));
        var after = before.Replace("\n6\n", "\nsix\n", StringComparison.Ordinal)
            .Replace("\n30\n", "\nthirty\n", StringComparison.Ordinal);
        var hunks = UnifiedDiff.Make("f", before, after).Split('\n')
            .Where(line => line.StartsWith("@@", StringComparison.Ordinal));
        hunks.ShouldBe(["@@ -3,7 +3,7 @@", "@@ -27,7 +27,7 @@"]);
    }

    [Fact]
    public void Applying_the_diff_gives_the_new_text_whatever_the_texts_are() =>
        Gen.Select(s_texts, s_texts).Sample(
            (before, after) => Apply(before, UnifiedDiff.Make("f", before, after)) == after, iter: 2_000);

    [Fact]
    public void A_text_changed_through_and_through_is_shown_as_replaced()
    {
        var before = string.Concat(Enumerable.Range(0, 3_000).Select(i => $"old {i}\n"));
        var after = string.Concat(Enumerable.Range(0, 3_000).Select(i => $"new {i}\n"));
        Apply(before, UnifiedDiff.Make("f", before, after)).ShouldBe(after);
    }

    /// <summary>Applies a unified diff, strictly: what is removed or kept has to be there.</summary>
    private static string Apply(string before, string diff)
    {
        if (diff.Length == 0) return before;
        var parts = before.Split('\n');
        var lines = parts.Select((line, i) => i == parts.Length - 1 ? line : line + "\n").Where(line => line != "").ToList();
        var result = new List<string>();
        var at = 0;
        var patch = diff.Split('\n');
        for (var i = 2; i < patch.Length - 1; i++)
        {
            if (patch[i].StartsWith("@@ -", StringComparison.Ordinal))
            {
                var range = patch[i].Split(' ')[1][1..].Split(',').Select(int.Parse).ToArray();
                var start = range[1] == 0 ? range[0] : range[0] - 1;
                while (at < start) result.Add(lines[at++]);
                continue;
            }

            if (patch[i].StartsWith('\\')) continue;
            var endsWithoutFeed = patch[i + 1].StartsWith('\\');
            var text = patch[i][1..] + (endsWithoutFeed ? "" : "\n");
            if (patch[i][0] != '+') lines[at++].ShouldBe(text);
            if (patch[i][0] != '-') result.Add(text);
        }

        return string.Concat(result.Concat(lines.Skip(at)));
    }
}
