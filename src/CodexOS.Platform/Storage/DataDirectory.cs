namespace CodexOS.Platform.Storage;

/// <summary>
/// The one directory that holds everything an installation owns: database, blobs, workspaces, keys. Back it up and you
/// have everything. It and its <c>keys</c> folder are readable by their owner only.
/// </summary>
public sealed class DataDirectory
{
    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Opens the directory, creating it where needed.</summary>
    public DataDirectory(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        // Sandboxes run as other users and reach their own workspace below it, so the top may be passed through.
        Directory.CreateDirectory(Path, OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        Directory.CreateDirectory(Keys, OwnerOnly);
    }

    /// <summary>The absolute path.</summary>
    public string Path { get; }

    /// <summary>Where keys are kept, one file each, mode 0600.</summary>
    public string Keys => System.IO.Path.Combine(Path, "keys");

    /// <summary>A path inside the directory.</summary>
    public string In(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Writes a file that only its owner may read, whole or not at all.</summary>
    public static void WriteSecret(string path, ReadOnlySpan<byte> content)
    {
        var partial = $"{path}.{System.IO.Path.GetRandomFileName()}";
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var file = new FileStream(partial, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(partial, path, overwrite: true);
    }
}
