using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Workspaces;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Execution;

/// <summary>Finds out whether layers work on a file system, by mounting one and putting in place what was done in it.</summary>
internal static class LayerTrial
{
    private static readonly TimeSpan s_timeMax = TimeSpan.FromSeconds(10);

    /// <summary>Tries.</summary>
    /// <param name="settings">What this machine gives.</param>
    /// <param name="place">A folder that is not there yet; it is removed again.</param>
    public static bool Succeeds(LaunchSettings settings, string place)
    {
        if (!settings.IsRoot || settings.Stage is not { } stage) return false;
        var folder = Path.Combine(place, "files");
        var layer = Path.Combine(place, "layer");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "kept"));
            File.WriteAllBytes(Path.Combine(folder, "kept", "file"), "1"u8.ToArray());
            File.WriteAllBytes(Path.Combine(folder, "gone"), []);
            Layer.Begin(folder, layer);
            var command = new SandboxCommand([], s_timeMax) { Folder = folder, Layer = layer };
            if (!Run(LaunchPlan.LayerTrial(settings, command, stage)) || !IsRenamed(layer)) return false;
            Layer.Settle(folder, layer, settings.Options.WorkspaceDepthMax);
            return Directory.GetFileSystemEntries(folder) is [var moved]
                && Path.GetFileName(moved) == "moved" && File.Exists(Path.Combine(moved, "file"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            if (Directory.Exists(place)) Directory.Delete(place, recursive: true);
        }
    }

    /// <summary>Whether the folder was renamed as such; where it cannot be, its files are copied.</summary>
    private static bool IsRenamed(string layer)
    {
        using var upper = Folder.Open(Layer.UpperOf(layer));
        using var moved = upper.Enter(Folder.Name("moved")).Folder;
        return moved?.Attribute(Layer.MovedFrom) is not null;
    }

    private static bool Run(List<string> arguments)
    {
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        SafeFileHandle[] ends = [nothing, nothing, nothing];
        using var process = ChildProcess.Start(arguments[0], arguments, LaunchPlan.Environment, ends);
        Span<PollEntry> entries = [new() { Descriptor = (int)process.Handle.DangerousGetHandle(), Wanted = PollEntry.Readable }];
        Descriptors.Wait(entries, s_timeMax);
        process.Kill();
        return process.Reap() == 0;
    }
}
