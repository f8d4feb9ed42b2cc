using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Execution;

/// <summary>
/// Starts sandboxes with the container runtime <c>crun</c>, from a bundle that is written for each. The root is a skeleton
/// of empty folders and links, read-only, over which the host's <c>/usr</c> and the workspace are mounted.
/// </summary>
/// <remarks>
/// A runtime does not end with the one who started it, so it runs as process 1 of a process namespace of its own, which the
/// kernel ends with the thread that spawned the chain: nothing of a container outlives the server. In that namespace the
/// version 2 hierarchy of a machine that has both versions of control groups is not seen, because crun refuses such
/// machines; the container has joined its groups before.
/// </remarks>
internal sealed class ContainerLaunch : ILaunch
{
    private const int InsideUser = 1000;
    private readonly LaunchSettings _settings;
    private readonly string _folder;
    private readonly string _root;

    /// <summary>Makes the skeleton, and removes what an earlier process left.</summary>
    /// <param name="settings">What of the launch does not depend on the command.</param>
    /// <param name="folder">This server's own folder for bundles; every user can pass through what is above it.</param>
    /// <exception cref="IOException">The skeleton could not be made.</exception>
    public ContainerLaunch(LaunchSettings settings, string folder)
    {
        _settings = settings;
        _folder = folder;
        _root = Path.Combine(folder, "root");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        MakeSkeleton();
    }

    public string Driver => "container (crun)";

    public LaunchedChain Start(
        SandboxCommand command, ControlGroupSlot? slot, bool isKept, IReadOnlyList<SafeFileHandle> ends)
    {
        var stage = _settings.StageFor(command);
        var bundle = Path.Combine(_folder, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        Directory.CreateDirectory(bundle);
        try
        {
            File.WriteAllBytes(
                Path.Combine(bundle, "config.json"),
                JsonSerializer.SerializeToUtf8Bytes(Config(command, stage ?? command.Folder, isKept)));
            var arguments = LaunchPlan.ContainerArguments(_settings, command, slot?.JoinFiles ?? [], stage, bundle);
            var process = ChildProcess.Start(arguments[0], arguments, LaunchPlan.Environment, ends);
            return new Chain(process, slot, bundle);
        }
        catch
        {
            Remove(bundle);
            throw;
        }
    }

    /// <summary>Removes the skeleton and the bundles.</summary>
    public void Dispose() => Remove(_folder);

    /// <summary>
    /// Removes a folder of which another can be removing a part: a chain that ends takes its bundle away itself.
    /// </summary>
    private static void Remove(string folder)
    {
        while (Directory.Exists(folder))
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (DirectoryNotFoundException)
            {
                // The other was faster with that part.
            }
        }
    }

