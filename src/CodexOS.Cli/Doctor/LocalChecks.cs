using System.Runtime.CompilerServices;
using CodexOS.Cli.Screens;

namespace CodexOS.Cli.Doctor;

/// <summary>What a server on this machine needs.</summary>
internal static class LocalChecks
{
    private const long DiskWarnBytes = 2L * 1024 * 1024 * 1024;
    private const long DiskFailBytes = 200L * 1024 * 1024;
    private const int NodeMajorMin = 20;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    public static async IAsyncEnumerable<Check> RunAsync(
        Terminal terminal,
        string credentials,
        string? data,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return await BubblewrapAsync(terminal.Clock, cancellationToken);
        yield return await GitAsync(terminal.Clock, cancellationToken);
        yield return await NodeAsync(terminal.Clock, cancellationToken);
        var directory = DataDirectory(terminal, data);
        yield return Data(directory);
        yield return Disk(directory);
        yield return Credentials(credentials);
    }

    private static async Task<Check> BubblewrapAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        const string name = "bubblewrap";
        if (await Probe.RunAsync("bwrap", ["--version"], clock, cancellationToken) is not { ExitCode: 0 } version)
        {
            return new Check(
                name,
                CheckState.Warn,
                "not installed: tools that need the sandbox are refused",
                "apt-get install bubblewrap");
        }

        string[] sandbox =
        [
            "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true",
        ];
        return await Probe.RunAsync("bwrap", sandbox, clock, cancellationToken) is { ExitCode: not 0 } tried
            ? new Check(
                name,
                CheckState.Warn,
                $"installed, but cannot make a sandbox here: {tried.Output}",
                "Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap); "
                    + "in a container, run it privileged")
            : new Check(name, CheckState.Ok, $"{version.Output}, makes sandboxes");
    }

    private static async Task<Check> GitAsync(TimeProvider clock, CancellationToken cancellationToken) =>
        await Probe.RunAsync("git", ["--version"], clock, cancellationToken) is { ExitCode: 0 } version
            ? new Check("git", CheckState.Ok, version.Output)
            : new Check("git", CheckState.Fail, "not installed: workspaces need it", "apt-get install git");

    private static async Task<Check> NodeAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        var fix = $"Install Node {NodeMajorMin} or newer";
        if (await Probe.RunAsync("node", ["--version"], clock, cancellationToken) is not { ExitCode: 0 } version)
        {
            return new Check(
                "node",
                CheckState.Warn,
                "not installed: the sample and building the web page need it",
                fix);
        }

        return int.TryParse(version.Output.TrimStart('v').Split('.')[0], out var major) && major < NodeMajorMin
            ? new Check("node", CheckState.Warn, $"{version.Output} is too old", fix)
            : new Check("node", CheckState.Ok, version.Output);
    }

    // As the server decides it: named, ./data when it is there, else the XDG directory.
    private static string DataDirectory(Terminal terminal, string? named)
    {
        if (named is not null) return Path.Combine(terminal.Directory, named);
        var here = Path.Combine(terminal.Directory, "data");
        if (Directory.Exists(here)) return here;
        var xdg = terminal.Variable("XDG_DATA_HOME") is { Length: > 0 } set
            ? set
            : Path.Combine(terminal.Variable("HOME") ?? "/", ".local", "share");
        return Path.Combine(xdg, "codexos");
    }

    private static Check Data(string directory)
    {
        const string name = "data";
        if (!Directory.Exists(directory))
            return new Check(name, CheckState.Ok, $"{directory} is made at the first start");
        var keys = Path.Combine(directory, "keys");
        if (Directory.Exists(keys) && (File.GetUnixFileMode(keys) & Others) != UnixFileMode.None)
        {
            return new Check(name, CheckState.Fail, $"others can read {keys}", $"chmod -R go= '{keys}'");
        }

        if ((File.GetUnixFileMode(directory) & Others) != UnixFileMode.None)
            return new Check(name, CheckState.Warn, $"others can list {directory}", $"chmod go-rw '{directory}'");
        return IsWritable(directory)
            ? new Check(name, CheckState.Ok, directory)
            : new Check(
                name,
                CheckState.Fail,
                $"{directory} cannot be written by {Environment.UserName}",
                $"chown -R {Environment.UserName} '{directory}'");
    }

    private static bool IsWritable(string directory)
    {
        var probe = Path.Combine(directory, $".doctor-{Path.GetRandomFileName()}");
        try
        {
            using var file = new FileStream(
                probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static Check Disk(string directory)
    {
        const string name = "disk";
        var existing = directory;
        while (!Directory.Exists(existing)) existing = Path.GetDirectoryName(existing)!;
        var free = new DriveInfo(existing).AvailableFreeSpace;
        var text = $"{Format.Size(free)} free for {directory}";
        return free switch
        {
            < DiskFailBytes => new Check(name, CheckState.Fail, text, "Make room, or move the data directory"),
            < DiskWarnBytes => new Check(name, CheckState.Warn, text, "Make room before it runs out"),
            _ => new Check(name, CheckState.Ok, text),
        };
    }

    private static Check Credentials(string path)
    {
        const string name = "credentials";
        if (!File.Exists(path)) return new Check(name, CheckState.Ok, "none kept yet");
        return (File.GetUnixFileMode(path) & Others) == UnixFileMode.None
            ? new Check(name, CheckState.Ok, $"{path}, for its owner only")
            : new Check(name, CheckState.Fail, $"others can read {path}", $"chmod 600 '{path}', then sign in anew");
    }
}
