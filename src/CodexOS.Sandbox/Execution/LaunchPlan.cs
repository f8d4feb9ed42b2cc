using System.Text;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Egress;
using CodexOS.Sandbox.Workspaces;

namespace CodexOS.Sandbox.Execution;

/// <summary>
/// The chain that starts a program with bubblewrap: bubblewrap, which is spawned as the workspace's user, is put into the
/// control groups while it waits for its options, and builds the namespaces; a shell script inside, which is process 1, sets
/// limits, waits for leave to go on, runs the program and collects what it leaves behind. Where the workspace's user cannot
/// reach the workspace, unshare and a mount that bring it within reach come first, and then setpriv, which drops to that user.
/// The scripts are fixed; everything that varies is an argument.
/// </summary>
internal static class LaunchPlan
{
    /// <summary>Where bubblewrap reports: descriptor 3 of the chain; it closes it before the program starts.</summary>
    public const int StatusDescriptor = 3;

    /// <summary>What process 1 says, on standard output, when it is bound to the life of bubblewrap.</summary>
    public static ReadOnlySpan<byte> Ready => "ready\n"u8;

    /// <summary>The word that lets it start the program.</summary>
    public static ReadOnlySpan<byte> Go => "go\n"u8;

    private const int OptionsDescriptor = 4;
    private const int FilterDescriptor = 5;
    private const int PasswdDescriptor = 6;
    private const int GroupDescriptor = 7;

    private const string Outside =
        """
        set -eu
        while [ "$1" != -- ]; do echo 0 > "$1"; shift; done
        shift
        exec "$@"
        """;

    private const string Stage =
        """
        (cd "$1" && exec mount -n -t "$2" -o "$3" -- "$4" "$5") || exit 1
        shift 5
        exec "$@"
        """;

    private const string Inside =
        """
        ulimit -c 0 && ulimit -n "$1" && ulimit -f "$2" || exit 125
        if [ "$3" != - ]; then ulimit -p "$3" && ulimit -d "$4" || exit 125; fi
        echo ready
        read -r go && [ "$go" = go ] || exit 125
        kind=$5
        shift 5
        if [ "$kind" = kept ]; then "$@"; else "$@" < /dev/null; fi
        exit $?
        """;

    // A machine with both versions of control groups shows the container runtime only the first.
    private const string Contain =
        """
        [ "$1" = - ] || (cd "$1" && exec mount -n -t "$2" -o "$3" -- "$4" "$5") || exit 1
        shift 5
        umount -n -l /sys/fs/cgroup/unified 2> /dev/null || :
        exec "$@"
        """;

    /// <summary>The environment of the chain outside.</summary>
    public static string[] Environment { get; } = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"];

    /// <summary>Process 1 inside, with its arguments.</summary>
    public static List<string> InsideArguments(LaunchSettings settings, SandboxCommand command, bool isKept)
    {
        var options = settings.Options;
        string[] limits = settings.LimitsByProcess
            ? [options.ProcessesMax.ToString(), (options.MemoryBytesMax / 1024).ToString()]
            : ["-", "-"];
        // dash counts file sizes in blocks of 512 bytes and memory in KiB.
        string[] always = [options.OpenFilesMax.ToString(), (options.FileBytesMax / 512).ToString()];
        return ["/bin/sh", "-c", Inside, "sh", .. always, .. limits, isKept ? "kept" : "once", .. command.Program];
    }

    /// <summary>The variables of the program.</summary>
    public static IEnumerable<(string Name, string Value)> Variables(SandboxCommand command)
    {
        yield return ("PATH", "/usr/local/bin:/usr/bin:/bin");
        yield return ("HOME", "/home/agent");
        yield return ("TMPDIR", "/tmp");
        yield return ("LANG", "C.UTF-8");
        foreach (var (name, value) in command.Environment) yield return (name, value);
        foreach (var variable in command.Egress is { IsOpen: true } ? EgressProxy.Variables : []) yield return variable;
    }

    /// <summary>The arguments of the whole chain with a container runtime.</summary>
    public static List<string> ContainerArguments(
        LaunchSettings settings, SandboxCommand command, IReadOnlyList<string> joinFiles, string? stage, string bundle) =>
    [
        .. OutsideArguments(joinFiles),
        settings.SetPrivPath, "--pdeathsig", "KILL", "--",
        settings.UnsharePath!, "--pid", "--fork", "--kill-child=KILL", "--mount", "--mount-proc", "--",
        "/bin/sh", "-c", Contain, "sh", .. stage is null ? ["-", "-", "-", "-", "-"] : StageArguments(command, stage),
        settings.ProgramPath, "--root", Path.Combine(bundle, "state"), "--cgroup-manager=disabled",
        "run", "--bundle", bundle, Path.GetFileName(bundle),
    ];

    private static List<string> OutsideArguments(IReadOnlyList<string> joinFiles) =>
        joinFiles.Count == 0 ? [] : ["/bin/sh", "-c", Outside, "sh", .. joinFiles, "--"];

