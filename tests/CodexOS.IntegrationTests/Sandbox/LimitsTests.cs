using System.Globalization;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>What a greedy program must not use up, under bubblewrap.</summary>
[Collection(nameof(LimitsTests))]
public sealed class BubblewrapLimitsTests() : LimitsTests(SandboxDriver.Bubblewrap);

/// <summary>The same in a container.</summary>
[Collection(nameof(LimitsTests))]
public sealed class ContainerLimitsTests() : LimitsTests(SandboxDriver.Container);

/// <summary>What a greedy program must not use up, and that nothing of it stays.</summary>
/// <remarks>One driver after the other: they look for processes of the same name.</remarks>
public abstract class LimitsTests(SandboxDriver driver)
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(10);

    [Fact]
    [Trait("battery", "8")]
    public async Task A_memory_bomb_ends_itself_and_nothing_else()
    {
        using var box = new SandboxUnderTest(options => options.MemoryBytesMax = 128L << 20, driver);
        var exit = await box.ShellAsync("python3 -c 'x = bytearray(1 << 31)'");
        exit.ExitCode.ShouldNotBe(0);
        if (Libc.GetEffectiveUser() == 0) exit.End.ShouldBe(SandboxEnd.OutOfMemory);
        (await box.ShellAsync("echo fine")).Output.Text.ShouldBe("fine\n");
    }

    [Fact]
    public async Task Files_in_memory_count_as_memory()
    {
        using var box = new SandboxUnderTest(options =>
        {
            options.MemoryBytesMax = 96L << 20;
            options.TemporaryBytesMax = 512L << 20;
        }, driver);
        var exit = await box.ShellAsync("head -c 300000000 /dev/zero > /tmp/fill; echo $?");
        (exit.End == SandboxEnd.OutOfMemory || exit.Output.Text.Trim() != "0").ShouldBeTrue();
    }

    [Fact]
    [Trait("battery", "9")]
    public async Task A_fork_bomb_is_capped_and_gone_when_its_time_is_up()
    {
        using var box = new SandboxUnderTest(options => options.ProcessesMax = 64, driver);
        var exit = await box.ShellAsync("b() { b | b & }; b; while :; do sleep 76543.21; done", timeSeconds: 2);
        // The shell itself may be the one that cannot fork any more, and give up before its time.
        exit.End.ShouldBeOneOf(SandboxEnd.TimedOut, SandboxEnd.Exited);
        HostProcesses.With("76543.21").ShouldBeEmpty();
        (await box.ShellAsync("echo fine")).Output.Text.ShouldBe("fine\n");
    }

    [Theory]
    [Trait("battery", "10")]
    [InlineData("/tmp")]
    [InlineData("/dev/shm")]
    [InlineData("/home/agent")]
    public async Task A_temporary_folder_is_full_at_its_limit(string folder)
    {
        using var box = new SandboxUnderTest(driver: driver);
        var exit = await box.ShellAsync($"head -c 200000000 /dev/zero > {folder}/fill");
        exit.ExitCode.ShouldNotBe(0);
        exit.Error.Text.ShouldContain("No space left on device");
    }

    [Theory]
    [Trait("battery", "10")]
    [InlineData("i=0; while head -c 4000000 /dev/zero > fill$i; do i=$((i+1)); done")]
    [InlineData("mkdir d; cd d; i=0; while : > f$i; do i=$((i+1)); done")]
    [InlineData("while mkdir d && cd d; do :; done; sleep 30")]
    public async Task A_workspace_that_grows_beyond_its_limit_is_stopped(string greedy)
    {
        using var box = new SandboxUnderTest(options => options.WorkspaceDepthMax = 50, driver);
        var command = box.Command(["/bin/sh", "-c", greedy], 60, null) with
        {
            FolderSizeBytesMax = 32 << 20,
            FolderFilesMax = 3_000,
        };
        var exit = (await box.Sandbox.RunAsync(command, TestContext.Current.CancellationToken)).Value;
        exit.End.ShouldBe(SandboxEnd.FolderTooLarge);
        using var parent = Folder.Open(box.DataPath);
        CodexOS.Sandbox.Workspaces.Tree.Remove(parent, Folder.Name("folder"), CancellationToken.None);
    }

    [Fact]
    public async Task A_single_file_is_not_larger_than_its_limit()
    {
        using var box = new SandboxUnderTest(options => options.FileBytesMax = 1 << 20, driver);
        var exit = await box.ShellAsync("head -c 5000000 /dev/zero > big");
        exit.ExitCode.ShouldNotBe(0);
        new FileInfo(Path.Combine(box.Folder, "big")).Length.ShouldBeLessThanOrEqualTo(1 << 20);
    }

    [Fact]
    [Trait("battery", "11")]
    public async Task A_gibibyte_of_output_is_cut_flagged_and_not_held_in_memory()
    {
        using var box = new SandboxUnderTest(driver: driver);
        var passedOn = 0;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var exit = await box.ShellAsync(
            "echo first; head -c 1073741824 /dev/zero | tr '\\0' x; echo; echo last", timeSeconds: 600,
            onOutput: text => passedOn += text.Length);
        exit.ExitCode.ShouldBe(0);
        exit.Output.IsTruncated.ShouldBeTrue();
        exit.Output.TotalBytes.ShouldBe(1_073_741_824 + 12);
        exit.Output.Text.ShouldStartWith("first\n");
        exit.Output.Text.ShouldEndWith("\nlast\n");
        exit.Output.Text.Length.ShouldBeLessThan(70_000);
        passedOn.ShouldBeLessThanOrEqualTo(64 << 10);
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(32 << 20);
    }

    [Fact]
    [Trait("battery", "12")]
    public async Task A_spinning_program_is_killed_at_its_limit()
    {
        using var box = new SandboxUnderTest(driver: driver);
        var exit = await box.ShellAsync("while :; do :; done", timeSeconds: 1);
        exit.End.ShouldBe(SandboxEnd.TimedOut);
    }

    [Fact]
    [Trait("battery", "13")]
    public async Task Nothing_survives_the_time_limit_however_it_detached_itself()
    {
        using var box = new SandboxUnderTest(driver: driver);
        var exit = await box.ShellAsync(
            "(setsid sh -c 'trap \"\" TERM HUP INT; sleep 98761.5 & (setsid sleep 98761.5 &) & wait' > /dev/null 2>&1 &); sleep 98761.5",
            timeSeconds: 2);
        exit.End.ShouldBe(SandboxEnd.TimedOut);
        HostProcesses.With("98761.5").ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_survives_the_end_of_the_program()
    {
        using var box = new SandboxUnderTest(driver: driver);
        var exit = await box.ShellAsync("(setsid sleep 87654.5 &) ; sleep 0.2; echo over");
        exit.Output.Text.ShouldBe("over\n");
        HostProcesses.With("87654.5").ShouldBeEmpty();
    }

    [Fact]
    public async Task Cancelling_ends_everything_and_says_so()
    {
        using var box = new SandboxUnderTest(driver: driver);
        using var cancel = new CancellationTokenSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var command = box.Command(
            ["/bin/sh", "-c", "(setsid sleep 65432.1 &); echo started; sleep 65432.1"], 60, _ => started.TrySetResult());
        var running = box.Sandbox.RunAsync(command, cancel.Token);
        await started.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
        HostProcesses.With("65432.1").ShouldBeEmpty();
    }

    [Fact]
    [Trait("battery", "14")]
    public async Task Nothing_survives_a_server_that_is_killed()
    {
        var marker = string.Create(CultureInfo.InvariantCulture, $"{54321.5 + Environment.ProcessId}");
        using var victim = SandboxVictim.Start(marker, driver);
        var line = await victim.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)
            .AsTask().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, TestContext.Current.CancellationToken);
        line.ShouldBe("started");
        // It says so a moment before both of its programs run.
        var sandboxed = await HostProcesses.AtLeastAsync(2, marker, TestContext.Current.CancellationToken);

        victim.Kill();

        sandboxed.ShouldAllBe(process => HostProcesses.AwaitEnd(process, s_soon));
        HostProcesses.With(marker).ShouldBeEmpty();
    }

    [Fact]
    public async Task More_programs_than_may_wait_are_sent_away()
    {
        using var box = new SandboxUnderTest(options => (options.SandboxesMax, options.WaitingMax) = (1, 1), driver);
        await box.ShellAsync("true");
        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => box.TryShellAsync("sleep 0.5")));
        results.Count(result => result.IsOk).ShouldBe(2);
        results.Where(result => !result.IsOk).ShouldAllBe(result => result.Fault.Code == "sandbox.busy");
    }

    [Fact]
    public async Task A_program_outlives_the_thread_pools_threads()
    {
        // The parent-death signal is bound to the thread that spawned the sandbox; one of the pool would retire meanwhile.
        using var box = new SandboxUnderTest(driver: driver);
        var exit = await Task.Run(() => box.ShellAsync("sleep 1; echo alive"));
        exit.Output.Text.ShouldBe("alive\n");
    }
}