    private void MakeSkeleton()
    {
        foreach (var folder in (string[])["usr", "proc", "dev", "workspace", "home/agent", "etc"])
            Directory.CreateDirectory(Path.Combine(_root, folder));
        const UnixFileMode all = (UnixFileMode)0x3FF;
        Directory.CreateDirectory(Path.Combine(_root, "tmp"));
        File.SetUnixFileMode(Path.Combine(_root, "tmp"), all);
        foreach (var (path, target) in _settings.SystemLinks) File.CreateSymbolicLink(_root + path, target);
        File.WriteAllBytes(Path.Combine(_root, "etc/passwd"), LaunchPlan.Passwd);
        File.WriteAllBytes(Path.Combine(_root, "etc/group"), LaunchPlan.Group);
        // What is mounted later needs something to be mounted on.
        foreach (var path in (string[])
            [.. _settings.SystemFolders, .. _settings.SystemFiles, .. _settings.TrustFiles, .. _settings.Options.ReadOnlyPaths])
        {
            var place = _root + path;
            if (Directory.Exists(path))
            {
                Directory.CreateDirectory(place);
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.WriteAllBytes(place, []);
        }
    }

    private JsonObject Config(SandboxCommand command, string? folder, bool isKept) => new()
    {
        ["ociVersion"] = "1.0.2",
        ["hostname"] = "sandbox",
        ["annotations"] = new JsonObject
        {
            // The very filter of the other driver. The runtime's own format could not say all of it.
            ["run.oci.seccomp_bpf_data"] = Convert.ToBase64String(SystemCallFilter.Program),
        },
        ["root"] = new JsonObject { ["path"] = _root, ["readonly"] = true },
        ["process"] = new JsonObject
        {
            ["terminal"] = false,
            ["user"] = new JsonObject { ["uid"] = InsideUser, ["gid"] = InsideUser },
            ["args"] = Strings(LaunchPlan.InsideArguments(_settings, command, isKept)),
            ["env"] = Strings(LaunchPlan.Variables(command).Select(variable => $"{variable.Name}={variable.Value}")),
            ["cwd"] = "/workspace",
            ["noNewPrivileges"] = true,
            ["capabilities"] = new JsonObject(
                ((string[])["bounding", "effective", "inheritable", "permitted", "ambient"])
                    .Select(kind => KeyValuePair.Create<string, JsonNode?>(kind, new JsonArray()))),
        },
        ["mounts"] = new JsonArray([.. Mounts(command, folder)]),
        ["linux"] = new JsonObject
        {
            ["uidMappings"] = Mappings(command.User),
            ["gidMappings"] = Mappings(command.User),
            ["namespaces"] = new JsonArray([..
                ((string[])["pid", "network", "ipc", "uts", "mount", "user", "cgroup"])
                    .Select(type => new JsonObject { ["type"] = type })]),
            ["maskedPaths"] = Strings(["/proc/cmdline", "/proc/keys", "/proc/timer_list", "/proc/sched_debug"]),
            ["readonlyPaths"] = Strings(["/proc/sys", "/proc/sysrq-trigger", "/proc/bus", "/proc/fs", "/proc/irq"]),
        },
    };

    /// <summary>
    /// Inside is the program's user, which is the workspace's outside. A runtime sets up as user 0, which outside is one
    /// that owns nothing.
    /// </summary>
    private JsonArray Mappings(uint user) =>
    [
        new JsonObject { ["containerID"] = 0, ["hostID"] = _settings.NobodysUser, ["size"] = 1 },
        new JsonObject { ["containerID"] = InsideUser, ["hostID"] = user, ["size"] = 1 },
    ];

    private IEnumerable<JsonNode> Mounts(SandboxCommand command, string? folder)
    {
        var temporary = $"size={_settings.Options.TemporaryBytesMax.ToString(CultureInfo.InvariantCulture)}";
        yield return Bind("/usr", "/usr", isReadOnly: true);
        foreach (var path in _settings.SystemFolders) yield return Bind(path, path, isReadOnly: true);
        yield return Mount("/proc", "proc", "proc", "nosuid", "nodev", "noexec");
        yield return Mount("/dev", "tmpfs", "tmpfs", "nosuid", "noexec", "mode=755", "size=65536");
        yield return Mount("/dev/shm", "tmpfs", "shm", "nosuid", "nodev", "mode=1777", temporary);
        yield return Mount("/tmp", "tmpfs", "tmpfs", "nosuid", "nodev", "mode=1777", temporary);
        yield return Mount("/home/agent", "tmpfs", "tmpfs", "nosuid", "nodev", "mode=1777", $"size={16 << 20}");
        foreach (var path in _settings.SystemFiles) yield return Bind(path, path, isReadOnly: true);
        foreach (var path in command.Egress is { IsOpen: true } ? _settings.TrustFiles : [])
            yield return Bind(path, path, isReadOnly: true);
        foreach (var path in _settings.Options.ReadOnlyPaths) yield return Bind(path, path, isReadOnly: true);
        if (folder is null)
        {
            yield return Mount("/workspace", "tmpfs", "tmpfs", "nosuid", "nodev", "mode=1777", temporary);
            yield break;
        }

        yield return Bind(folder, "/workspace", command.FolderIsReadOnly);
        foreach (var path in command.FolderIsReadOnly ? [] : command.ReadOnlyPaths)
            yield return Bind(Path.Combine(folder, path), $"/workspace/{path}", isReadOnly: true);
    }

    private static JsonObject Bind(string source, string destination, bool isReadOnly) =>
        Mount(destination, "bind", source, "bind", isReadOnly ? "ro" : "rw", "nosuid", "nodev");

    private static JsonObject Mount(string destination, string type, string source, params string[] options) => new()
    {
        ["destination"] = destination,
        ["type"] = type,
        ["source"] = source,
        ["options"] = Strings(options),
    };

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);

    private sealed class Chain(ChildProcess process, ControlGroupSlot? slot, string bundle) : LaunchedChain(process)
    {
        private readonly int _first = process.Id;

        public override int? FindTop(SandboxStatus status) => ChildOf(_first);

        public override SafeFileHandle? OpenNetwork(int top) => ChildOf(top) is { } init ? ChildProcess.OpenHandle(init) : null;

        public override int? ExitCode(SandboxStatus status, int? chainExitCode, bool isStarted) =>
            isStarted ? chainExitCode : null;

        public override void Dispose()
        {
            base.Dispose();
            Remove(bundle);
        }

        /// <summary>The only child of a process of this sandbox; where there are groups, they list its few processes.</summary>
        private int? ChildOf(int parent)
        {
            var candidates = slot is not null
                ? File.ReadLines(slot.MemberFiles[0])
                : Directory.EnumerateDirectories("/proc").Select(path => Path.GetFileName(path));
            var wanted = $"PPid:\t{parent}";
            foreach (var name in candidates)
            {
                if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
                try
                {
                    if (File.ReadLines($"/proc/{id}/status").Any(line => line == wanted)) return id;
                }
                catch (IOException)
                {
                    // It has ended meanwhile.
                }
            }

            return null;
        }
    }
}
