using CodexOS.Sandbox.Patches;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Sandbox.Patches;

/// <summary>Unified diffs as programs, people and models write them.</summary>
public sealed class PatchReaderTests
{
    [Fact]
    public void A_diff_of_git_is_read_with_renames_modes_and_quoted_names()
    {
        var files = PatchReader.Read(
            """
            From 1234 Mon Sep 17 00:00:00 2001
            Subject: [PATCH] Several things
            ---
             a.txt | 2 +-

            diff --git a/a.txt b/a.txt
            index 01e79c3..d00491f 100644
            --- a/a.txt
            +++ b/a.txt
            @@ -1,3 +1,3 @@ function
             1
            -2
            +two
             3
            diff --git a/old name b/new name
            similarity index 100%
            rename from old name
            rename to new name
            diff --git a/run.sh b/run.sh
            old mode 100644
            new mode 100755
            diff --git a/gone b/gone
            deleted file mode 100644
            index d00491f..0000000
            --- a/gone
            +++ /dev/null
            @@ -1 +0,0 @@
            -1
            diff --git "a/h\303\251" "b/h\303\251"
            new file mode 100755
            index 0000000..d00491f
            --- /dev/null
            +++ "b/h\303\251"
            @@ -0,0 +1 @@
            +1
            \ No newline at end of file
            diff --git a/empty b/empty
            new file mode 100644
            index 0000000..e69de29
            -- 
            2.39.5

            """, 10).Value;
        files.Select(file => (file.OldName, file.NewName)).ShouldBe(
        [
            ("a.txt", "a.txt"), ("old name", "new name"), ("run.sh", "run.sh"), ("gone", null), (null, "hé"), (null, "empty"),
        ]);
        files.Select(file => file.IsExecutable).ShouldBe([null, null, true, null, true, false]);
        files[0].Hunks.ShouldHaveSingleItem().Lines.Select(line => $"{line.Sign}{line.Text}").ShouldBe([" 1", "-2", "+two", " 3"]);
        files[0].Hunks[0].OldStart.ShouldBe(1);
        files[4].Hunks[0].Lines[0].IsUnended.ShouldBeTrue();
        files[1].Hunks.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--- a/f\n+++ b/f\n", "f")]
    [InlineData("--- f\n+++ f\n", "f")]
    [InlineData("--- a/f\n+++ a/f\n", "a/f")]
    [InlineData("--- b/f\n+++ b/f\n", "b/f")]
    [InlineData("--- a/src/f.c\t2026-01-02 03:04:05.000 +0000\n+++ b/src/f.c\t2026-01-02 03:04:06.000 +0000\n", "src/f.c")]
    [InlineData("Index: f\n=====\n--- f\n+++ f\n", "f")]
    public void A_name_loses_its_prefix_only_where_it_has_one(string heading, string name) =>
        PatchReader.Read(heading + "@@ -1 +1 @@\n-1\n+2\n", 10).Value[0].NewName.ShouldBe(name);

    [Theory]
    [InlineData("@@ -1,9 +1,9 @@\n 1\n-2\n+3\n 4")]
    [InlineData("@@ -1,1 +1,1 @@\n 1\n-2\n+3\n 4")]
    [InlineData("@@ @@\n 1\n-2\n+3\n 4")]
    [InlineData("@@\n 1\n-2\n+3\n 4\n\n\n")]
    public void Counts_that_do_not_fit_are_counted_again(string hunk)
    {
        var read = PatchReader.Read($"--- a/f\n+++ b/f\n{hunk}\n", 10).Value[0].Hunks.ShouldHaveSingleItem();
        string.Concat(read.Lines.Select(line => line.Sign + line.Text)).ShouldBe(" 1-2+3 4");
    }

    [Fact]
    public void A_removed_line_that_looks_like_a_heading_is_a_removed_line()
    {
        var files = PatchReader.Read("--- a/f\n+++ b/f\n@@ -1,2 +1,1 @@\n--- a\n+++ b\n-x\n--- a/g\n+++ b/g\n@@ -1 +1 @@\n-1\n+2\n", 10).Value;
        files.Count.ShouldBe(2);
        files[0].Hunks[0].Lines.Select(line => line.Sign + line.Text).ShouldBe(["--- a", "+++ b", "-x"]);
    }

    [Fact]
    public void An_empty_line_counts_as_an_empty_line_that_is_kept() =>
        PatchReader.Read("--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n", 10).Value[0].Hunks[0].Lines[1]
            .ShouldBe(new HunkLine(' ', "", false, false));

    [Theory]
    [InlineData("", "at its line 1: no file")]
    [InlineData("no diff at all\n", "no file")]
    [InlineData("@@ -1 +1 @@\n-1\n+2\n", "at its line 1: a hunk without a file")]
    [InlineData("--- a/f\n+++ b/g\n@@ -1 +1 @@\n-1\n+2\n", "two names for one file, 'f' and 'g'")]
    [InlineData("--- /dev/null\n+++ /dev/null\n@@ -1 +1 @@\n-1\n+2\n", "neither there before nor after")]
    [InlineData("--- a/f\n+++ b/f\n", "no hunk for 'f'")]
    [InlineData("--- a/f\n+++ b/f\n@@ -1 +1 @@\n 1\n", "at its line 3: a hunk that changes nothing")]
    [InlineData("--- a/f\n+++ b/f\n@@ -x +1 @@\n-1\n", "heading is not")]
    [InlineData("--- a/f\n+++ b/f\n@@ -1 +1 @@\n\\ No newline\n-1\n+2\n", "without a line before it")]
    [InlineData("diff --git a/f b/f\nGIT binary patch\nliteral 3\n", "a binary file")]
    [InlineData("diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n", "symbolic link")]
    [InlineData("diff --git a/f b/f\nindex 1..2 100644\n", "no change to 'f'")]
    [InlineData("diff --git a/f b/g\nnew mode 100755\n", "no name")]
    public void What_cannot_be_read_is_said_with_its_line(string patch, string message)
    {
        var fault = PatchReader.Read(patch, 10).Fault;
        fault.Code.ShouldBe("sandbox.bad_patch");
        fault.Message.ShouldContain(message);
    }

    [Fact]
    public void A_patch_of_too_many_files_is_refused() =>
        PatchReader.Read(string.Concat(Enumerable.Repeat("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-1\n+2\n", 3)), 2)
            .Fault.Code.ShouldBe("sandbox.patch_too_large");
}
