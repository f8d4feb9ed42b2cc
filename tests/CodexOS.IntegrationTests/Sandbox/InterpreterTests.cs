using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Interpreters;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Interpreters that are kept between the calls of a run.</summary>
public sealed class InterpreterTests(WorkspaceServer server) : IClassFixture<WorkspaceServer>
{
    private const string Fresh = "[fresh session: what earlier calls left in one is gone]\n";

    [Theory]
    [InlineData("python", "code", "x = 4320", "x += 1\nx * 2", "8642\n")]
    [InlineData("node", "code", "const x = 4320; let y = x + 1", "y * 2", "8642\n")]
    [InlineData("shell", "command", "x=4321; f() { echo $((x * 2)); }; cd /tmp", "f", "8642\n")]
    public async Task What_a_call_defines_is_there_in_the_next_one_of_the_run_and_in_no_other(
        string tool, string argument, string first, string second, string output)
    {
        var (workspace, run) = (await EmptyAsync(), NewRun());
        (await AskAsync(tool, workspace, run, argument, first)).Text.ShouldBe($"{Fresh}[status 0]\n");
        (await AskAsync(tool, workspace, run, argument, second)).Text.ShouldBe($"[status 0]\n{output}");
        var other = await AskAsync(tool, workspace, NewRun(), argument, second);
        other.Text.ShouldStartWith(Fresh);
        other.Text.ShouldNotContain("8642");
        await EndAsync(run, tool);
    }

    [Theory]
    [InlineData("python", "code", "print('out'); import os; os.system('echo sub >&2'); 1/0", "ZeroDivisionError")]
    [InlineData("node", "code", "console.log('out'); require('child_process').execSync('echo sub >&2', { stdio: 'inherit' }); throw new Error('bad')", "Error: bad")]
    [InlineData("shell", "command", "echo out; echo sub >&2; missing-program", "missing-program: not found")]
    public async Task A_failing_call_shows_all_output_and_the_state_stays(string tool, string argument, string code, string error)
    {
        var (workspace, run) = (await EmptyAsync(), NewRun());
        var failed = await AskAsync(tool, workspace, run, argument, code);
        failed.IsError.ShouldBeTrue();
        failed.Text.ShouldContain("out\nsub\n");
        failed.Text.ShouldContain(error);
        (await AskAsync(tool, workspace, run, argument, tool == "shell" ? "echo on" : "'on'")).Text.ShouldNotContain(Fresh);
        await EndAsync(run, tool);
    }

    [Fact]
    public async Task Standard_input_is_empty_and_asking_for_it_does_not_disturb_the_session()
    {
        var (workspace, run) = (await EmptyAsync(), NewRun());
        (await AskAsync("python", workspace, run, "code", "import sys; sys.stdin.read()")).Text.ShouldEndWith("''\n");
        (await AskAsync("shell", workspace, run, "command", "cat; echo end")).Text.ShouldEndWith("[status 0]\nend\n");
        (await AskAsync("shell", workspace, run, "command", "if")).IsError.ShouldBeTrue();
        (await AskAsync("shell", workspace, run, "command", "echo still")).Text.ShouldBe("[status 0]\nstill\n");
        await EndAsync(run, "python");
        await EndAsync(run, "shell");
    }

    [Fact]
    public async Task The_workspace_is_seen_as_it_is_at_each_call_and_cannot_be_changed()
    {
        var run = NewRun();
        var workspace = await server.UploadAsync(("a.txt", "one"), ("sub/b.txt", "deep"));
        (await AskAsync("python", workspace, run, "code", "import os; os.chdir('sub'); open('/workspace/a.txt').read()")).Text
            .ShouldEndWith("'one'\n");
        await server.CallAsync("write_file", workspace, new { path = "a.txt", content = "two" });
        (await AskAsync("python", workspace, run, "code", "open('../a.txt').read() + open('b.txt').read()")).Text
            .ShouldBe("[status 0]\n'twodeep'\n");
        var denied = await AskAsync("python", workspace, run, "code", "open('/workspace/new', 'w')");
        denied.Text.ShouldContain("Read-only file system");
        File.Exists(Path.Combine(server.FilesOf(workspace), "new")).ShouldBeFalse();
        (await AskAsync("python", workspace, run, "code", "open('/tmp/kept', 'w').write('x')")).IsError.ShouldBeFalse();
        (await AskAsync("python", workspace, run, "code", "open('/tmp/kept').read()")).Text.ShouldBe("[status 0]\n'x'\n");
        await EndAsync(run, "python");
    }

