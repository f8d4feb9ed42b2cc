using System.Diagnostics;
using CodexOS.Testing;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>A file system of its own that is soon full. It needs root, as does the full isolation level.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TempDirectory _mount = new();

    public SmallDisk(int megabytes) => Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=711", "tmpfs", _mount.Path);

    public string Path => _mount.Path;

    private string FillPath => System.IO.Path.Combine(Path, "fill");

    public void Fill(long leaveBytes)
    {
        var free = new DriveInfo(Path).AvailableFreeSpace;
        File.WriteAllBytes(FillPath, new byte[free - leaveBytes]);
    }

    public void Empty() => File.Delete(FillPath);

    public void Dispose()
    {
        Run("umount", "--lazy", Path);
        _mount.Dispose();
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} failed; the test needs root.");
    }
}
