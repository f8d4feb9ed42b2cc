using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Execution;
using CodexOS.Sandbox.Native;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Where a guard does not stand, nothing is executed.</summary>
public sealed class FailClosedTests
{
    [Fact]
    [Trait("battery", "20")]
    public async Task Without_bubblewrap_nothing_runs_and_the_fault_says_how_to_install_it()
    {
        using var box = new SandboxUnderTest(options => options.BubblewrapPath = "/nowhere/bwrap");
        var fault = (await box.TryShellAsync("touch ran")).Fault;
        fault.Code.ShouldBe("sandbox.unavailable");
        fault.Kind.ShouldBe(FaultKind.Unavailable);
        fault.Message.ShouldContain("apt-get install bubblewrap");
        Directory.GetFileSystemEntries(box.Folder).ShouldBeEmpty();
        var report = await box.Sandbox.ReportAsync(TestContext.Current.CancellationToken);
        report.Available.ShouldBeFalse();
        report.Level.ShouldBe(IsolationLevel.None);
    }

    [Theory]
    [Trait("battery", "20")]
    [InlineData("exit 0")]
    [InlineData("echo 'bwrap: No permissions to create new namespace' >&2; exit 1")]
    public async Task A_bubblewrap_that_does_not_work_runs_nothing(string behaviour)
    {
        using var temp = new TempDirectory();
        using var box = new SandboxUnderTest(options => options.BubblewrapPath = Script(temp, behaviour));
        var fault = (await box.TryShellAsync("touch ran")).Fault;
        fault.Code.ShouldBe("sandbox.unavailable");
        Directory.GetFileSystemEntries(box.Folder).ShouldBeEmpty();
    }

    [Fact]
    [Trait("battery", "20")]
    public async Task A_bubblewrap_that_leaves_out_the_system_call_filter_is_found_out()
    {
        using var temp = new TempDirectory();
        // The options come by descriptor 4; this one hands them on without the filter.
        var lying = Script(temp, "tr '\\0' '\\n' <&4 | grep -v -x -e --seccomp -e 7 | tr '\\n' '\\0' > /tmp/codexos-lying-$$; "
            + "exec 4< /tmp/codexos-lying-$$; rm /tmp/codexos-lying-$$; exec bwrap \"$@\"");
        using var box = new SandboxUnderTest(options => options.BubblewrapPath = lying);
        var fault = (await box.TryShellAsync("touch ran")).Fault;
        fault.Code.ShouldBe("sandbox.unavailable");
        fault.Message.ShouldContain("walls do not stand");
        Directory.GetFileSystemEntries(box.Folder).ShouldBeEmpty();
    }

    [Theory]
    [Trait("battery", "20")]
    [InlineData("runc", "only crun")]
    [InlineData("/nowhere/crun", "apt-get install crun")]
    public async Task A_container_runtime_that_is_missing_or_cannot_take_the_filter_runs_nothing(string runtime, string help)
    {
        using var box = new SandboxUnderTest(options => options.ContainerRuntime = runtime, SandboxDriver.Container);
        var fault = (await box.TryShellAsync("touch ran")).Fault;
        fault.Code.ShouldBe("sandbox.unavailable");
        fault.Message.ShouldContain(Libc.GetEffectiveUser() == 0 ? help : "runs as root");
        Directory.GetFileSystemEntries(box.Folder).ShouldBeEmpty();
    }

    [Fact]
    [Trait("battery", "20")]
    public async Task A_container_runtime_that_leaves_out_the_system_call_filter_is_found_out()
    {
        using var temp = new TempDirectory();
        File.SetUnixFileMode(temp.Path, (UnixFileMode)0x1ED);
        var lying = temp.In("crun");
        await File.WriteAllTextAsync(
            lying,
            "#!/bin/sh\nbundle=$(dirname \"$2\")\n"
            + "sed -i 's/run.oci.seccomp_bpf_data/ignored/' \"$bundle/config.json\"\nexec /usr/bin/crun \"$@\"\n",
            TestContext.Current.CancellationToken);
        File.SetUnixFileMode(lying, (UnixFileMode)0x1ED);
        using var box = new SandboxUnderTest(options => options.ContainerRuntime = lying, SandboxDriver.Container);
        var fault = (await box.TryShellAsync("touch ran")).Fault;
        fault.Code.ShouldBe("sandbox.unavailable");
        fault.Message.ShouldContain(Libc.GetEffectiveUser() == 0 ? "walls do not stand" : "runs as root");
        Directory.GetFileSystemEntries(box.Folder).ShouldBeEmpty();
    }

    [Fact]
    [Trait("battery", "20")]
    public async Task Control_groups_that_break_later_refuse_the_run()
    {
        using var box = new SandboxUnderTest();
        (await box.ShellAsync("echo fine")).Output.Text.ShouldBe("fine\n");
        // Somebody removes the groups of this server while it runs; joining them fails, so nothing starts.
        foreach (var mount in ControlGroupMount.Parse(await File.ReadAllTextAsync("/proc/self/mountinfo", TestContext.Current.CancellationToken)))
        {
            foreach (var slot in Groups(mount.Path, box.DataPath)) Directory.Delete(slot);
        }

        var fault = (await box.TryShellAsync("touch ran")).Fault;
        fault.Code.ShouldBe("sandbox.unavailable");
        Directory.GetFileSystemEntries(box.Folder).ShouldBeEmpty();
    }

    private static IEnumerable<string> Groups(string mount, string dataPath)
    {
        var own = ControlGroups.NameOf(dataPath);
        var first = Path.Combine(mount, "codexos", own);
        if (Directory.Exists(first)) return Directory.GetDirectories(first, "slot-*");
        return Directory.Exists(mount)
            ? Directory.EnumerateDirectories(mount, $"codexos-{own}-slot-*", SearchOption.TopDirectoryOnly)
            : [];
    }

    [Fact]
    [Trait("battery", "20")]
    public async Task A_machine_below_the_required_level_runs_nothing()
    {
        if (Libc.GetEffectiveUser() == 0)
        {
            // As root every guard stands here, so the requirement is met; the unit tests cover the machine without groups.
            using var full = new SandboxUnderTest(options => options.LevelMin = IsolationLevel.Full);
            (await full.ShellAsync("echo fine")).Level.ShouldBe(IsolationLevel.Full);
            return;
        }

        using var box = new SandboxUnderTest(options => options.LevelMin = IsolationLevel.Full);
        (await box.TryShellAsync("touch ran")).Fault.Code.ShouldBe("sandbox.unavailable");
    }

    private static string Script(TempDirectory temp, string body)
    {
        // The workspace's user has to reach it, as it would a real one.
        File.SetUnixFileMode(temp.Path, (UnixFileMode)0x1ED);
        var path = temp.In("bwrap");
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0x1ED);
        return path;
    }
}