    [Fact]
    public async Task The_same_key_is_answered_again_without_being_performed_again()
    {
        var (workspace, run) = (await EmptyAsync(), NewRun());
        await AskAsync("python", workspace, run, "code", "x = 0");
        var first = await server.CallAsync("python", workspace, new { code = "x += 1; x", keep = true }, "same", run);
        var again = await server.CallAsync("python", workspace, new { code = "x += 1; x", keep = true }, "same", run);
        again.Text.ShouldBe(first.Text);
        (await AskAsync("python", workspace, run, "code", "x")).Text.ShouldBe("[status 0]\n1\n");
        await EndAsync(run, "python");
    }

    [Fact]
    public async Task A_call_over_its_time_ends_the_session_and_says_so_and_the_next_one_begins_afresh()
    {
        var (workspace, run) = (await EmptyAsync(), NewRun());
        await AskAsync("python", workspace, run, "code", "x = 1");
        var late = await server.CallAsync(
            "python", workspace,
            new
            {
                code = "print('before'); import subprocess, time; subprocess.Popen(['sleep', '71717.5']); time.sleep(600)",
                keep = true,
                timeout_seconds = 2,
            },
            run: run);
        late.IsError.ShouldBeTrue();
        late.Text.ShouldBe(
            "[killed after 2 s; the session is over, and the next call starts a fresh one without its state]\nbefore\n");
        HostProcesses.With("71717.5").ShouldBeEmpty();
        var next = await AskAsync("python", workspace, run, "code", "x");
        next.Text.ShouldStartWith(Fresh);
        next.Text.ShouldContain("NameError");
        await EndAsync(run, "python");
    }

    [Theory]
    [InlineData("python", "code", "import os; print('bye', flush=True); os._exit(7)")]
    [InlineData("node", "code", "console.log('bye'); process.exit(7)")]
    [InlineData("shell", "command", "echo bye; exit 7")]
    public async Task An_interpreter_that_ends_itself_is_told_of(string tool, string argument, string code)
    {
        var (workspace, run) = (await EmptyAsync(), NewRun());
        var ended = await AskAsync(tool, workspace, run, argument, code);
        ended.Text.ShouldBe(
            $"{Fresh}[{tool} ended with exit code 7; the session is over, and the next call starts a fresh one without its state]\nbye\n");
        (await AskAsync(tool, workspace, run, argument, tool == "shell" ? "true" : "1")).Text.ShouldStartWith(Fresh);
        await EndAsync(run, tool);
    }

    [Fact]
    public async Task Output_beyond_its_limit_is_cut_and_the_session_goes_on()
    {
        var (workspace, run) = (await EmptyAsync(), NewRun());
        var much = await AskAsync("python", workspace, run, "code", "print('x' * 5_000_000)");
        much.Truncated.ShouldBeTrue();
        much.Text.Length.ShouldBeLessThan(70_000);
        (await AskAsync("python", workspace, run, "code", "print('\\x1e' * 100)")).Data.GetProperty("stdout").GetString()!.Length.ShouldBe(101);
        await EndAsync(run, "python");
    }

