using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>With programs that write into a copy.</summary>
public sealed class CopiedToolsTests(WorkspaceServer server) : ToolsTests(server), IClassFixture<WorkspaceServer>;

/// <summary>With programs that write into a layer.</summary>
public sealed class LayeredToolsTests(LayeringServer server) : ToolsTests(server), IClassFixture<LayeringServer>;

/// <summary>Each built-in tool on good and on bad input.</summary>
public abstract class ToolsTests(WorkspaceServer server)
{
    [Fact]
    public async Task List_files_shows_levels_sizes_and_links_but_not_the_repository()
    {
        var workspace = await server.UploadAsync(new TarBuilder()
            .File("a.txt", "abc").File("src/deep/er/b.txt", "").Link("link", "a.txt").Bytes());
        var result = await server.CallAsync("list_files", workspace, new { depth = 2 });
        result.IsError.ShouldBeFalse();
        result.Text.ShouldBe("src/\nsrc/deep/\na.txt  3\nlink (a link; not followed)\n");
        var entries = result.Data.GetProperty("entries").EnumerateArray().ToList();
        entries[0].GetProperty("kind").GetString().ShouldBe("directory");
        entries[2].GetProperty("sizeBytes").GetInt64().ShouldBe(3);
        (await server.CallAsync("list_files", workspace, new { path = "src/deep/er" })).Text.ShouldBe("src/deep/er/b.txt  0\n");
    }

    [Theory]
    [InlineData("list_files", "missing", "sandbox.file_not_found")]
    [InlineData("list_files", "../..", "sandbox.bad_path")]
    [InlineData("list_files", "a.txt", "sandbox.not_a_folder")]
    [InlineData("list_files", "out", "sandbox.bad_path")]
    [InlineData("read_file", "missing", "sandbox.file_not_found")]
    [InlineData("read_file", "/etc/passwd", "sandbox.bad_path")]
    [InlineData("read_file", "src/../../x", "sandbox.bad_path")]
    [InlineData("read_file", "a\0b", "sandbox.bad_path")]
    [InlineData("read_file", "src", "sandbox.not_a_file")]
    [InlineData("read_file", "link", "sandbox.bad_path")]
    [InlineData("read_file", "out/b.txt", "sandbox.bad_path")]
    [InlineData("read_file", "binary", "sandbox.not_text")]
    [InlineData("read_file", "latin1", "sandbox.not_text")]
    [InlineData("search_files", "missing", "sandbox.file_not_found")]
    public async Task A_path_that_cannot_be_read_is_explained_to_the_model(string tool, string path, string code)
    {
        var workspace = await server.UploadAsync(new TarBuilder()
            .File("a.txt", "abc").File("src/b.txt", "").File("binary", "a\0b").Link("link", "a.txt").Link("out", "src").Bytes());
        await server.CallAsync("shell", workspace, new { command = "printf '\\344' > latin1" });
        object arguments = tool == "search_files" ? new { pattern = "x", path } : new { path };
        var result = await server.CallAsync(tool, workspace, arguments);
        result.IsError.ShouldBeTrue();
        result.Data.GetProperty("code").GetString().ShouldBe(code);
    }

    [Fact]
    public async Task Read_file_numbers_lines_and_goes_on_where_it_was_told()
    {
        var workspace = await server.UploadAsync(
            ("three", "one\r\ntwo\nthree"), ("empty", ""), ("long", string.Concat(Enumerable.Range(1, 5000).Select(i =>
                $"{i}\n"))));
        (await server.CallAsync("read_file", workspace, new { path = "three" })).Text.ShouldBe("1\tone\n2\ttwo\n3\tthree\n");
        (await server.CallAsync("read_file", workspace, new
        {
            path = "three",
            start_line = 2,
            end_line = 2
        })).Text.ShouldBe("2\ttwo\n");
        (await server.CallAsync("read_file", workspace, new { path = "empty" })).Text.ShouldBe("The file is empty.\n");
        var first = await server.CallAsync("read_file", workspace, new { path = "long" });
        first.Truncated.ShouldBeTrue();
        first.Text.ShouldEndWith("[The file goes on: 5000 lines in all. Go on with start_line 2001.]\n");
        first.Data.GetProperty("lines").GetInt32().ShouldBe(2000);
        var last = await server.CallAsync("read_file", workspace, new { path = "long", start_line = 4001 });
        last.Truncated.ShouldBeFalse();
        last.Text.ShouldEndWith("5000\t5000\n");
        (await server.CallAsync("read_file", workspace, new { path = "three", start_line = 4 })).IsError.ShouldBeTrue();
        (await server.CallAsync("read_file", workspace, new
        {
            path = "three",
            start_line = 3,
            end_line = 2
        })).IsError.ShouldBeTrue();
    }

