using System.Globalization;
using System.Security.Cryptography;

namespace CodexOS.Sandbox.Execution;

/// <summary>
/// What programs see as <c>/etc</c>: a folder with copies of the few files they need, because each file that is mounted by
/// itself costs a start a fifth of a millisecond. It is made anew when the system's own files have changed, for instance
/// because a package was installed.
/// </summary>
internal sealed class EtcFolder : IDisposable
{
    private const string Prefix = "etc-";
    private const string Etc = "/etc/";
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode FolderMode = FileMode | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly Lock _lock = new();
    private readonly LaunchSettings _settings;
    private readonly string _folder;
    private string _madeOf = "";
    private string _current = "";
    private int _made;

    /// <summary>Makes it, and removes what processes that are gone left.</summary>
    /// <param name="settings">Which files.</param>
    /// <param name="parent">A folder of this server's own.</param>
    /// <exception cref="IOException">It could not be made.</exception>
    public EtcFolder(LaunchSettings settings, string parent)
    {
        _settings = settings;
        var name = RandomNumberGenerator.GetHexString(16, lowercase: true);
        _folder = Path.Combine(parent, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{name}"));
        Make(Path.GetDirectoryName(parent)!);
        Make(parent);
        foreach (var left in Directory.GetDirectories(parent, $"{Prefix}*"))
        {
            var process = Path.GetFileName(left)[Prefix.Length..].Split('-')[0];
            if (!Directory.Exists($"/proc/{process}")) Directory.Delete(left, recursive: true);
        }

        _ = Current();
    }

    /// <summary>The folder to mount.</summary>
    /// <exception cref="IOException">It could not be made anew.</exception>
    public string Current()
    {
        var now = string.Join('\n', _settings.SystemFiles.Select(Stamp));
        lock (_lock)
        {
            if (now == _madeOf) return _current;
            // Those that were made before stay until the end: sandboxes that still run have them mounted.
            var next = Path.Combine(_folder, (++_made).ToString(CultureInfo.InvariantCulture));
            Fill(next);
            (_madeOf, _current) = (now, next);
            return next;
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private static string Stamp(string path) =>
        string.Create(CultureInfo.InvariantCulture, $"{File.GetLastWriteTimeUtc(path):O} {new FileInfo(path).LinkTarget}");

    private void Fill(string etc)
    {
        Make(_folder);
        Make(etc);
        foreach (var path in _settings.SystemFiles.Where(Path.Exists)) Copy(path, Place(path));
        Write(Place("/etc/passwd"), LaunchPlan.Passwd);
        Write(Place("/etc/group"), LaunchPlan.Group);
        // What is mounted later needs something to be mounted on.
        foreach (var path in _settings.TrustFiles.Concat(_settings.Options.ReadOnlyPaths))
        {
            if (!path.StartsWith(Etc, StringComparison.Ordinal) || Path.Exists(Place(path))) continue;
            if (Directory.Exists(path)) MakeAll(Place(path));
            else
            {
                MakeAll(Path.GetDirectoryName(Place(path))!);
                Write(Place(path), []);
            }
        }

        string Place(string path) => Path.Combine(etc, path[Etc.Length..]);

        void MakeAll(string folder)
        {
            if (folder.Length > etc.Length) MakeAll(Path.GetDirectoryName(folder)!);
            Make(folder);
        }
    }

    private static void Copy(string from, string to)
    {
        if (new FileInfo(from).LinkTarget is { } target)
        {
            File.CreateSymbolicLink(to, target);
        }
        else if (Directory.Exists(from))
        {
            Make(to);
            foreach (var entry in Directory.EnumerateFileSystemEntries(from))
                Copy(entry, Path.Combine(to, Path.GetFileName(entry)));
        }
        else
        {
            Write(to, File.ReadAllBytes(from));
        }
    }

    // Modes are set by themselves: what a server's mask leaves of them may be too little for the user inside.
    private static void Make(string folder)
    {
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, FolderMode);
    }

    private static void Write(string path, ReadOnlySpan<byte> content)
    {
        File.WriteAllBytes(path, content);
        File.SetUnixFileMode(path, FileMode);
    }
}
