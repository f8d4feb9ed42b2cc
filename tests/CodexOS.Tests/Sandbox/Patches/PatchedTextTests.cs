using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Patches;
using CodexOS.Sandbox.Tools;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Sandbox.Patches;

public sealed class PatchedTextTests
{
    private static readonly string s_numbers = string.Concat(Enumerable.Range(1, 40).Select(i => $"{i}\n"));

    private static readonly Gen<string> s_texts = Gen.Select(
        Gen.Int[0, 4].Select(i => new[] { "a", "b", "c", "", "\r" }[i]).List[0, 30],
        Gen.Bool,
        (lines, ends) => string.Join('\n', lines) + (ends && lines.Count > 0 ? "\n" : ""));

    [Fact]
    public void A_right_diff_gives_the_new_text_whatever_the_texts_are() =>
        Gen.Select(s_texts, s_texts).Where((before, after) => before != after).Sample(
            (before, after) => Apply(before, UnifiedDiff.Make("f", before, after)).Value.Text == after, iter: 3_000);

    [Fact]
    public void A_hunk_is_found_where_it_has_moved_to_and_the_next_one_after_it()
    {
        var moved = "new\nnew\nnew\n" + s_numbers;
        var after = s_numbers.Replace("\n6\n", "\nsix\n", StringComparison.Ordinal).Replace("\n30\n", "\nthirty\n", StringComparison.Ordinal);
        var result = Apply(moved, UnifiedDiff.Make("f", s_numbers, after)).Value;
        result.Text.ShouldBe("new\nnew\nnew\n" + after);
        result.Places.ShouldBe([new HunkPlace(6, 3, 0, false), new HunkPlace(30, 3, 0, false)]);
        result.Places[0].Remark.ShouldBe("3 lines below where the patch says");
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Outer_context_that_differs_is_ignored_as_far_as_is_allowed_and_kept(int fuzz, bool fits)
    {
        var result = Apply("one\n2\n3\n4\n5\n", "@@ -1,5 +1,5 @@\n 1\n 2\n-3\n+x\n 4\n 5\n", fuzz);
        result.IsOk.ShouldBe(fits);
        if (!fits) return;
        result.Value.Text.ShouldBe("one\n2\nx\n4\n5\n");
        result.Value.Places[0].Fuzz.ShouldBe(1);
    }

    [Fact]
    public void Spaces_at_the_ends_of_lines_do_not_keep_a_hunk_from_fitting()
    {
        var result = Apply("a  \nb\t\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n").Value;
        result.Text.ShouldBe("a  \nx\nc\n");
        result.Places[0].IgnoredSpace.ShouldBeTrue();
    }

    [Fact]
    public void A_hunk_that_does_not_fit_is_named_with_the_nearest_lines()
    {
        var fault = Apply(s_numbers, "@@ -1,1 +1,1 @@\n-1\n+one\n@@ -20,3 +20,3 @@\n 20\n-twenty-one\n+x\n 22\n", 0).Fault;
        fault.Code.ShouldBe("sandbox.patch_conflict");
        fault.Message.ShouldStartWith("Hunk 2 of 2 for 'f' (line 6 of the patch) does not fit");
        fault.Message.ShouldContain("20\t20\n21\t21\n22\t22\n");
    }

    [Theory]
    [InlineData("@@ @@\n-x\n+y\n", "at lines 1 and 3")]
    [InlineData("@@ -2,1 +2,1 @@\n-x\n+y\n", "at lines 3 and 1")]
    [InlineData("@@ @@\n+y\n", "no line numbers")]
    public void A_hunk_that_could_mean_two_places_is_refused(string hunk, string message)
    {
        var fault = Apply("x\na\nx\n", hunk).Fault;
        fault.Code.ShouldBe("sandbox.patch_ambiguous");
        fault.Message.ShouldContain(message);
    }

    [Fact]
    public void A_hunk_that_fits_where_it_says_is_not_ambiguous() =>
        Apply("x\na\nx\n", "@@ -3,1 +3,1 @@\n-x\n+y\n").Value.Text.ShouldBe("x\na\ny\n");

    [Fact]
    public void Hunks_do_not_go_back_behind_each_other() =>
        Apply("x\ny\n", "@@ -2 +2 @@\n-y\n+Y\n@@ -1 +1 @@\n-x\n+X\n").Fault.Code.ShouldBe("sandbox.patch_conflict");

    [Theory]
    [InlineData("a\r\nb\r\nc\r\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n+y\n c\n", "a\r\nx\r\ny\r\nc\r\n")]
    [InlineData("a\nb\n", "@@ -1,2 +1,2 @@\r\n a\r\n-b\r\n+x\r\n", "a\nx\n")]
    [InlineData("a\r\nb\r\n", "@@ -1,2 +1,2 @@\n a\r\n-b\r\n+b\n", "a\r\nb\n")]
    [InlineData("a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+b\r\n", "a\nb\r\n")]
    [InlineData("", "@@ -0,0 +1,2 @@\n+a\r\n+b\r\n", "a\r\nb\r\n")]
    public void Carriage_returns_stay_as_they_are_unless_the_patch_shows_them(string before, string hunk, string after) =>
        Apply(before, hunk).Value.Text.ShouldBe(after);

    [Theory]
    [InlineData("a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n+x\n", "a\nx")]
    [InlineData("a\nb", "@@ -1,2 +1,3 @@\n a\n b\n+c\n", "a\nb\nc")]
    [InlineData("a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n", "a\nb\n")]
    [InlineData("a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n", "a\nb")]
    [InlineData("a\nb\nc\n", "@@ -1,2 +1,2 @@\n a\n-b\n+x\n\\ No newline at end of file\n", "a\nx\nc\n")]
    public void A_missing_line_feed_at_the_end_stays_missing_unless_the_patch_speaks_of_it(
        string before, string hunk, string after) => Apply(before, hunk).Value.Text.ShouldBe(after);

    [Fact]
    public void A_patch_that_would_take_forever_to_place_is_refused()
    {
        var same = string.Concat(Enumerable.Repeat("a\n", 60_000));
        var hunk = "@@ @@\n" + string.Concat(Enumerable.Repeat(" a\n", 20_000)) + "-b\n+c\n";
        Apply(same, hunk).Fault.Code.ShouldBe("sandbox.patch_too_costly");
    }

    private static Result<PatchedText> Apply(string before, string patch, int fuzz = 2)
    {
        var text = patch.StartsWith("@@", StringComparison.Ordinal) ? Heading(patch) + patch : patch;
        var file = PatchReader.Read(text, 10).Value.ShouldHaveSingleItem();
        return PatchedText.Apply("f", before, file.Hunks, fuzz, new ComparisonBudget(100_000_000));
    }

    private static string Heading(string patch) =>
        patch.Contains("@@\r\n", StringComparison.Ordinal) ? "--- a/f\r\n+++ b/f\r\n" : "--- a/f\n+++ b/f\n";
}