    [Fact]
    public async Task Search_files_finds_lines_and_survives_hostile_patterns()
    {
        var workspace = await server.UploadAsync(
            ("a.js", "const x = 1;\nlet xx = 2;\n"), ("lib/b.js", "x"), ("node_modules/c.js", "x"), ("bin", "x\0"), ("aaa",
                new string('a', 100_000)));
        var result = await server.CallAsync("search_files", workspace, new { pattern = @"\bx\b" });
        result.Text.ShouldBe("lib/b.js:1: x\na.js:1: const x = 1;\n");
        result.Data.GetProperty("matches")[1].GetProperty("line").GetInt32().ShouldBe(1);
        (await server.CallAsync("search_files", workspace, new { pattern = "x", path = "lib" })).Text.ShouldBe("lib/b.js:1: x\n");
        (await server.CallAsync("search_files", workspace, new
        {
            pattern = "xx",
            path = "a.js"
        })).Text.ShouldBe("a.js:2: let xx = 2;\n");
        (await server.CallAsync("search_files", workspace, new { pattern = "zzz" })).Text.ShouldBe("No line matches.\n");
        (await server.CallAsync("search_files", workspace, new { pattern = "(a+)+$b" })).IsError.ShouldBeFalse();
        var bad = await server.CallAsync("search_files", workspace, new { pattern = "(" });
        bad.IsError.ShouldBeTrue();
        bad.Data.GetProperty("code").GetString().ShouldBe("sandbox.bad_pattern");
    }

    [Fact]
    public async Task Write_file_makes_folders_shows_the_change_and_keeps_permissions()
    {
        var workspace = await server.UploadAsync(new TarBuilder().File("run.sh", "old\n", (UnixFileMode)0x1ED).Bytes());
        var made = await server.CallAsync("write_file", workspace, new { path = "new/folder/file.txt", content = "hé\n" });
        made.IsError.ShouldBeFalse(made.Text);
        made.Data.GetProperty("diff").GetString().ShouldBe("--- /dev/null\n+++ b/new/folder/file.txt\n@@ -0,0 +1,1 @@\n+hé\n");
        (await server.ReadAsync(workspace, "new/folder/file.txt")).ShouldBe("hé\n");
        await server.CallAsync("write_file", workspace, new { path = "run.sh", content = "echo new" });
        var run = await server.CallAsync("shell", workspace, new { command = "./run.sh && rm -r new" });
        run.IsError.ShouldBeFalse(run.Text);
        run.Data.GetProperty("stdout").GetString().ShouldBe("new\n");
    }

    [Fact]
    public async Task A_repositorys_own_administration_is_nothing_that_files_tools_or_pages_show()
    {
        var workspace = await server.UploadAsync(("src/a", "repositoryformatversion here\n"));
        Directory.CreateDirectory(Path.Combine(server.FilesOf(workspace), "src/.git"));
        await File.WriteAllTextAsync(
            Path.Combine(server.FilesOf(workspace), "src/.git/config"), "repositoryformatversion", TestContext.Current.CancellationToken);
        (await server.CallAsync("list_files", workspace, new { depth = 9 })).Text.ShouldBe("src/\nsrc/a  29\n");
        (await server.CallAsync("search_files", workspace, new { pattern = "repositoryformatversion" })).Text
            .ShouldBe("src/a:1: repositoryformatversion here\n");
        foreach (var tool in (string[])["list_files", "read_file", "search_files"])
        {
            var answer = await server.CallAsync(tool, workspace, new { path = "src/.git", pattern = "x" });
            answer.Data.GetProperty("code").GetString().ShouldBe("sandbox.gits_own", tool);
        }

        using var listing = await server.Api.GetAsync(
            new Uri($"/api/v1/workspaces/{workspace}/files?path=.git", UriKind.Relative), TestContext.Current.CancellationToken);
        ((int)listing.StatusCode).ShouldBe(400);
        // Programs are not kept from it: git itself needs it.
        (await server.CallAsync("shell", workspace, new { command = "git log --format=%s" })).Data.GetProperty("stdout")
            .GetString().ShouldBe("Start of the workspace\n");
    }

