namespace CodexOS.Platform.Storage;

/// <summary>
/// The one directory that holds everything an installation owns: database, blobs, workspaces, keys. Back it up and you
/// have everything. It and its <c>keys</c> folder are readable by their owner only. Where several servers work together,
/// each has a directory of its own, and what all of them must reach is in another that they share.
/// </summary>
public sealed class DataDirectory
{
    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly TimeSpan s_holdMax = TimeSpan.FromSeconds(30);

    /// <summary>Opens the directory, creating it where needed.</summary>
    /// <param name="path">The server's own directory.</param>
    /// <param name="shared">The directory that it shares with other servers; its own by default.</param>
    public DataDirectory(string path, string? shared = null)
    {
        Path = System.IO.Path.GetFullPath(path);
        Shared = shared is null ? Path : System.IO.Path.GetFullPath(shared);
        // Sandboxes run as other users and reach their own workspace below it, so the top may be passed through.
        Directory.CreateDirectory(Path, OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        Directory.CreateDirectory(Shared, OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        Directory.CreateDirectory(Keys, OwnerOnly);
    }

    /// <summary>The absolute path of what belongs to this server alone.</summary>
    public string Path { get; }

    /// <summary>The absolute path of what all servers of the installation share.</summary>
    public string Shared { get; }

    /// <summary>Whether other servers may work in <see cref="Shared"/> at the same time.</summary>
    public bool IsShared => Shared != Path;

    /// <summary>Where keys are kept, one file each, mode 0600.</summary>
    public string Keys => System.IO.Path.Combine(Shared, "keys");

    /// <summary>A path inside this server's own directory.</summary>
    public string In(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>A path inside the directory that the servers of the installation share.</summary>
    public string InShared(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Shared, .. parts]);

    /// <summary>
    /// Keeps the other servers out while something is made that there must be one of. Held until it is disposed, or until
    /// the process ends.
    /// </summary>
    /// <exception cref="TimeoutException">Another server holds it for longer than anything takes.</exception>
    public async Task<IDisposable> HoldSharedAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(clock);
        var path = System.IO.Path.Combine(Keys, "lock");
        for (var began = clock.GetTimestamp(); ;)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (clock.GetElapsedTime(began) < s_holdMax)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), clock, cancellationToken);
            }
            catch (IOException busy)
            {
                throw new TimeoutException($"Another server holds {path} for more than {s_holdMax.TotalSeconds:0} s.", busy);
            }
        }
    }

    /// <summary>Writes a file that only its owner may read, whole or not at all.</summary>
    public static void WriteSecret(string path, ReadOnlySpan<byte> content)
    {
        var partial = WritePartial(path, content);
        File.Move(partial, path, overwrite: true);
    }

    /// <summary>The same, unless the file is there already: of several that try at once, one succeeds.</summary>
    public static bool TryWriteSecret(string path, ReadOnlySpan<byte> content)
    {
        var partial = WritePartial(path, content);
        try
        {
            File.Move(partial, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(partial);
            return false;
        }
    }

    private static string WritePartial(string path, ReadOnlySpan<byte> content)
    {
        var partial = $"{path}.{System.IO.Path.GetRandomFileName()}";
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using var file = new FileStream(partial, options);
        file.Write(content);
        file.Flush(flushToDisk: true);
        return partial;
    }
}