    [Fact]
    public async Task Undoing_a_call_ends_the_interpreter()
    {
        var (workspace, run) = (await EmptyAsync(), NewRun());
        var asked = await AskAsync("python", workspace, run, "code", "x = 1");
        asked.Undo!.Effect.ShouldBe("sandbox.end_interpreter");
        var handler = server.Server.Services.GetServices<IEffectHandler>().Single(each => each.Effect == asked.Undo.Effect);
        var call = new EffectCall(run, server.Tenant, "undo", 1, asked.Undo.Input, default);
        handler.Judge(call).ShouldBeOfType<GateVerdict.Allow>();
        (await handler.PerformAsync(call, TestContext.Current.CancellationToken)).IsOk.ShouldBeTrue();
        (await AskAsync("python", workspace, run, "code", "1")).Text.ShouldStartWith(Fresh);
        handler.Judge(call with { Input = default }).ShouldBeOfType<GateVerdict.Refuse>();
        await EndAsync(run, "python");
    }

    [Fact]
    public async Task The_interpreter_that_was_not_used_for_longest_makes_room()
    {
        var workspace = await EmptyAsync();
        var runs = Enumerable.Range(0, 6).Select(_ => NewRun()).ToList();
        foreach (var run in runs) (await AskAsync("shell", workspace, run, "command", "x=1")).IsError.ShouldBeFalse();
        // A tenant keeps four; the first two had to go.
        (await AskAsync("shell", workspace, runs[5], "command", "echo $x")).Text.ShouldBe("[status 0]\n1\n");
        (await AskAsync("shell", workspace, runs[0], "command", "echo [$x]")).Text.ShouldBe($"{Fresh}[status 0]\n[]\n");
        foreach (var run in runs) await EndAsync(run, "shell");
    }

    [Fact]
    public async Task An_interpreter_that_nobody_uses_is_ended()
    {
        await using var impatient = new WorkspaceServer { Settings = ["Sandbox:SessionIdleMax=00:00:01"] };
        await impatient.InitializeAsync();
        var workspace = await impatient.UploadAsync(("README", "empty"));
        // The call ends when the program that is looked for is there.
        const string command = "sleep 81818.5 & until grep -q 81818 /proc/$!/cmdline; do :; done; x=1";
        var (run, arguments) = (NewRun(), new { command, keep = true });
        (await impatient.CallAsync("shell", workspace, arguments, run: run)).IsError.ShouldBeFalse();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (HostProcesses.With("81818.5").Count > 0) await tick.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        (await impatient.CallAsync("shell", workspace, new { command = "echo [$x]", keep = true }, run: run)).Text
            .ShouldBe($"{Fresh}[status 0]\n[]\n");
    }

    [Theory]
    [InlineData("python", "code", "open('made.txt', 'w').write('by python'); print(1 + 1)", "2\n")]
    [InlineData("node", "code", "require('fs').writeFileSync('made.txt', 'by node'); console.log(1 + 1)", "2\n")]
    public async Task Without_keep_code_changes_the_workspace_once_for_each_key(
        string tool, string argument, string code, string output)
    {
        var workspace = await EmptyAsync();
        var arguments = new Dictionary<string, string> { [argument] = code };
        var first = await server.CallAsync(tool, workspace, arguments, "once");
        first.Text.ShouldBe($"[exit code 0]\n{output}");
        first.Undo!.Effect.ShouldBe("workspace.restore");
        (await server.ReadAsync(workspace, "made.txt")).ShouldBe($"by {tool}");
        var version = server.FilesOf(workspace);
        (await server.CallAsync(tool, workspace, arguments, "once")).Text.ShouldBe(first.Text);
        server.FilesOf(workspace).ShouldBe(version);
    }

    private Task<WorkspaceId> EmptyAsync() => server.UploadAsync(("README", "empty"));

    private static RunId NewRun() => RunId.New(TimeProvider.System);

    private Task<ToolResult> AskAsync(string tool, WorkspaceId workspace, RunId run, string argument, string code) =>
        server.CallAsync(tool, workspace, new Dictionary<string, object> { [argument] = code, ["keep"] = true }, run: run);

    private async Task EndAsync(RunId run, string tool)
    {
        using var entered = server.Server.Services.GetRequiredService<TenantContext>().Enter(server.Tenant);
        var keeper = server.Server.Services.GetRequiredService<InterpreterKeeper>();
        await keeper.EndAsync(run, tool, TestContext.Current.CancellationToken);
    }
}
