using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Patches on real workspaces, among them what git itself writes.</summary>
public sealed class ApplyPatchTests(WorkspaceServer server) : IClassFixture<WorkspaceServer>
{
    [Fact]
    public async Task A_patch_changes_makes_removes_and_renames_files_in_one_step()
    {
        var workspace = await server.UploadAsync(
            ("src/a.js", "1\n2\n3\n"), ("gone/deep/b.txt", "b\n"), ("old.txt", "same\n"), ("kept.txt", "kept\n"));
        const string patch =
            """
            --- a/src/a.js
            +++ b/src/a.js
            @@ -1,3 +1,3 @@
             1
            -2
            +two
             3
            --- a/gone/deep/b.txt
            +++ /dev/null
            @@ -1 +0,0 @@
            -b
            --- /dev/null
            +++ b/made/c.txt
            @@ -0,0 +1 @@
            +c
            diff --git a/old.txt b/new.txt
            rename from old.txt
            rename to new.txt

            """;
        var before = server.FolderOf(workspace).Current()!.Number;
        var result = await server.CallAsync("apply_patch", workspace, new { patch }, "the-key");
        result.IsError.ShouldBeFalse(result.Text);
        result.Text.ShouldBe(
            "Modified src/a.js\nDeleted gone/deep/b.txt\nCreated made/c.txt\nRenamed old.txt → new.txt\n");
        server.FolderOf(workspace).Current()!.Number.ShouldBe(before + 1);
        (await server.CallAsync("list_files", workspace, new { })).Text
            .ShouldBe("made/\nmade/c.txt  2\nsrc/\nsrc/a.js  8\nkept.txt  5\nnew.txt  5\n");
        (await server.ReadAsync(workspace, "src/a.js")).ShouldBe("1\ntwo\n3\n");

        // The same key is the same call, even though the patch would not fit any more.
        (await server.CallAsync("apply_patch", workspace, new { patch }, "the-key")).Text.ShouldBe(result.Text);
        server.FolderOf(workspace).Current()!.Number.ShouldBe(before + 1);
    }

    [Fact]
    public async Task What_git_writes_is_applied_to_the_same_tree_that_git_has()
    {
        (string, string)[] start =
        [
            ("a.txt", string.Concat(Enumerable.Range(1, 60).Select(i => $"line {i}\n"))), ("crlf.txt", "1\r\n2\r\n3\r\n"),
            ("end.txt", "no end"), ("run.sh", "echo\n"), ("hé llo.txt", "x\n"), ("moved.txt", string.Concat(Enumerable.Repeat("m\n", 30))),
            ("gone.txt", "gone\n"),
        ];
        var there = await server.UploadAsync(start);
        var changed = await server.CallAsync("shell", there, new
        {
            command = "sed -i 's/^line 7$/seven/; s/^line 50$/fifty/' a.txt; printf '1\\r\\ntwo\\r\\n3\\r\\n' > crlf.txt; printf end > end.txt; "
                + "chmod +x run.sh; printf 'y\\n' > 'hé llo.txt'; mkdir d; git mv moved.txt d/moved.txt; echo n >> d/moved.txt; rm gone.txt; "
                + "touch empty; printf 'no feed' > new.txt; git add -A; git diff --cached -M HEAD",
        });
        changed.IsError.ShouldBeFalse(changed.Text);
        var patch = changed.Data.GetProperty("stdout").GetString()!;
        patch.ShouldContain("rename to d/moved.txt");

        var here = await server.UploadAsync(start);
        var applied = await server.CallAsync("apply_patch", here, new { patch, fuzz = 0 });
        applied.IsError.ShouldBeFalse(applied.Text);
        const string tree = "git add -A && git write-tree && stat -c %A run.sh";
        (await server.CallAsync("shell", here, new { command = tree })).Data.GetProperty("stdout").GetString()
            .ShouldBe((await server.CallAsync("shell", there, new { command = tree })).Data.GetProperty("stdout").GetString());
        applied.Data.GetProperty("files").GetArrayLength().ShouldBe(9);
    }

