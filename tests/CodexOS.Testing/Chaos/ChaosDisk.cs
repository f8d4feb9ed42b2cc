using System.Diagnostics;

namespace CodexOS.Testing.Chaos;

/// <summary>
/// A file system in memory that can be made full at any moment, by making it as small as what is on it. It needs root.
/// </summary>
internal sealed class ChaosDisk : IDisposable
{
    private const int SizeMaxMiB = 1_024;
    private readonly TempDirectory _mount = new();

    public ChaosDisk() => Run("mount", "-t", "tmpfs", "-o", $"size={SizeMaxMiB}m,mode=700", "tmpfs", _mount.Path);

    public string Path => _mount.Path;

    /// <summary>Whether this user may make one.</summary>
    public static bool IsPossible => Environment.UserName == "root";

    /// <summary>From now on hardly a page more fits; false if what is on it grew faster than it could be measured.</summary>
    public bool Fill(int leaveKiB)
    {
        var drive = new DriveInfo(Path);
        var usedKiB = (drive.TotalSize - drive.TotalFreeSpace) / 1_024;
        return TryRun("mount", "-o", $"remount,size={usedKiB + leaveKiB}k", Path);
    }

    /// <summary>There is room again.</summary>
    public void Free() => Run("mount", "-o", $"remount,size={SizeMaxMiB}m", Path);

    public void Dispose()
    {
        TryRun("umount", "--lazy", Path);
        _mount.Dispose();
    }

    private static void Run(string program, params string[] arguments)
    {
        if (!TryRun(program, arguments))
            throw new InvalidOperationException($"{program} failed: a disk that can be filled needs root.");
    }

    private static bool TryRun(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
