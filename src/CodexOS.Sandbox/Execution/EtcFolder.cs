using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CodexOS.Sandbox.Execution;

/// <summary>
/// What programs see as <c>/etc</c>: a folder with copies of the few files they need, because each file that is mounted by
/// itself costs a start a fifth of a millisecond. It is named after what it was made of and never changes, so servers and
/// their successors share it; when the system's own files have changed, for instance because a package was installed,
/// there is another. Those before stay, for sandboxes that still run have them mounted, until the machine starts anew.
/// </summary>
internal sealed class EtcFolder
{
    private const string Etc = "/etc/";
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode FolderMode = FileMode | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly Lock _lock = new();
    private readonly LaunchSettings _settings;
    private readonly string _parent;
    private readonly string _fixedPart;
    private string _madeOf = "";
    private string _current = "";

    /// <summary>Makes it, unless it is there already.</summary>
    /// <param name="settings">Which files.</param>
    /// <param name="parent">A folder that only root can write to.</param>
    /// <exception cref="IOException">It could not be made.</exception>
    public EtcFolder(LaunchSettings settings, string parent)
    {
        (_settings, _parent) = (settings, parent);
        _fixedPart = string.Join('\n', [
            Encoding.UTF8.GetString(LaunchPlan.Passwd), Encoding.UTF8.GetString(LaunchPlan.Group),
            .. settings.SystemFiles, .. settings.TrustFiles, .. settings.Options.ReadOnlyPaths]);
        Make(parent);
        _ = Current();
    }

    /// <summary>The folder to mount.</summary>
    /// <exception cref="IOException">It could not be made anew.</exception>
    public string Current()
    {
        var now = string.Join('\n', [_fixedPart, .. _settings.SystemFiles.Select(Stamp)]);
        lock (_lock)
        {
            if (now == _madeOf) return _current;
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(now)));
            var folder = Path.Combine(_parent, $"etc-{hash[..32]}");
            if (!Directory.Exists(folder)) MakeWhole(folder);
            (_madeOf, _current) = (now, folder);
            return folder;
        }
    }

    /// <summary>Makes the folder so that nobody ever sees a part of it.</summary>
    private void MakeWhole(string folder)
    {
        var unfinished = $"{folder}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        try
        {
            Fill(unfinished);
            Directory.Move(unfinished, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another server was quicker, with the same content.
        }
        finally
        {
            if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
        }
    }

    private static string Stamp(string path) =>
        string.Create(CultureInfo.InvariantCulture, $"{File.GetLastWriteTimeUtc(path):O} {new FileInfo(path).LinkTarget}");

    private void Fill(string etc)
    {
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
