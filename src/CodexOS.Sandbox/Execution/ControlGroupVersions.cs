namespace CodexOS.Sandbox.Execution;

/// <summary>
/// Version 1: a hierarchy per controller. The groups lie at the top of each, under <c>codexos</c>.
/// </summary>
/// <remarks>
/// A thread that joins a group by <c>tasks</c> does not stop the whole machine's forks for it, as one that joins by
/// <c>cgroup.procs</c> does, which costs milliseconds; and what joins has one thread. For the same reason a version 2
/// hierarchy without controllers that is mounted beside is left alone.
/// </remarks>
internal sealed class ControlGroupsV1 : ControlGroups
{
    private readonly SandboxOptions _options;
    private readonly string _memory;
    private readonly string _pids;
    private readonly string? _cpu;

    private ControlGroupsV1(
        SandboxOptions options, string dataPath, string memory, string pids, string? cpu)
        : base(dataPath)
    {
        _options = options;
        _memory = Path.Combine(memory, "codexos", Group);
        _pids = Path.Combine(pids, "codexos", Group);
        _cpu = cpu is null ? null : Path.Combine(cpu, "codexos", Group);
    }

    public override string Description => "control groups version 1";

    protected override IEnumerable<string> Parents => new[] { _memory, _pids, _cpu }.OfType<string>();

    public static ControlGroupsV1? Find(
        IReadOnlyList<ControlGroupMount> mounts, SandboxOptions options, string dataPath)
    {
        var memory = PathOf("memory");
        var pids = PathOf("pids");
        if (memory is null || pids is null) return null;
        return new ControlGroupsV1(options, dataPath, memory, pids, PathOf("cpu"));

        string? PathOf(string controller) =>
            mounts.FirstOrDefault(mount => !mount.IsV2 && mount.Controllers.Contains(controller))?.Path;
    }

    protected override ControlGroupSlot Make(int number)
    {
        var name = $"slot-{number}";
        var memory = Directory.CreateDirectory(Path.Combine(_memory, name)).FullName;
        Set(memory, "memory.limit_in_bytes", _options.MemoryBytesMax.ToString());
        Set(memory, "memory.memsw.limit_in_bytes", _options.MemoryBytesMax.ToString(), isNeeded: false);
        Set(memory, "memory.swappiness", "0", isNeeded: false);
        var pids = Directory.CreateDirectory(Path.Combine(_pids, name)).FullName;
        Set(pids, "pids.max", _options.ProcessesMax.ToString());
        List<string> folders = [memory, pids];
        if (_cpu is not null)
        {
            var cpu = Directory.CreateDirectory(Path.Combine(_cpu, name)).FullName;
            Set(cpu, "cpu.cfs_period_us", "100000");
            Set(cpu, "cpu.cfs_quota_us", ((long)(_options.ProcessorsMax * 100_000)).ToString());
            folders.Add(cpu);
        }

        return new ControlGroupSlot(folders, "tasks", null, Path.Combine(memory, "memory.oom_control"));
    }

    protected override void RemoveLeftovers()
    {
        foreach (var parent in Parents)
        {
            var everybodys = Path.GetDirectoryName(parent)!;
            if (!Directory.Exists(everybodys)) continue;
            if (Directory.Exists(parent))
            {
                foreach (var slot in Directory.GetDirectories(parent, "slot-*"))
                    new ControlGroupSlot([slot], "tasks", null, "").Remove();
            }

            foreach (var server in Directory.GetDirectories(everybodys)) RemoveIfEmpty(server);
        }
    }
}

/// <summary>
/// Version 2: one hierarchy. The groups lie below the server's own group, whose controllers have to be delegated to it
/// (by systemd's <c>Delegate=yes</c>, or by a container). The server itself moves into a leaf of that group, because a
/// group with processes of its own cannot hand controllers down.
/// </summary>
internal sealed class ControlGroupsV2 : ControlGroups
{
    private const string ServerLeaf = "codexos-server";
    private const string Members = "cgroup.procs";
    private readonly SandboxOptions _options;
    private readonly string _parent;

    private ControlGroupsV2(SandboxOptions options, string dataPath, string parent)
        : base(dataPath) => (_options, _parent) = (options, parent);

    public override string Description => "control groups version 2";

    protected override IEnumerable<string> Parents => [];

    public static ControlGroupsV2? Find(
        IReadOnlyList<ControlGroupMount> mounts, string ownGroups, SandboxOptions options, string dataPath)
    {
        const string unified = "0::/";
        var mount = mounts.FirstOrDefault(mount => mount.IsV2)?.Path;
        var own = ownGroups.Split('\n').FirstOrDefault(line => line.StartsWith(unified, StringComparison.Ordinal));
        if (mount is null || own is null) return null;
        var parent = Path.Combine(mount, own[unified.Length..].TrimEnd('\r'));
        if (Path.GetFileName(parent) == ServerLeaf) parent = Path.GetDirectoryName(parent)!;
        var controllers = Path.Combine(parent, "cgroup.controllers");
        if (!File.Exists(controllers)) return null;
        var offered = File.ReadAllText(controllers).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return offered.Contains("memory") && offered.Contains("pids")
            ? new ControlGroupsV2(options, dataPath, parent)
            : null;
    }

    protected override ControlGroupSlot Make(int number)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_parent, $"codexos-{Group}-slot-{number}")).FullName;
        Set(folder, "memory.max", _options.MemoryBytesMax.ToString());
        Set(folder, "memory.swap.max", "0", isNeeded: false);
        Set(folder, "pids.max", _options.ProcessesMax.ToString());
        Set(folder, "cpu.max", $"{(long)(_options.ProcessorsMax * 100_000)} 100000", isNeeded: false);
        return new ControlGroupSlot(
            [folder], Members, Path.Combine(folder, "cgroup.kill"), Path.Combine(folder, "memory.events"));
    }

    protected override void RemoveLeftovers()
    {
        HandDownControllers();
        foreach (var slot in Directory.GetDirectories(_parent, $"codexos-{Group}-slot-*"))
            new ControlGroupSlot([slot], Members, Path.Combine(slot, "cgroup.kill"), "").Remove();
    }

    private void HandDownControllers()
    {
        var handedDown = Path.Combine(_parent, "cgroup.subtree_control");
        var present = File.ReadAllText(handedDown);
        if (present.Contains("memory", StringComparison.Ordinal) && present.Contains("pids", StringComparison.Ordinal)) return;
        var own = Environment.ProcessId.ToString();
        if (File.ReadAllLines(Path.Combine(_parent, "cgroup.procs")).Contains(own))
        {
            var leaf = Directory.CreateDirectory(Path.Combine(_parent, ServerLeaf)).FullName;
            Set(leaf, "cgroup.procs", own);
        }

        Set(_parent, "cgroup.subtree_control", "+memory +pids");
        Set(_parent, "cgroup.subtree_control", "+cpu", isNeeded: false);
    }
}
