using CodexOS.Sandbox.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>What honest programs need works, under bubblewrap.</summary>
public sealed class BubblewrapBenignTests() : BenignTests(SandboxDriver.Bubblewrap);

/// <summary>The same in a container.</summary>
public sealed class ContainerBenignTests() : BenignTests(SandboxDriver.Container);

/// <summary>What honest programs need works.</summary>
public abstract class BenignTests(SandboxDriver driver) : IDisposable
{
    private readonly SandboxUnderTest _box = new(driver: driver);

    public void Dispose()
    {
        _box.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [Trait("battery", "21")]
    [InlineData("echo out; echo err >&2; exit 3", "out\n")]
    [InlineData("cat; echo empty", "empty\n")]
    [InlineData("python3 -c 'import json, ssl, sqlite3, threading; print(json.dumps([1]))'; exit 3", "[1]\n")]
    [InlineData("python3 -c 'from multiprocessing import Pool; print(sum(Pool(3).map(abs, [-1, 2])))'; exit 3", "3\n")]
    [InlineData("python3 -c 'import subprocess; print(subprocess.check_output([\"echo\", \"hi\"]).decode(), end=\"\")'; exit 3", "hi\n")]
    [InlineData("git init -q . && git config -l > /dev/null && echo a > a && git add a && git -c user.name=n -c user.email=e commit -qm m && git log --format=%s; exit 3", "m\n")]
    [InlineData("mkfifo p; echo through > p & cat p; exit 3", "through\n")]
    [InlineData("sh -c 'kill -9 $$'; echo $?; exit 3", "137\n")]
    public async Task Ordinary_programs_run(string script, string output)
    {
        var exit = await _box.ShellAsync(script);
        exit.Output.Text.ShouldBe(output, exit.Error.Text);
        exit.End.ShouldBe(SandboxEnd.Exited);
    }

    [Fact]
    [Trait("battery", "21")]
    public async Task Node_runs_with_workers_and_its_own_tests()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_box.Folder, "a.test.js"),
            "const test = require('node:test'); test('adds', () => require('node:assert').equal(1 + 1, 2));",
            TestContext.Current.CancellationToken);
        var exit = await _box.ShellAsync(
            "node -e \"const {Worker} = require('worker_threads'); new Worker('require(\\\"worker_threads\\\").parentPort.postMessage(7)', {eval: true})"
            + ".on('message', m => console.log('worker', m))\" && node --test");
        exit.ExitCode.ShouldBe(0, exit.Error.Text + exit.Output.Text);
        exit.Output.Text.ShouldContain("worker 7");
        exit.Output.Text.ShouldContain("pass 1");
    }

    [Fact]
    [Trait("battery", "21")]
    public async Task C_programs_are_compiled_and_run()
    {
        var exit = await _box.ShellAsync(
            "printf '#include <stdio.h>\\nint main(void) { puts(\"compiled\"); return 0; }' > a.c && gcc -O2 -o a a.c && ./a");
        exit.Output.Text.ShouldBe("compiled\n", exit.Error.Text);
    }

    [Fact]
    [Trait("battery", "21")]
    public async Task Dotnet_runs_where_it_is_installed_below_usr()
    {
        var exit = await _box.ShellAsync("dotnet --version");
        exit.ExitCode.ShouldBe(0, exit.Error.Text + exit.Output.Text);
        exit.Output.Text.ShouldStartWith("10.");
    }

    [Fact]
    public async Task Output_arrives_while_it_is_made_and_in_full_at_the_end()
    {
        var first = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = _box.ShellAsync("echo one; while [ ! -e go ]; do sleep 0.01; done; printf 'zw\\303\\266lf\\0'",
            onOutput: text => first.TrySetResult(text));
        (await first.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System,
            TestContext.Current.CancellationToken)).ShouldBe("one\n");
        await File.WriteAllTextAsync(Path.Combine(_box.Folder, "go"), "", TestContext.Current.CancellationToken);
        (await running).Output.Text.ShouldBe("one\nzwölf\uFFFD");
    }

    [Fact]
    [Trait("battery", "21")]
    public async Task A_hundred_programs_in_a_row_are_all_set_up_and_none_is_killed()
    {
        for (var i = 0; i < 100; i++) (await _box.ShellAsync($"exit {i % 7}")).ExitCode.ShouldBe(i % 7);
    }
}