    [Theory]
    [InlineData(".git/config")]
    [InlineData(".git/hooks/pre-commit")]
    [InlineData(".GIT/hooks/pre-commit")]
    [InlineData("sub/.git/config")]
    [InlineData("../out")]
    [InlineData("/etc/passwd")]
    [InlineData("link/x")]
    [InlineData("link")]
    [InlineData("file/x")]
    [InlineData("src")]
    [InlineData(".")]
    public async Task What_may_not_be_written_is_not_written(string path)
    {
        var workspace = await server.UploadAsync(new TarBuilder()
            .File("file", "text\n").File("src/a", "text\n").Link("link", "src").Bytes());
        foreach (var (tool, arguments) in new (string, object)[]
        {
            ("write_file", new { path, content = "planted" }), ("edit_file", new { path, old_text = "text",
                new_text = "planted" }),
        })
        {
            var result = await server.CallAsync(tool, workspace, arguments);
            result.IsError.ShouldBeTrue(result.Text);
        }

        (await server.CallAsync("shell", workspace, new { command = "grep -r planted . .git/config .git/hooks; ls -A .git/hooks" }))
            .Data.GetProperty("stdout").GetString().ShouldBeEmpty();
        server.FolderOf(workspace).Current()!.Number.ShouldBe(1);
    }

    [Fact]
    public async Task Edit_file_changes_the_one_place_and_says_how()
    {
        var workspace = await server.UploadAsync(("a.js", "function add(a, b) {\n  return a - b;\n}\n"), ("crlf",
            "one\r\ntwo\r\n"));
        var result = await server.CallAsync("edit_file", workspace, new
        {
            path = "a.js",
            old_text = "a - b",
            new_text = "a + b"
        });
        result.Data.GetProperty("diff").GetString().ShouldBe(
            "--- a/a.js\n+++ b/a.js\n@@ -1,3 +1,3 @@\n function add(a, b) {\n-  return a - b;\n+  return a + b;\n }\n");
        await server.CallAsync("edit_file", workspace, new { path = "crlf", old_text = "one\ntwo", new_text = "1\n2" });
        (await server.ReadAsync(workspace, "crlf")).ShouldBe("1\r\n2\r\n");
    }

    [Theory]
    [InlineData("x", "sandbox.text_ambiguous", "3 times in 'f', at lines 1, 2, 4")]
    [InlineData("nothing", "sandbox.text_not_found", "Read the file again")]
    [InlineData("  y\nz", "sandbox.text_not_found", "its first line does at line 3")]
    public async Task An_edit_without_exactly_one_place_is_refused_with_help(string oldText, string code, string help)
    {
        var workspace = await server.UploadAsync(("f", "x\nx\ny\nx\n"));
        var result = await server.CallAsync("edit_file", workspace, new { path = "f", old_text = oldText, new_text = "new" });
        result.IsError.ShouldBeTrue();
        result.Data.GetProperty("code").GetString().ShouldBe(code);
        result.Text.ShouldContain(help);
        (await server.ReadAsync(workspace, "f")).ShouldBe("x\nx\ny\nx\n");
    }

    [Fact]
    public async Task Shell_keeps_what_it_changes_and_reports_failure_as_a_result()
    {
        var workspace = await server.UploadAsync(("a", "1"));
        var failed = await server.CallAsync("shell", workspace,
            new { command = "echo out; echo err >&2; echo kept > kept; exit 3" });
        failed.IsError.ShouldBeTrue();
        failed.Text.ShouldBe("[exit code 3]\nout\n[standard error]\nerr\n");
        failed.Data.GetProperty("exitCode").GetInt32().ShouldBe(3);
        (await server.ReadAsync(workspace, "kept")).ShouldBe("kept\n");
        var late = await server.CallAsync("shell", workspace, new { command = "echo before; sleep 60", timeout_seconds = 1 });
        late.Data.GetProperty("timedOut").GetBoolean().ShouldBeTrue();
        late.Text.ShouldStartWith("[killed after 1 s]\nbefore\n");
    }

    [Fact]
    [Trait("battery", "18")]
    public async Task Shell_cannot_plant_hooks_or_settings_not_even_by_moving_the_repository_aside()
    {
        var workspace = await server.UploadAsync(("a", "1"));
        var before = await File.ReadAllTextAsync(Path.Combine(server.FilesOf(workspace), ".git/config"),
            TestContext.Current.CancellationToken);
        var direct = await server.CallAsync(
            "shell", workspace, new { command = "echo x > .git/hooks/pre-commit; git config core.pager evil; rm -rf .git/hooks; true" });
        direct.Data.GetProperty("stderr").GetString().ShouldNotBeEmpty();
        await server.CallAsync(
            "shell",
            workspace,
            new { command = "mv .git old && cp -r old .git && git config core.pager evil && mkdir -p .git/hooks && echo evil > .git/hooks/pre-commit" });
        var git = Path.Combine(server.FilesOf(workspace), ".git");
        (await File.ReadAllTextAsync(Path.Combine(git, "config"), TestContext.Current.CancellationToken)).ShouldBe(before);
        Directory.GetFileSystemEntries(Path.Combine(git, "hooks")).ShouldBeEmpty();
    }

