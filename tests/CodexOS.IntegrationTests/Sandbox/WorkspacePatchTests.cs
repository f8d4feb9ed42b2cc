using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.Testing;
using CodexOS.Tools.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Work that goes from a workspace into a repository elsewhere, and back, by git's own means.</summary>
public sealed class WorkspacePatchTests(WorkspaceServer server) : IClassFixture<WorkspaceServer>
{
    private static readonly (string, string)[] s_start = [("a.txt", "1\n2\n3\n"), ("gone.txt", "x\n"), ("crlf.txt", "1\r\n2\r\n")];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_patch_of_mails_brings_commits_and_the_rest_into_another_repository()
    {
        using var temp = new TempDirectory();
        var (workspace, home) = await WorkAsync(temp);
        File.WriteAllBytes(temp.In("work.patch"), await GetAsync($"{workspace}/patch"));
        Git(home, "am", "-q", "--keep-cr", temp.In("work.patch"));
        Git(home, "log", "--format=%an|%s").ShouldBe("CodexOS Agent|Changes that were not committed\nCodexOS Agent|Say two\nHome|Start\n");
        Git(home, "rev-parse", "HEAD^{tree}").Trim().ShouldBe(await TreeOfAsync(workspace));
    }

    [Fact]
    public async Task A_patch_as_a_diff_changes_the_files_of_another_repository_binary_ones_included()
    {
        using var temp = new TempDirectory();
        var (workspace, home) = await WorkAsync(temp);
        File.WriteAllBytes(temp.In("work.diff"), await GetAsync($"{workspace}/patch?form=diff"));
        Git(home, "apply", "--index", temp.In("work.diff"));
        Git(home, "write-tree").Trim().ShouldBe(await TreeOfAsync(workspace));
        File.ReadAllBytes(Path.Combine(home, "bin")).ShouldBe([0, 0xFF, 0xE9, 10]);
    }

    [Fact]
    public async Task A_bundle_is_fetched_as_a_branch_and_cloned()
    {
        using var temp = new TempDirectory();
        var (workspace, home) = await WorkAsync(temp);
        File.WriteAllBytes(temp.In("work.bundle"), await GetAsync($"{workspace}/bundle?branch=agent/fix"));
        Git(home, "fetch", "-q", temp.In("work.bundle"), "agent/fix:agent/fix");
        Git(home, "rev-parse", "agent/fix^{tree}").Trim().ShouldBe(await TreeOfAsync(workspace));
        Git(home, "log", "--format=%s", "agent/fix").ShouldBe("Changes that were not committed\nSay two\nStart of the workspace\n");
        Git(temp.Path, "clone", "-q", "-b", "agent/fix", temp.In("work.bundle"), temp.In("clone"));
        File.ReadAllText(temp.In("clone", "new.txt")).ShouldBe("not committed\n");
    }

