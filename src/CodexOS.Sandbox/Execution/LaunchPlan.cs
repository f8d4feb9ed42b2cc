using System.Text;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Egress;

namespace CodexOS.Sandbox.Execution;

/// <summary>
/// The chain that starts a program: a shell script outside, which joins the control groups and sets limits; where needed,
/// unshare and a mount that bring the workspace within its user's reach; setpriv, which drops to the workspace's
/// user; bubblewrap, which builds the namespaces; a shell script inside, which is process 1,
/// waits for leave to go on, runs the program and collects what it leaves behind. The scripts are fixed; everything that
/// varies is an argument.
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
    private const int PasswdDescriptor = 5;
    private const int GroupDescriptor = 6;
    private const int FilterDescriptor = 7;

    private const string Outside =
        """
        set -eu
        while [ "$1" != -- ]; do echo 0 > "$1"; shift; done
        ulimit -c 0
        ulimit -n "$2"
        ulimit -f "$3"
        shift 3
        exec "$@"
        """;

    private const string Stage =
        """
        mount -n --bind -- "$1" "$2" || exit 1
        shift 2
        exec "$@"
        """;

    private const string Inside =
        """
        echo ready
        read -r go && [ "$go" = go ] || exit 125
        if [ "$1" != - ]; then ulimit -p "$1" && ulimit -d "$2" || exit 125; fi
        kind=$3
        shift 3
        if [ "$kind" = kept ]; then "$@"; else "$@" < /dev/null; fi
        exit $?
        """;

    /// <summary>The arguments of the whole chain, the first being the program that starts it.</summary>
    public static List<string> Arguments(
        LaunchSettings settings, SandboxCommand command, IReadOnlyList<string> joinFiles, string? stage, bool isKept)
    {
        var options = settings.Options;
        // dash counts file sizes in blocks of 512 bytes and memory in KiB.
        List<string> arguments =
        [
            "/bin/sh", "-c", Outside, "sh", .. joinFiles, "--",
            options.OpenFilesMax.ToString(), (options.FileBytesMax / 512).ToString(),
        ];
        if (stage is not null)
        {
            arguments.AddRange(
            [
                settings.UnsharePath!, "--mount", "--propagation", "private", "--",
                "/bin/sh", "-c", Stage, "sh", command.Folder!, stage,
            ]);
        }

        arguments.AddRange([settings.SetPrivPath, "--no-new-privs"]);
        if (settings.IsRoot)
        {
            arguments.AddRange(
            [
                $"--reuid={command.User}", $"--regid={command.User}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
            ]);
        }

        arguments.AddRange(
        [
            "--", settings.BubblewrapPath, "--args", OptionsDescriptor.ToString(), "--", "/bin/sh", "-c", Inside, "sh",
        ]);
        if (settings.LimitsByProcess)
            arguments.AddRange([options.ProcessesMax.ToString(), (options.MemoryBytesMax / 1024).ToString()]);
        else
            arguments.AddRange(["-", "-"]);
        arguments.Add(isKept ? "kept" : "once");
        arguments.AddRange(command.Program);
        return arguments;
    }

    /// <summary>The options of bubblewrap, as it reads them from a descriptor: each ended by a zero.</summary>
    public static byte[] BubblewrapOptions(LaunchSettings settings, SandboxCommand command, string? folder)
    {
        var temporary = settings.Options.TemporaryBytesMax.ToString();
        List<string> list =
        [
            "--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000",
            "--hostname", "sandbox", "--clearenv",
        ];
        Variable(list, "PATH", "/usr/local/bin:/usr/bin:/bin");
        Variable(list, "HOME", "/home/agent");
        Variable(list, "TMPDIR", "/tmp");
        Variable(list, "LANG", "C.UTF-8");
        foreach (var (name, value) in command.Environment) Variable(list, name, value);
        var hasNetwork = command.Egress is { IsOpen: true };
        foreach (var (name, value) in hasNetwork ? EgressProxy.Variables : []) Variable(list, name, value);

        // The whole host is never bound: only what programs are made of, and that read-only.
        list.AddRange(["--ro-bind", "/usr", "/usr"]);
        foreach (var (path, target) in settings.SystemLinks) list.AddRange(["--symlink", target, path]);
        foreach (var path in settings.SystemFolders) list.AddRange(["--ro-bind", path, path]);
        list.AddRange(["--proc", "/proc", "--dev", "/dev"]);
        list.AddRange(["--size", temporary, "--tmpfs", "/dev/shm", "--size", temporary, "--tmpfs", "/tmp"]);
        list.AddRange(["--size", (16L << 20).ToString(), "--tmpfs", "/home/agent", "--dir", "/etc"]);
        foreach (var path in settings.SystemFiles) list.AddRange(["--ro-bind", path, path]);
        foreach (var path in hasNetwork ? settings.TrustFiles : []) list.AddRange(["--ro-bind", path, path]);
        list.AddRange(["--ro-bind-data", PasswdDescriptor.ToString(), "/etc/passwd"]);
        list.AddRange(["--ro-bind-data", GroupDescriptor.ToString(), "/etc/group"]);
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

    private static void Variable(List<string> list, string name, string value) =>
        list.AddRange(["--setenv", name, value]);
}
