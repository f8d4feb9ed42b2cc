using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;

namespace CodexOS.Sandbox.Execution;

/// <summary>What of the launch chain depends on the machine and not on the command.</summary>
internal sealed record LaunchSettings
{
    private static readonly string[] s_programFolders = ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin"];
    private static readonly string[] s_files =
        ["/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime"];

    // What TLS clients check hosts by; no private keys are kept there.
    private static readonly string[] s_trust =
        ["/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/ca-certificates", "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted"];

    private static readonly string[] s_stages = ["/mnt", "/media", "/srv", "/opt"];

    public required SandboxOptions Options { get; init; }

    /// <summary>The program that builds the walls: bubblewrap, or the container runtime.</summary>
    public required string ProgramPath { get; init; }

    public required string SetPrivPath { get; init; }

    /// <summary>Whether the server may choose the user that programs run as.</summary>
    public required bool IsRoot { get; init; }

    /// <summary>Whether memory and processes are limited by process, for want of control groups.</summary>
    public required bool LimitsByProcess { get; init; }

    /// <summary>As root: a user that owns nothing, beyond those of the workspaces.</summary>
    public long NobodysUser => (long)Options.UserIdFirst + Options.UserIdsMax;

    /// <summary>The isolation that these settings give.</summary>
    public IsolationLevel Level => IsRoot && !LimitsByProcess ? IsolationLevel.Full : IsolationLevel.Reduced;

    /// <summary>Top-level links into <c>/usr</c>.</summary>
    public required IReadOnlyList<(string Path, string Target)> SystemLinks { get; init; }

    /// <summary>Top-level folders, where a system still has them beside <c>/usr</c>.</summary>
    public required IReadOnlyList<string> SystemFolders { get; init; }

    /// <summary>What programs need from <c>/etc</c>.</summary>
    public required IReadOnlyList<string> SystemFiles { get; init; }

    /// <summary>What programs with a network need besides.</summary>
    public required IReadOnlyList<string> TrustFiles { get; init; }

    /// <summary>As root: a folder over which a workspace can be mounted that its user cannot reach otherwise.</summary>
    public required string? Stage { get; init; }

    /// <summary>As root: the program that makes a mount namespace for that, so that nobody else sees the mount.</summary>
    public required string? UnsharePath { get; init; }

    /// <summary>
    /// Whether the first program of the chain can be started as the workspace's user at once. Where something has to be mounted
    /// first, or bubblewrap gains privileges by being executed, setpriv is in the chain.
    /// </summary>
    public bool SpawnsAsUser(string? stage) => IsRoot && stage is null && !IsProgramPrivileged;

    /// <summary>Whether the program that builds the walls runs as its owner, whoever executes it.</summary>
    public required bool IsProgramPrivileged { get; init; }

    /// <summary>
    /// The place over which the folder of a command has to be mounted because there is a layer over it, or because the
    /// workspace's user cannot pass through all folders above it, for instance with data below /root; null if the folder can be
    /// named as it is.
    /// </summary>
    /// <remarks>
    /// The mount is made in the launch chain and never in this process: the runtime starts threads from any thread, and one
    /// started from a thread with a mount namespace of its own would stay in it.
    /// </remarks>
    public string? StageFor(SandboxCommand command)
    {
        if (command.Layer is not null) return Stage ?? throw new IOException("There is no place to mount a layer at.");
        if (Stage is null || command.Folder is not { } folder) return null;
        for (var at = Path.GetDirectoryName(folder); at is not null; at = Path.GetDirectoryName(at))
        {
            if (!File.GetUnixFileMode(at).HasFlag(UnixFileMode.OtherExecute)) return Stage;
        }

        return null;
    }

    /// <summary>Looks at the machine, or says what it lacks.</summary>
    public static Result<LaunchSettings> Read(SandboxOptions options, bool hasControlGroups)
    {
        var isRoot = Libc.GetEffectiveUser() == 0;
        if (!FindProgram(options, isRoot).TryGet(out var program, out var missing)) return missing;

        if (Find("setpriv") is not { } setPriv)
        {
            return SandboxFaults.Unavailable(
                "setpriv is not installed, and nothing is executed without it. Install it with 'apt-get install util-linux'.");
        }

        var links = new List<(string, string)>();
        var folders = new List<string>();
        foreach (var path in (string[])["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"])
        {
            if (new DirectoryInfo(path).LinkTarget is { } target) links.Add((path, target));
            else if (Directory.Exists(path)) folders.Add(path);
        }

        var unshare = Find("unshare");
        if (isRoot && (unshare is null || Find("mount") is null))
        {
            return SandboxFaults.Unavailable(
                "unshare or mount is not installed, and nothing is executed without it. "
                + "Install them with 'apt-get install util-linux mount'.");
        }

        return new LaunchSettings
        {
            Options = options,
            ProgramPath = program,
            IsProgramPrivileged =
                (File.GetUnixFileMode(program) & (UnixFileMode.SetUser | UnixFileMode.SetGroup)) != UnixFileMode.None,
            SetPrivPath = setPriv,
            IsRoot = isRoot,
            LimitsByProcess = !hasControlGroups,
            SystemLinks = links,
            SystemFolders = folders,
            SystemFiles = [.. s_files.Where(Path.Exists)],
            TrustFiles = [.. s_trust.Where(Path.Exists)],
            Stage = isRoot ? s_stages.FirstOrDefault(Directory.Exists) : null,
            UnsharePath = unshare,
        };
    }

    private static Result<string> FindProgram(SandboxOptions options, bool isRoot)
    {
        if (options.Driver is SandboxDriver.Bubblewrap)
        {
            if (Find(options.BubblewrapPath) is { } bubblewrap) return bubblewrap;
            return SandboxFaults.Unavailable(
                $"bubblewrap ({options.BubblewrapPath}) is not installed, and nothing is executed without it. Install it with "
                + "'apt-get install bubblewrap' or 'dnf install bubblewrap', or set Sandbox:BubblewrapPath.");
        }

        if (!isRoot)
        {
            return SandboxFaults.Unavailable(
                "The container driver needs a server that runs as root. Run it as root, or set Sandbox:Driver to Bubblewrap.");
        }

        if (Path.GetFileName(options.ContainerRuntime) != "crun")
        {
            return SandboxFaults.Unavailable(
                $"Sandbox:ContainerRuntime is {options.ContainerRuntime}, and only crun takes the system-call filter as it is. "
                + "Set it to crun.");
        }

        if (Find(options.ContainerRuntime) is { } crun) return crun;
        return SandboxFaults.Unavailable(
            $"crun ({options.ContainerRuntime}) is not installed, and Sandbox:Driver asks for it. Install it with "
            + "'apt-get install crun' or 'dnf install crun', or set Sandbox:Driver to Bubblewrap.");
    }

    /// <summary>Where a program of the system is; null if it is not there.</summary>
    public static string? Find(string program)
    {
        if (Path.IsPathRooted(program)) return File.Exists(program) ? program : null;
        return s_programFolders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
    }
}