    [Fact]
    public async Task An_export_changes_nothing_and_one_of_no_work_is_empty()
    {
        var workspace = await server.UploadAsync(s_start);
        (await GetAsync($"{workspace}/patch")).ShouldBeEmpty();
        (await GetAsync($"{workspace}/patch?form=diff")).ShouldBeEmpty();
        server.FolderOf(workspace).Current()!.Number.ShouldBe(0);
        foreach (var (query, status) in ((string, int)[])[("bundle?branch=..", 400), ("bundle?branch=a%20b", 400), ("patch?form=odd", 400)])
        {
            using var answer = await server.Api.GetAsync(new Uri($"/api/v1/workspaces/{workspace}/{query}", UriKind.Relative), Stop);
            ((int)answer.StatusCode).ShouldBe(status, query);
        }

        using var foreign = await server.Api.GetAsync(new Uri($"/api/v1/workspaces/{WorkspaceId.New(TimeProvider.System)}/patch", UriKind.Relative), Stop);
        foreign.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_one_workspace_gives_another_takes_as_commits_or_as_files()
    {
        using var temp = new TempDirectory();
        var (workspace, _) = await WorkAsync(temp);
        var mails = await GetAsync($"{workspace}/patch");
        var tree = await TreeOfAsync(workspace);

        var asCommits = await server.UploadAsync(s_start);
        using var committed = await PostAsync(asCommits, mails, "?commit=true");
        committed.StatusCode.ShouldBe(HttpStatusCode.OK, await committed.Content.ReadAsStringAsync(Stop));
        (await TreeOfAsync(asCommits)).ShouldBe(tree);
        (await server.CallAsync("shell", asCommits, new { command = "git log --format=%s; git status --porcelain; ls -A .git | grep incoming" }))
            .Data.GetProperty("stdout").GetString().ShouldBe("Changes that were not committed\nSay two\nStart of the workspace\n");

        var asFiles = await server.UploadAsync(s_start);
        using var applied = await PostAsync(asFiles, await GetAsync($"{workspace}/patch?form=diff"), "");
        applied.StatusCode.ShouldBe(HttpStatusCode.OK, await applied.Content.ReadAsStringAsync(Stop));
        (await applied.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("diff").GetProperty("filesChanged").GetInt32().ShouldBe(4);
        (await server.CallAsync("shell", asFiles, new { command = "git log --format=%s" })).Data.GetProperty("stdout").GetString()
            .ShouldBe("Start of the workspace\n");
    }

    [Theory]
    [InlineData("nonsense", "")]
    [InlineData("nonsense", "?commit=true")]
    [InlineData("--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-9\n+8\n", "")]
    [InlineData("diff --git a/.git/hooks/x b/.git/hooks/x\nnew file mode 100755\n--- /dev/null\n+++ b/.git/hooks/x\n@@ -0,0 +1 @@\n+evil\n", "")]
    [InlineData("diff --git a/../x b/../x\nnew file mode 100644\n--- /dev/null\n+++ b/../x\n@@ -0,0 +1 @@\n+evil\n", "")]
    public async Task A_patch_that_does_not_fit_or_reaches_out_changes_nothing(string patch, string query)
    {
        var workspace = await server.UploadAsync(s_start);
        using var answer = await PostAsync(workspace, Encoding.UTF8.GetBytes(patch), query);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("code").GetString().ShouldBe("sandbox.git_failed");
        server.FolderOf(workspace).Current()!.Number.ShouldBe(0);
    }

    /// <summary>A workspace with a commit and more, and a repository at home with the same start.</summary>
    private async Task<(WorkspaceId Workspace, string Home)> WorkAsync(TempDirectory temp)
    {
        var workspace = await server.UploadAsync(s_start);
        await server.CallAsync("write_file", workspace, new { path = "a.txt", content = "1\ntwo\n3\n" });
        (await server.CallAsync("git_commit", workspace, new { message = "Say two" })).IsError.ShouldBeFalse();
        var more = await server.CallAsync(
            "shell", workspace, new { command = "echo 'not committed' > new.txt; rm gone.txt; printf '\\000\\377\\351\\n' > bin" });
        more.IsError.ShouldBeFalse(more.Text);

        var home = Directory.CreateDirectory(temp.In("home")).FullName;
        foreach (var (path, text) in s_start) await File.WriteAllTextAsync(Path.Combine(home, path), text, Stop);
        Git(home, "init", "-q", "-b", "main");
        Git(home, "add", "-A");
        Git(home, "commit", "-q", "-m", "Start");
        return (workspace, home);
    }

    private async Task<string> TreeOfAsync(WorkspaceId workspace) =>
        (await server.CallAsync("shell", workspace, new { command = "cp .git/index /tmp/i; GIT_INDEX_FILE=/tmp/i git add -A; GIT_INDEX_FILE=/tmp/i git write-tree" }))
        .Data.GetProperty("stdout").GetString()!.Trim();

    private async Task<byte[]> GetAsync(string path)
    {
        using var answer = await server.Api.GetAsync(new Uri($"/api/v1/workspaces/{path}", UriKind.Relative), Stop);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Stop));
        return await answer.Content.ReadAsByteArrayAsync(Stop);
    }

    private async Task<HttpResponseMessage> PostAsync(WorkspaceId workspace, byte[] patch, string query)
    {
        using var content = new ByteArrayContent(patch);
        content.Headers.ContentType = new("text/x-patch");
        return await server.Api.PostAsync(new Uri($"/api/v1/workspaces/{workspace}/patch{query}", UriKind.Relative), content, Stop);
    }

    private static string Git(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git")
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)
        [
            ("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_AUTHOR_NAME", "Home"), ("GIT_AUTHOR_EMAIL", "h@example.org"),
            ("GIT_COMMITTER_NAME", "Home"), ("GIT_COMMITTER_EMAIL", "h@example.org"),
        ])
        {
            start.Environment[name] = value;
        }

        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var git = Process.Start(start)!;
        var output = git.StandardOutput.ReadToEnd();
        var error = git.StandardError.ReadToEnd();
        git.WaitForExit();
        git.ExitCode.ShouldBe(0, error);
        return output;
    }
}