    [Theory]
    [Trait("battery", "18")]
    [InlineData("shell", "mkdir -p .codexos .vscode; echo planted > .codexos/settings.json; echo planted > .mcp.json; echo kept > kept")]
    [InlineData("python", "import os; os.makedirs('.codexos'); open('.codexos/settings.json', 'w').write('planted'); open('kept', 'w').write('kept')")]
    public async Task New_settings_of_agents_do_not_stay_and_the_answer_says_so(string tool, string code)
    {
        var workspace = await server.UploadAsync(("a", "1"));
        object arguments = tool == "shell" ? new { command = code } : new { code };
        var result = await server.CallAsync(tool, workspace, arguments);
        result.IsError.ShouldBeTrue();
        result.Text.ShouldStartWith("[not kept: ");
        result.Text.ShouldContain(".codexos");
        Directory.GetFileSystemEntries(server.FilesOf(workspace)).Select(Path.GetFileName).Order().ShouldBe([".git", "a", "kept"]);
        (await server.CallAsync("write_file", workspace, new { path = ".mcp.json", content = "planted" })).Text.ShouldStartWith("[not kept: .mcp.json;");
        File.Exists(Path.Combine(server.FilesOf(workspace), ".mcp.json")).ShouldBeFalse();
    }

    [Fact]
    [Trait("battery", "18")]
    public async Task Settings_of_agents_that_are_there_cannot_be_changed()
    {
        var workspace = await server.UploadAsync((".codexos/settings.json", "mine"), (".mcp.json", "mine"), ("a", "1"));
        var denied = await server.CallAsync(
            "shell", workspace,
            new { command = "echo x > .mcp.json; echo x > .codexos/settings.json; echo x > .codexos/new; rm -rf .codexos .mcp.json; mv .codexos c; cat .mcp.json .codexos/*" });
        denied.Data.GetProperty("stdout").GetString().ShouldBe("minemine");
        (await server.CallAsync("write_file", workspace, new { path = ".mcp.json", content = "x" })).Data.GetProperty("code").GetString()
            .ShouldBe("sandbox.protected_path");
        (await server.CallAsync("write_file", workspace, new { path = ".codexos/hooks/x", content = "x" })).IsError.ShouldBeTrue();
        (await server.ReadAsync(workspace, ".mcp.json")).ShouldBe("mine");
        (await server.CallAsync("write_file", workspace, new { path = "a", content = "2" })).IsError.ShouldBeFalse();
    }

    [Fact]
    public async Task Shell_output_without_end_is_cut_in_the_middle()
    {
        var workspace = await server.UploadAsync(("a", "1"));
        var result = await server.CallAsync("shell", workspace, new { command = "seq 1 200000" });
        result.Truncated.ShouldBeTrue();
        result.Text.Length.ShouldBeLessThan(60_000);
        result.Text.ShouldContain("\n200000\n");
        result.Text.ShouldContain("1\n2\n3\n");
    }

    [Fact]
    public async Task Git_diff_shows_changed_new_and_removed_files_and_changes_nothing()
    {
        var workspace = await server.UploadAsync(("kept", "1\n"), ("changed", "1\n2\n"), ("removed", "1\n"), (".gitignore",
            "ignored\n"));
        (await server.CallAsync("git_diff", workspace, new { })).Text.ShouldBe("Nothing has changed.");
        await server.CallAsync("shell", workspace, new { command = "echo 3 >> changed; rm removed; echo new > new; echo i > ignored" });
        var version = server.FolderOf(workspace).Current();
        var result = await server.CallAsync("git_diff", workspace, new { });
        result.Data.GetProperty("filesChanged").GetInt32().ShouldBe(3);
        result.Data.GetProperty("insertions").GetInt32().ShouldBe(2);
        result.Data.GetProperty("deletions").GetInt32().ShouldBe(1);
        result.Text.ShouldContain("+++ b/new\n@@ -0,0 +1 @@\n+new\n");
        result.Text.ShouldNotContain("ignored");
        server.FolderOf(workspace).Current().ShouldBe(version);
        (await server.CallAsync("shell", workspace, new { command = "git status --porcelain" }))
            .Data.GetProperty("stdout").GetString().ShouldBe(" M changed\n D removed\n?? new\n");
    }