    /// <summary>The arguments of the whole chain with bubblewrap, the first being the program that starts it.</summary>
    public static List<string> Arguments(LaunchSettings settings, SandboxCommand command, string? stage, bool isKept)
    {
        List<string> bubblewrap =
        [
            settings.ProgramPath, "--args", OptionsDescriptor.ToString(), "--",
            .. InsideArguments(settings, command, isKept),
        ];
        if (settings.SpawnsAsUser(stage)) return bubblewrap;
        List<string> arguments = [];
        if (stage is not null)
        {
            arguments.AddRange(InOwnMounts(settings));
            arguments.AddRange(["/bin/sh", "-c", Stage, "sh", .. StageArguments(command, stage)]);
        }

        arguments.AddRange([settings.SetPrivPath, "--no-new-privs"]);
        if (settings.IsRoot)
        {
            arguments.AddRange(
            [
                $"--reuid={command.User}", $"--regid={command.User}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
            ]);
        }

        arguments.AddRange(["--", .. bubblewrap]);
        return arguments;
    }

    /// <summary>
    /// A chain that mounts a layer over a folder at the stage, and there does what only works where layers are all that is
    /// needed: a folder is renamed, and a file is removed.
    /// </summary>
    public static List<string> LayerTrial(LaunchSettings settings, SandboxCommand command, string stage) =>
    [
        .. InOwnMounts(settings), "/bin/sh", "-c", Stage, "sh", .. StageArguments(command, stage),
        "/bin/sh", "-c", """cd "$1" && mv kept moved && rm gone""", "sh", stage,
    ];

    private static string[] InOwnMounts(LaunchSettings settings) =>
        [settings.UnsharePath!, "--mount", "--propagation", "private", "--"];

    /// <summary>What is mounted over the stage: where mount works, the type, the options, the source, the place.</summary>
    private static string[] StageArguments(SandboxCommand command, string stage) => command.Layer is { } layer
        ? [Path.GetDirectoryName(layer)!, "overlay", Layer.MountOptions(command.Folder!, layer), "overlay", stage]
        : ["/", "none", "bind", command.Folder!, stage];

    /// <summary>The options of bubblewrap, as it reads them from a descriptor: each ended by a zero.</summary>
    /// <param name="settings">What does not depend on the command.</param>
    /// <param name="command">What is run.</param>
    /// <param name="folder">Where the workspace is; null for none.</param>
    /// <param name="etc">What is mounted as <c>/etc</c>; null to mount its files one by one.</param>
    public static byte[] BubblewrapOptions(LaunchSettings settings, SandboxCommand command, string? folder, string? etc)
    {
        var temporary = settings.Options.TemporaryBytesMax.ToString();
        List<string> list =
        [
            "--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000",
            "--hostname", "sandbox", "--clearenv",
        ];
        foreach (var (name, value) in Variables(command)) list.AddRange(["--setenv", name, value]);
        var hasNetwork = command.Egress is { IsOpen: true };

        // The whole host is never bound: only what programs are made of, and that read-only.
        list.AddRange(["--ro-bind", "/usr", "/usr"]);
        foreach (var (path, target) in settings.SystemLinks) list.AddRange(["--symlink", target, path]);
        foreach (var path in settings.SystemFolders) list.AddRange(["--ro-bind", path, path]);
        list.AddRange(["--proc", "/proc", "--dev", "/dev"]);
        list.AddRange(["--size", temporary, "--tmpfs", "/dev/shm", "--size", temporary, "--tmpfs", "/tmp"]);
        list.AddRange(["--size", (16L << 20).ToString(), "--tmpfs", "/home/agent"]);
        if (etc is not null)
        {
            list.AddRange(["--ro-bind", etc, "/etc"]);
        }
        else
        {
            list.AddRange(["--dir", "/etc"]);
            foreach (var path in settings.SystemFiles) list.AddRange(["--ro-bind", path, path]);
            list.AddRange(["--ro-bind-data", PasswdDescriptor.ToString(), "/etc/passwd"]);
            list.AddRange(["--ro-bind-data", GroupDescriptor.ToString(), "/etc/group"]);
        }

        foreach (var path in hasNetwork ? settings.TrustFiles : []) list.AddRange(["--ro-bind", path, path]);
        foreach (var path in settings.Options.ReadOnlyPaths) list.AddRange(["--ro-bind", path, path]);

        if (folder is null) list.AddRange(["--size", temporary, "--tmpfs", "/workspace"]);
        else list.AddRange([command.FolderIsReadOnly ? "--ro-bind" : "--bind", folder, "/workspace"]);
        if (folder is not null && !command.FolderIsReadOnly)
        {
            foreach (var path in command.ReadOnlyPaths)
                list.AddRange(["--ro-bind", Path.Combine(folder, path), $"/workspace/{path}"]);
        }

        list.AddRange(["--chdir", "/workspace", "--ro-bind", "/dev/null", "/proc/cmdline"]);
        list.AddRange(["--remount-ro", "/dev", "--remount-ro", "/"]);
        list.AddRange(["--as-pid-1", "--new-session", "--die-with-parent", "--cap-drop", "ALL"]);
        list.AddRange(["--seccomp", FilterDescriptor.ToString(), "--json-status-fd", StatusDescriptor.ToString()]);
        return Encoding.UTF8.GetBytes(string.Join('\0', list) + '\0');
    }

    /// <summary>The only users there are inside.</summary>
    public static byte[] Passwd { get; } =
        "agent:x:1000:1000:agent:/home/agent:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"u8.ToArray();

    /// <summary>The only groups there are inside.</summary>
    public static byte[] Group { get; } = "agent:x:1000:\nnogroup:x:65534:\n"u8.ToArray();
}
