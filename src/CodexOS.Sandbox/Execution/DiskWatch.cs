using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Workspaces;

namespace CodexOS.Sandbox.Execution;

/// <summary>What a look at the disk says.</summary>
internal enum DiskVerdict
{
    /// <summary>All is well.</summary>
    Fine,

    /// <summary>The folder exceeds its limits.</summary>
    FolderTooLarge,

    /// <summary>Hardly anything is free on the disk.</summary>
    DiskFull,
}

/// <summary>
/// Holds a sandbox to its folder's limits while it writes. Asking the file system how much is free costs microseconds, so
/// that is done often; the folder is measured only when the free space has shrunk by what the folder may still grow, and
/// now and then for what the file system does not tell. Of a folder with a layer over it only the layer is watched: it may be
/// as large as the folder may, and the two together are looked at in the end.
/// </summary>
internal sealed class DiskWatch : IDisposable
{
    private static readonly TimeSpan s_measureEvery = TimeSpan.FromSeconds(2);
    private readonly Folder _folder;
    private readonly SandboxCommand _command;
    private readonly SandboxOptions _options;
    private readonly TimeProvider _clock;
    private DiskFacts _before;
    private TreeSize _size;
    private TimeSpan _pause = s_measureEvery;
    private long _measured;

    public DiskWatch(SandboxCommand command, SandboxOptions options, TimeProvider clock)
    {
        _folder = Folder.Open(command.Layer is { } layer ? Layer.UpperOf(layer) : command.Folder!);
        _command = command;
        _options = options;
        _clock = clock;
    }

    /// <summary>Measures the folder; to be done before the program starts.</summary>
    public void Measure()
    {
        var began = _clock.GetTimestamp();
        _before = _folder.Disk();
        _size = Tree.Measure(_folder, _options.WorkspaceDepthMax, CancellationToken.None);
        _measured = _clock.GetTimestamp();
        _pause = _clock.GetElapsedTime(began, _measured) * 10;
    }

    /// <summary>How often to look.</summary>
    public TimeSpan CheckEvery { get; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Looks.</summary>
    public DiskVerdict Check()
    {
        var now = _folder.Disk();
        if (now.FreeBytes < _options.DiskFreeBytesMin / 2) return DiskVerdict.DiskFull;
        var grownBytes = _before.FreeBytes - now.FreeBytes;
        var grownFiles = (long)_before.FilesFree - (long)now.FilesFree;
        var suspicious = grownBytes > _command.FolderSizeBytesMax - _size.Bytes
            || grownFiles > _command.FolderFilesMax - _size.Files;
        var age = _clock.GetElapsedTime(_measured);
        // Measuring may take a tenth of the time at most, however large the folder is.
        if (age >= _pause && (suspicious || age >= s_measureEvery)) Measure();
        return IsTooLarge(_size) ? DiskVerdict.FolderTooLarge : DiskVerdict.Fine;
    }

    /// <summary>
    /// Looks at everything when the program has ended: what it wrote into a layer is put in place, unless it is too large even
    /// by itself. False if the folder exceeds its limits.
    /// </summary>
    public bool Settle()
    {
        Measure();
        if (IsTooLarge(_size)) return false;
        if (_command.Layer is not { } layer) return true;
        Layer.Settle(_command.Folder!, layer, _options.WorkspaceDepthMax);
        using var settled = Folder.Open(_command.Folder!);
        return !IsTooLarge(Tree.Measure(settled, _options.WorkspaceDepthMax, CancellationToken.None));
    }

    public void Dispose() => _folder.Dispose();

    private bool IsTooLarge(in TreeSize size) =>
        size.Bytes > _command.FolderSizeBytesMax || size.Files > _command.FolderFilesMax || size.IsTooDeep;
}