    [Fact]
    public async Task A_patch_of_which_a_part_does_not_fit_changes_nothing_and_names_all_that_does_not()
    {
        var workspace = await server.UploadAsync(("a", "1\n2\n3\n"), ("b", "1\n"), ("c", "x\n"));
        var version = server.FolderOf(workspace).Current();
        var result = await server.CallAsync("apply_patch", workspace, new
        {
            patch = "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n+one\n--- a/b\n+++ b/b\n@@ -1 +1 @@\n-2\n+two\n"
                + "--- a/missing\n+++ b/missing\n@@ -1 +1 @@\n-2\n+two\n--- /dev/null\n+++ b/c\n@@ -0,0 +1 @@\n+c\n",
        });
        result.IsError.ShouldBeTrue();
        result.Data.GetProperty("code").GetString().ShouldBe("sandbox.patch_conflict");
        result.Text.ShouldContain("Hunk 1 of 1 for 'b'");
        result.Text.ShouldContain("1\t1\n");
        result.Text.ShouldContain("There is nothing at 'missing'");
        result.Text.ShouldContain("'c' is there already");
        server.FolderOf(workspace).Current().ShouldBe(version);
        (await server.ReadAsync(workspace, "a")).ShouldBe("1\n2\n3\n");
    }

    [Theory]
    [InlineData("../out")]
    [InlineData("/etc/passwd")]
    [InlineData(".git/config")]
    [InlineData(".git/hooks/pre-commit")]
    [InlineData("sub/.GIT/hooks/x")]
    [InlineData("link/x")]
    [InlineData("link")]
    [InlineData("other/x")]
    [InlineData("src")]
    public async Task No_patch_reaches_what_may_not_be_written(string path)
    {
        var workspace = await server.UploadAsync(new TarBuilder()
            .File("file", "text\n").File("other", "text\n").File("src/a", "text\n").Link("link", "src").Bytes());
        var version = server.FolderOf(workspace).Current();
        foreach (var patch in (string[])
        [
            $"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+planted\n",
            $"--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-text\n+planted\n",
            $"--- a/{path}\n+++ /dev/null\n@@ -1 +0,0 @@\n-text\n",
            $"diff --git a/file b/{path}\nrename from file\nrename to {path}\n",
            $"diff --git a/{path} b/file2\ncopy from {path}\ncopy to file2\n",
        ])
        {
            var result = await server.CallAsync("apply_patch", workspace, new { patch });
            result.IsError.ShouldBeTrue(patch);
        }

        server.FolderOf(workspace).Current().ShouldBe(version);
    }

    [Fact]
    public async Task A_dry_run_and_a_preview_say_what_would_change_and_change_nothing()
    {
        var workspace = await server.UploadAsync(("a", "0\n1\n"), ("bin", "x\0"));
        var version = server.FolderOf(workspace).Current();
        var arguments = new { patch = "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n+one\n", dry_run = true };
        var result = await server.CallAsync("apply_patch", workspace, arguments);
        result.Text.ShouldBe("The patch fits; nothing was changed yet.\nModified a\n  hunk 1 at line 2: 1 lines below where the patch says\n");
        var hunk = result.Data.GetProperty("files")[0].GetProperty("hunks")[0];
        (hunk.GetProperty("line").GetInt32(), hunk.GetProperty("offset").GetInt32()).ShouldBe((2, 1));
        var tool = server.ToolOf("apply_patch");
        tool.ClassOf(JsonSerializer.SerializeToElement(arguments), false).Effect.ShouldBe(EffectClass.Read);
        tool.Contract.Repeat.ShouldBe(RepeatClass.Keyed);

        var preview = await server.PreviewAsync("apply_patch", workspace, new { arguments.patch });
        preview!.Diff.ShouldBe("--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n 0\n-1\n+one\n");
        var broken = await server.PreviewAsync("apply_patch", workspace, new { patch = "--- a/bin\n+++ b/bin\n@@ -1 +1 @@\n-1\n+2\n" });
        broken!.Diff.ShouldStartWith("'bin' is a binary file");
        server.FolderOf(workspace).Current().ShouldBe(version);
    }

    [Fact]
    public async Task A_patch_may_speak_of_a_file_twice_and_put_a_folder_in_a_files_place()
    {
        var workspace = await server.UploadAsync(("a", "1\n"), ("f", "x\n"));
        var result = await server.CallAsync("apply_patch", workspace, new
        {
            patch = "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n+2\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-2\n+3\n"
                + "diff --git a/f b/f/x\nrename from f\nrename to f/x\n",
        });
        result.IsError.ShouldBeFalse(result.Text);
        (await server.ReadAsync(workspace, "a")).ShouldBe("3\n");
        (await server.ReadAsync(workspace, "f/x")).ShouldBe("x\n");
    }
}