    [Fact]
    public async Task Git_commit_previews_commits_once_and_refuses_an_empty_commit()
    {
        var workspace = await server.UploadAsync(("a", "1\n"));
        var arguments = new { message = "Say two\n\n# not a comment? it is" };
        var empty = await server.CallAsync("git_commit", workspace, arguments);
        empty.IsError.ShouldBeTrue();
        empty.Data.GetProperty("code").GetString().ShouldBe("sandbox.nothing_to_commit");
        await server.CallAsync("write_file", workspace, new { path = "a", content = "2\n" });

        var preview = await server.PreviewAsync("git_commit", workspace, arguments);
        preview!.Kind.ShouldBe("diff");
        preview.Diff.ShouldContain("-1\n+2\n");
        var commit = await server.CallAsync("git_commit", workspace, arguments, "commit-key");
        commit.IsError.ShouldBeFalse(commit.Text);
        commit.Data.GetProperty("filesChanged").GetInt32().ShouldBe(1);
        (await server.CallAsync("git_commit", workspace, arguments, "commit-key")).Text.ShouldBe(commit.Text);
        var log = await server.CallAsync("shell", workspace,
            new { command = "git log --format='%H %an <%ae> %s'; git status --porcelain" });
        var lines = log.Data.GetProperty("stdout").GetString()!.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(2);
        lines[0].ShouldBe($"{commit.Data.GetProperty("commit").GetString()} CodexOS Agent <agent@codexos.local> Say two");
        (await server.CallAsync("git_diff", workspace, new { })).Text.ShouldContain("-1\n+2\n");
    }

    [Fact]
    public async Task An_uploaded_repository_keeps_its_history_and_its_settings_execute_nothing_outside()
    {
        using var temp = new CodexOS.Testing.TempDirectory();
        var marker = temp.In("executed");
        var workspace = await server.UploadAsync(("a", "1\n"));
        await server.CallAsync("shell", workspace, new { command = "echo 2 > a" });
        // Settings of a hostile repository, planted past every guard: they are the sandbox's to execute, not the server's.
        await File.AppendAllTextAsync(
            Path.Combine(server.FilesOf(workspace), ".git/config"),
            $"[core]\n\tfsmonitor = touch {marker}\n\tpager = touch {marker}\n[diff]\n\texternal = touch {marker}\n",
            TestContext.Current.CancellationToken);
        (await server.CallAsync("git_diff", workspace, new { })).Text.ShouldContain("-1\n+2\n");
        File.Exists(marker).ShouldBeFalse();
    }

    [Fact]
    public async Task A_sample_is_repaired_end_to_end()
    {
        using var answer = await System.Net.Http.Json.HttpClientJsonExtensions.PostAsJsonAsync(
            server.Api, "/api/v1/workspaces", new { sample = "calc" }, TestContext.Current.CancellationToken);
        var made = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
        var workspace = WorkspaceId.Parse(made.GetProperty("id").GetString()!, null);
        var before = await server.CallAsync("shell", workspace, new { command = "node --test" });
        before.IsError.ShouldBeTrue();
        await server.CallAsync("edit_file", workspace, new { path = "calc.js", old_text = "a - b", new_text = "a + b" });
        var after = await server.CallAsync("shell", workspace, new { command = "node --test" });
        after.IsError.ShouldBeFalse(after.Text);
        (await server.CallAsync("git_commit", workspace, new { message = "Add instead of subtracting" })).IsError.ShouldBeFalse();
    }

    [Fact]
    public async Task A_call_without_a_workspace_or_with_an_unknown_one_is_a_fault()
    {
        (await server.TryCallAsync("list_files", null, new { })).Fault.Code.ShouldBe("sandbox.no_workspace");
        var unknown = await server.TryCallAsync("shell", WorkspaceId.New(TimeProvider.System), new { command = "true" });
        unknown.Fault.Code.ShouldBe("sandbox.workspace_not_found");
        unknown.Fault.Kind.ShouldBe(FaultKind.NotFound);
    }

    [Fact]
    public void Every_tool_says_truly_what_a_repetition_may_do()
    {
        foreach (var name in new[] { "shell", "python", "node", "write_file", "edit_file", "git_commit" })
            server.ToolOf(name).Contract.Repeat.ShouldBe(CodexOS.Runs.Contracts.RepeatClass.Keyed, name);
        foreach (var name in new[] { "list_files", "read_file", "search_files", "git_diff" })
            server.ToolOf(name).Contract.Repeat.ShouldBe(CodexOS.Runs.Contracts.RepeatClass.Read, name);
        server.ToolOf("git_commit").Contract.AsksByDefault.ShouldBeTrue();
    }
}
