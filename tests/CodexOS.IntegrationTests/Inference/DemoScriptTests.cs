using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Testing;
using Microsoft.Extensions.AI;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Inference;

/// <summary>The demonstration script on the sample project, with the real Node.js test runner and real git.</summary>
public sealed class DemoScriptTests : IDisposable
{
    private const int TurnsMax = 20;
    private readonly TempDirectory _workspace = new();
    private readonly ModelHost _models = new(("Scripted:ChunkDelay", "00:00:00"));

    public void Dispose()
    {
        _models.Dispose();
        _workspace.Dispose();
    }

    [Fact]
    public async Task It_finds_the_bug_fixes_it_and_commits()
    {
        await CopySampleAsync();

        var (calls, replies) = await DriveAsync();

        calls.ShouldBe(
            ["list_files", "read_file", "read_file", "shell", "edit_file", "shell", "git_diff", "git_commit"]);
        replies[3].ShouldContain(
            "The test \"median orders numbers by value\" fails: the median came out as 2 and should be 9.");
        replies[^1].ShouldStartWith("Done");
        (await RunAsync("git", "status", "--porcelain")).Text.ShouldBeEmpty();
        (await RunAsync("git", "log", "-1", "--format=%s")).Text.Trim().ShouldBe("Sort numbers by value in median");
        (await RunAsync("node", "--test")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task It_says_so_when_the_commit_is_not_approved()
    {
        await CopySampleAsync();

        var (calls, replies) = await DriveAsync(deny: "git_commit");

        calls[^1].ShouldBe("git_commit");
        replies[^1].ShouldStartWith("The commit was not approved");
        (await RunAsync("git", "status", "--porcelain")).Text.ShouldContain("src/calc.js");
    }

    [Fact]
    public async Task It_changes_nothing_when_the_tests_pass_already()
    {
        await CopySampleAsync(("src/calc.js", ".sort()", ".sort((a, b) => a - b)"));

        var (calls, replies) = await DriveAsync();

        calls[^1].ShouldBe("shell");
        replies[^1].ShouldStartWith("All tests pass already");
    }

    [Fact]
    public async Task It_does_not_guess_when_another_test_fails()
    {
        await CopySampleAsync(
            ("src/calc.js", ".sort()", ".sort((a, b) => a - b)"), ("src/calc.js", "* 10000) / 100", "* 100)"));

        var (calls, replies) = await DriveAsync();

        calls.ShouldNotContain("edit_file");
        replies[^1].ShouldContain("not in the way I know");
    }

    [Fact]
    public async Task It_says_so_when_the_edit_fails()
    {
        await CopySampleAsync(("src/calc.js", "[...numbers].sort()", "numbers.slice().sort()"));

        var (calls, replies) = await DriveAsync();

        calls[^1].ShouldBe("edit_file");
        replies[^1].ShouldContain("The change could not be made");
    }

    [Fact]
    public async Task It_does_not_pretend_to_know_another_project()
    {
        await File.WriteAllTextAsync(_workspace.In("main.c"), "int main;", TestContext.Current.CancellationToken);

        var (calls, replies) = await DriveAsync();

        calls.ShouldBe(["list_files"]);
        replies[^1].ShouldContain("This is not the project I know");
    }

    private async Task<(List<string> Calls, List<string> Replies)> DriveAsync(string? deny = null)
    {
        List<ChatMessage> conversation = [new(ChatRole.User, "Make the failing test pass.")];
        List<string> calls = [];
        List<string> replies = [];
        for (var turn = 1; turn <= TurnsMax; turn++)
        {
            var (reply, usage) = await _models.ReplyAsync(
                ModelHost.Ask("scripted:repo-engineer") with { Messages = [.. conversation] });
            reply.IsReal.ShouldBeFalse();
            usage.TokensIn.ShouldBePositive();
            replies.Add(reply.Text);
            if (reply.ToolCalls.Length == 0)
            {
                return (calls, replies);
            }

            conversation.Add(new ChatMessage(ChatRole.Assistant, [.. reply.ToolCalls.Select(call =>
                (AIContent)new FunctionCallContent(call.CallId, call.Tool))]));
            foreach (var call in reply.ToolCalls)
            {
                calls.Add(call.Tool);
                var (text, isError, exitCode) = call.Tool == deny
                    ? ("The call was denied by a person.", true, (int?)null)
                    : await UseAsync(call.Tool, call.Arguments);
                var data = exitCode is null ? (JsonElement?)null : JsonSerializer.SerializeToElement(new { exitCode });
                conversation.Add(ChatContents.ToolResult(call.CallId, text, isError, data));
            }
        }

        throw new InvalidOperationException("The script goes round in circles.");
    }

    private async Task<(string Text, bool IsError, int? ExitCode)> UseAsync(string tool, JsonElement arguments)
    {
        string Argument(string name) => arguments.GetProperty(name).GetString()!;
        switch (tool)
        {
            case "list_files":
                return (string.Join('\n', Directory.EnumerateFiles(_workspace.Path, "*", SearchOption.AllDirectories)
                    .Select(path => Path.GetRelativePath(_workspace.Path, path))), false, null);
            case "read_file":
                return (await File.ReadAllTextAsync(_workspace.In(Argument("path"))), false, null);
            case "edit_file":
                var file = _workspace.In(Argument("path"));
                var text = await File.ReadAllTextAsync(file);
                if (!text.Contains(Argument("old_text"), StringComparison.Ordinal))
                {
                    return ("The old text is not in the file.", true, null);
                }

                await File.WriteAllTextAsync(
                    file, text.Replace(Argument("old_text"), Argument("new_text"), StringComparison.Ordinal));
                return ("Edited.", false, null);
            case "shell":
                var (said, exitCode) = await RunAsync("sh", "-c", Argument("command"));
                return (said, exitCode != 0, exitCode);
            case "git_diff":
                return ((await RunAsync("git", "diff")).Text, false, null);
            case "git_commit":
                var committed = await RunAsync("git", "commit", "-qam", Argument("message"));
                return (committed.Text, committed.ExitCode != 0, null);
            default:
                throw new InvalidOperationException($"There is no tool {tool}.");
        }
    }

    private async Task CopySampleAsync(params (string Path, string Old, string New)[] changes)
    {
        var sample = SampleFolder();
        foreach (var file in Directory.EnumerateFiles(sample, "*", SearchOption.AllDirectories))
        {
            var copy = _workspace.In(Path.GetRelativePath(sample, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        foreach (var (path, old, replacement) in changes)
        {
            var text = await File.ReadAllTextAsync(_workspace.In(path));
            text.ShouldContain(old);
            await File.WriteAllTextAsync(_workspace.In(path), text.Replace(old, replacement, StringComparison.Ordinal));
        }

        await RunAsync("git", "init", "-q");
        await RunAsync("git", "config", "user.email", "test@example.org");
        await RunAsync("git", "config", "user.name", "Test");
        await RunAsync("git", "add", "-A");
        (await RunAsync("git", "commit", "-qm", "Start")).ExitCode.ShouldBe(0);
    }

    private static string SampleFolder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../samples/calc"));

    private async Task<(string Text, int ExitCode)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _workspace.Path,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // A test runner that is itself being run by one reports in another form.
        start.Environment.Remove("NODE_TEST_CONTEXT");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (await output + await error, process.ExitCode);
    }
}
