using System.Diagnostics;
using System.Text.Json;
using CodexOS.Sandbox;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Search;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Testing;
using CodexOS.Tools.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Searches on real trees; which files git ignores is asked of git itself.</summary>
public sealed class SearchFilesTests(WorkspaceServer server) : IClassFixture<WorkspaceServer>
{
    private async Task<WorkspaceId> TreeAsync() => await server.UploadAsync(
        (".gitignore", "*.log\n/dist/\n!keep.log\n"), ("a.log", "x"), ("keep.log", "x"), ("dist/out.js", "x"), ("src/dist/in.js", "x"),
        ("src/.gitignore", "!a.log\n*.tmp\n"), ("src/a.log", "x"), ("src/b.tmp", "x"), (".hidden/h", "x"), (".env", "x"),
        ("node_modules/p/i.js", "x"), ("src/App.tsx", "const X = 1;\nfoo(X);\n"), ("bin", "x\0"));

    [Fact]
    public async Task Ignored_hidden_and_binary_files_and_packages_are_left_out_unless_asked_for()
    {
        var workspace = await TreeAsync();
        (await FilesAsync(workspace, new { pattern = "x", mode = "files" }))
            .ShouldBe(["src/dist/in.js", "src/a.log", "keep.log"]);
        (await FilesAsync(workspace, new { pattern = "x", mode = "files", hidden = true })).ShouldContain(".env");
        var all = await FilesAsync(workspace, new { pattern = "x", mode = "files", ignored = true });
        all.ShouldBe(["dist/out.js", "node_modules/p/i.js", "src/dist/in.js", "src/a.log", "src/b.tmp", "a.log", "keep.log"]);
        // A path that is named is searched, and the rules above it still hold for what is in it.
        (await FilesAsync(workspace, new { pattern = "x", mode = "files", path = "dist" })).ShouldBe(["dist/out.js"]);
        (await FilesAsync(workspace, new { pattern = "x", mode = "files", path = "src" })).ShouldBe(["src/dist/in.js", "src/a.log"]);
        var result = await server.CallAsync("search_files", workspace, new { pattern = "x" });
        result.Data.GetProperty("filesBinary").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Globs_and_kinds_choose_files()
    {
        var workspace = await server.UploadAsync(
            ("a.js", "x"), ("b.ts", "x"), ("lib/c.ts", "x"), ("lib/sub/d.tsx", "x"), ("lib/e.md", "x"), ("test/f.ts", "x"));
        (await FilesAsync(workspace, new { pattern = "x", mode = "files", include = new[] { "*.{js,tsx}" } })).ShouldBe(["lib/sub/d.tsx", "a.js"]);
        (await FilesAsync(workspace, new { pattern = "x", mode = "files", include = new[] { "lib/" } }))
            .ShouldBe(["lib/sub/d.tsx", "lib/c.ts", "lib/e.md"]);
        (await FilesAsync(workspace, new { pattern = "x", mode = "files", path = "lib", include = new[] { "/lib/*.ts" } })).ShouldBe(["lib/c.ts"]);
        (await FilesAsync(workspace, new { pattern = "x", mode = "files", types = new[] { "ts" }, exclude = new[] { "test", "sub/" } }))
            .ShouldBe(["lib/c.ts", "b.ts"]);
    }

    [Fact]
    public async Task Case_words_and_plain_text_are_as_asked_for()
    {
        var workspace = await server.UploadAsync(("f", "Foo\nfoo\nfoobar\na.b\naxb\nFOO(1)\n"));
        (await LinesAsync(workspace, new { pattern = "foo" })).ShouldBe([2, 3]);
        (await LinesAsync(workspace, new { pattern = "foo", @case = "insensitive" })).ShouldBe([1, 2, 3, 6]);
        (await LinesAsync(workspace, new { pattern = "foo", @case = "smart" })).ShouldBe([1, 2, 3, 6]);
        (await LinesAsync(workspace, new { pattern = "Foo", @case = "smart" })).ShouldBe([1]);
        (await LinesAsync(workspace, new { pattern = @"\Sxb", @case = "smart" })).ShouldBe([5]);
        (await LinesAsync(workspace, new { pattern = "foo", word = true })).ShouldBe([2]);
        (await LinesAsync(workspace, new { pattern = "a.b" })).ShouldBe([4, 5]);
        (await LinesAsync(workspace, new { pattern = "a.b", literal = true })).ShouldBe([4]);
        (await LinesAsync(workspace, new { pattern = "FOO(", literal = true })).ShouldBe([6]);
    }

    [Fact]
    public async Task A_match_lies_within_a_line_whatever_its_end()
    {
        var workspace = await server.UploadAsync(("crlf", "one\r\ntwo\r\n"), ("empty", ""), ("last", "a\n\nlast"));
        (await server.CallAsync("search_files", workspace, new { pattern = "o$" })).Text.ShouldBe("crlf:2: two\n");
        (await server.CallAsync("search_files", workspace, new { pattern = @"\Aone\z" })).Text.ShouldBe("crlf:1: one\n");
        (await server.CallAsync("search_files", workspace, new { pattern = "^$" })).Text.ShouldBe("last:2: \n");
        (await server.CallAsync("search_files", workspace, new { pattern = @"e\s+t" })).Text.ShouldBe("No line matches.\n");
        (await server.CallAsync("search_files", workspace, new { pattern = "st$" })).Text.ShouldBe("last:3: last\n");
    }

    [Fact]
    public async Task Lines_around_a_match_are_shown_once_and_groups_are_set_apart()
    {
        var workspace = await server.UploadAsync(("f", string.Concat(Enumerable.Range(1, 20).Select(i => $"line {i}\n"))));
        var result = await server.CallAsync("search_files", workspace, new { pattern = "line (3|4|12)$", before = 1, after = 1 });
        result.Text.ShouldBe(
            "f-2- line 2\nf:3: line 3\nf:4: line 4\nf-5- line 5\n--\nf-11- line 11\nf:12: line 12\nf-13- line 13\n");
        result.Data.GetProperty("matches").GetArrayLength().ShouldBe(3);
    }

    [Fact]
    public async Task A_long_line_is_shown_where_it_matches()
    {
        var workspace = await server.UploadAsync(("f", new string('a', 5_000) + "needle" + new string('b', 5_000)));
        var text = (await server.CallAsync("search_files", workspace, new { pattern = "needle" })).Text;
        text.ShouldStartWith("f:1: …aaa");
        text.ShouldContain("needle");
        text.Length.ShouldBeLessThan(500);
    }

    [Theory]
    [InlineData(1, 0, null)]
    [InlineData(3, 0, null)]
    [InlineData(7, 1, null)]
    [InlineData(2, 0, 3)]
    public async Task Pages_put_together_are_what_one_search_finds(int limit, int around, int? perFileMax)
    {
        var files = Enumerable.Range(0, 6).Select(i => ($"{(i % 2 == 0 ? "d" + i + "/" : "")}f{i}", string.Concat(Enumerable.Range(0, 5).Select(n => $"m{n}\n")))).ToArray();
        var workspace = await server.UploadAsync([("other", "nothing"), .. files]);
        Dictionary<string, object> arguments = new() { ["pattern"] = "m", ["before"] = around, ["limit"] = limit };
        if (perFileMax is { } max) arguments["per_file_max"] = max;
        var found = new List<string>();
        for (var page = 0; page < 100; page++)
        {
            var result = await server.CallAsync("search_files", workspace, arguments);
            var matches = result.Data.GetProperty("matches").EnumerateArray().ToList();
            matches.Count.ShouldBeLessThanOrEqualTo(limit);
            found.AddRange(matches.Select(match => $"{match.GetProperty("path")}:{match.GetProperty("line")}"));
            if (result.Data.GetProperty("cursor").GetString() is not { } cursor) break;
            result.Truncated.ShouldBeTrue();
            result.Text.ShouldContain(cursor);
            arguments["cursor"] = cursor;
        }

        found.Count.ShouldBe(6 * (perFileMax ?? 5));
        found.Distinct().Count().ShouldBe(found.Count);
    }

    [Fact]
    public async Task Counts_say_how_often_and_results_that_are_too_long_for_a_model_come_in_pages()
    {
        var workspace = await server.UploadAsync(
            ("a", "x\nx\ny\n"), ("b", "x\n"), ("long", string.Concat(Enumerable.Repeat("z" + new string(' ', 390) + "\n", 500))));
        (await server.CallAsync("search_files", workspace, new { pattern = "x", mode = "counts" })).Text.ShouldBe("a: 2\nb: 1\n");
        var result = await server.CallAsync("search_files", workspace, new { pattern = "z", limit = 1000 });
        result.Text.Length.ShouldBeLessThan(60_000);
        result.Data.GetProperty("cursor").GetString().ShouldNotBeNull();
    }

    [Theory]
    [InlineData("""{"pattern":"("}""", "sandbox.bad_pattern")]
    [InlineData("""{"pattern":"(a)\\1"}""", "sandbox.bad_pattern")]
    [InlineData("""{"pattern":"(?=a)"}""", "sandbox.bad_pattern")]
    [InlineData("""{"pattern":"x","cursor":"nonsense"}""", "sandbox.bad_cursor")]
    [InlineData("""{"pattern":"x","cursor":"eyJQYXRoIjoiLi4veCIsIkxpbmUiOjEsIk1hdGNoZXMiOjF9"}""", "sandbox.bad_cursor")]
    [InlineData("""{"pattern":"x","include":["[a"]}""", "sandbox.bad_glob")]
    [InlineData("""{"pattern":"x","path":"link"}""", "sandbox.bad_path")]
    [InlineData("""{"pattern":"x","path":"../.."}""", "sandbox.bad_path")]
    public async Task What_cannot_be_searched_is_explained(string arguments, string code)
    {
        var workspace = await server.UploadAsync(new TarBuilder().File("a/b", "x").Link("link", "a").Bytes());
        var result = await server.CallAsync("search_files", workspace, JsonSerializer.Deserialize<JsonElement>(arguments));
        result.IsError.ShouldBeTrue(result.Text);
        result.Data.GetProperty("code").GetString().ShouldBe(code);
    }

    [Fact]
    public void The_same_files_are_left_out_as_git_leaves_out()
    {
        using var temp = new TempDirectory();
        string[] names = ["a", "b", "c.log", "d.tmp", "build", "x y", "é.js"];
        string[] rules =
        [
            "*.log", "!c.log", "build/", "/a", "a/b", "**/d.tmp", "b/**", "!b/a/", "x\\ y", "*.js", "!/a/é.js", "[ab]", "!*", "build", "a/**/b", "?",
            "# no", "!build/a", "/b/*", "!/b/c.log",
        ];
        var random = new Random(20_260_101);
        for (var round = 0; round < 12; round++)
        {
            var root = Directory.CreateDirectory(temp.In($"tree{round}")).FullName;
            Git(root, "init", "-q");
            Fill(root, 3);
            var expected = Git(root, "ls-files", "-z", "--others", "--exclude-per-directory=.gitignore").Split('\0', StringSplitOptions.RemoveEmptyEntries);
            using var folder = Folder.Open(root);
            var query = new SearchQuery(
                SearchPattern.Compile("x", true, false, SearchCase.Sensitive).Value, WorkspacePath.Parse("").Value, PathFilter.Make([], [], []).Value)
            { WithHidden = true, FirstOnly = true };
            var pass = new SearchPass(folder, query, new SandboxOptions(), TimeProvider.System, CancellationToken.None);
            pass.Search(folder);
            pass.Found.Select(file => file.Path).Order(StringComparer.Ordinal).ShouldBe(expected.Order(StringComparer.Ordinal), $"round {round}");
        }

        void Fill(string place, int depth)
        {
            foreach (var name in names)
            {
                var path = Path.Combine(place, name);
                if (depth > 0 && random.Next(2) == 0) Fill(Directory.CreateDirectory(path).FullName, depth - 1);
                else File.WriteAllText(path, "x");
            }

            if (random.Next(2) == 0) return;
            var lines = Enumerable.Range(0, random.Next(1, 6)).Select(_ => rules[random.Next(rules.Length)]);
            File.WriteAllText(Path.Combine(place, ".gitignore"), string.Join('\n', lines) + "\nx\n");
        }
    }

    private static string Git(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git") { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var git = Process.Start(start)!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        git.ExitCode.ShouldBe(0);
        return output;
    }

    private async Task<List<string>> FilesAsync(WorkspaceId workspace, object arguments) =>
        [.. (await server.CallAsync("search_files", workspace, arguments)).Data.GetProperty("files").EnumerateArray()
            .Select(file => file.GetProperty("path").GetString()!)];

    private async Task<List<int>> LinesAsync(WorkspaceId workspace, object arguments) =>
        [.. (await server.CallAsync("search_files", workspace, arguments)).Data.GetProperty("matches").EnumerateArray()
            .Select(match => match.GetProperty("line").GetInt32())];
}
