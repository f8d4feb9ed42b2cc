using CodexOS.Sandbox;
using CodexOS.Sandbox.Execution;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Finding control groups, on folders that look like each kind of machine.</summary>
public sealed class ControlGroupsTests : IDisposable
{
    private readonly TempDirectory _root = new();
    private readonly SandboxOptions _options = new() { MemoryBytesMax = 1 << 30, ProcessesMax = 99, ProcessorsMax = 1.5 };

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Without_control_groups_there_are_none_and_the_reason_is_told()
    {
        var (groups, whyNot) = ControlGroups.Detect(_options, "/data", "22 1 0:21 / /proc rw - proc proc rw\n", "0::/\n");
        groups.ShouldBeNull();
        whyNot.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void Version_2_without_delegated_controllers_is_not_used()
    {
        Make("unified/own", ("cgroup.controllers", "cpuset\n"), ("cgroup.procs", ""));
        Detect("0::/own\n", V2("unified")).Groups.ShouldBeNull();
    }

    [Fact]
    public void Version_2_limits_a_group_below_the_servers_own()
    {
        Make(
            "unified/own", ("cgroup.controllers", "cpu memory pids\n"), ("cgroup.procs", $"{Environment.ProcessId}\n"),
            ("cgroup.subtree_control", ""));
        // The kernel makes the files of a new group; here the folder is made beforehand with what is read from it.
        var slot = SlotFolder("unified/own", "codexos-{0}-slot-1");
        Make(slot, ("cgroup.procs", ""), ("memory.events", "low 0\noom_kill 3\n"));
        var (groups, whyNot) = Detect("0::/own\n", V2("unified"));
        groups.ShouldNotBeNull(whyNot);
        var taken = groups.Take();
        Read(slot, "memory.max").ShouldBe("1073741824");
        Read(slot, "pids.max").ShouldBe("99");
        Read(slot, "cpu.max").ShouldBe("150000 100000");
        taken.OutOfMemoryKills.ShouldBe(3);
        Read("unified/own/codexos-server", "cgroup.procs").ShouldBe(Environment.ProcessId.ToString());
        Read("unified/own", "cgroup.subtree_control").ShouldBe("+cpu");
    }

    [Fact]
    public void Version_1_needs_memory_and_pids()
    {
        Make("memory");
        Detect("", V1("memory", "memory")).Groups.ShouldBeNull();
    }

    [Fact]
    public void Version_1_limits_a_group_in_each_hierarchy()
    {
        foreach (var controller in new[] { "memory", "pids", "cpu" })
            Make(SlotFolder(controller, "codexos/{0}/slot-1"), ("cgroup.procs", ""), ("memory.oom_control", "oom_kill 0\n"));
        var (groups, whyNot) = Detect("", V1("memory", "memory"), V1("pids", "pids"), V1("cpu", "cpu,cpuacct"));
        groups.ShouldNotBeNull(whyNot);
        groups.Take();
        Read(SlotFolder("memory", "codexos/{0}/slot-1"), "memory.limit_in_bytes").ShouldBe("1073741824");
        Read(SlotFolder("pids", "codexos/{0}/slot-1"), "pids.max").ShouldBe("99");
        Read(SlotFolder("cpu", "codexos/{0}/slot-1"), "cpu.cfs_quota_us").ShouldBe("150000");
    }

    private (ControlGroups? Groups, string? WhyNot) Detect(string own, params string[] mounts) =>
        ControlGroups.Detect(_options, "/data", string.Join('\n', mounts), own);

    private string V2(string path) => $"30 24 0:26 / {_root.In(path)} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";

    private string V1(string path, string controllers) => $"31 24 0:27 / {_root.In(path)} rw - cgroup cgroup rw,{controllers}";

    private static string SlotFolder(string parent, string pattern)
    {
        var hash = System.Security.Cryptography.SHA256.HashData("/data"u8);
        return Path.Combine(parent, string.Format(pattern, Convert.ToHexStringLower(hash)[..16]));
    }

    private void Make(string folder, params (string Name, string Text)[] files)
    {
        Directory.CreateDirectory(_root.In(folder));
        foreach (var (name, text) in files) File.WriteAllText(_root.In(folder, name), text);
    }

    private string Read(string folder, string file) => File.ReadAllText(_root.In(folder, file));
}
