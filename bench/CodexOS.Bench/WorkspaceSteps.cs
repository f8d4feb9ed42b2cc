using System.Diagnostics;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Workspaces;

namespace CodexOS.Bench;

/// <summary>
/// Measures what a step costs in which a program changes one file and makes another: on a copy of the version before, and in a
/// layer over files that are shared with it. The version before that is then removed, as the oldest one is in each step.
/// </summary>
internal static class WorkspaceSteps
{
    private const int Steps = 5;
    private const int DepthMax = 64;

    public static async Task MeasureAsync(Report report, BenchSandbox box, string name, Action<string> fill)
    {
        var place = Path.Combine(box.DataPath, $"steps-{Path.GetRandomFileName()}");
        var given = Directory.CreateDirectory(Path.Combine(place, "given")).FullName;
        fill(given);
        var first = Directory.CreateDirectory(Path.Combine(place, "files")).FullName;
        using (var from = Folder.Open(given))
        using (var to = Folder.Open(first)) Tree.Copy(from, to, BenchSandbox.User, DepthMax, CancellationToken.None);
        foreach (var isLayered in (bool[])[false, true])
        {
            var way = isLayered ? "in a layer" : "on a copy";
            var before = first;
            for (var step = 0; step < Steps; step++)
            {
                var began = Stopwatch.GetTimestamp();
                var after = Path.Combine(place, $"{isLayered}-{step}", "files");
                await StepAsync(box, before, Directory.CreateDirectory(after).FullName, isLayered);
                report.Add($"a step {way}: {name}", Stopwatch.GetElapsedTime(began).TotalMilliseconds, "ms");
                if (before != first) Remove(report, $"removing a version after steps {way}: {name}", before);
                before = after;
            }
        }
    }

    private static async Task StepAsync(BenchSandbox box, string before, string after, bool isLayered)
    {
        using var to = Folder.Open(after);
        using (var from = Folder.Open(before))
            Tree.Copy(from, to, BenchSandbox.User, DepthMax, CancellationToken.None, shareFiles: isLayered);
        Folder.Give(to.Handle, BenchSandbox.User);
        var command = box.Command(["/bin/sh", "-c", "echo changed >> d0/f0; echo new > new"]) with
        {
            Folder = after,
            Layer = isLayered ? Path.Combine(Path.GetDirectoryName(after)!, "layer") : null,
        };
        var exit = (await box.Sandbox.RunAsync(command, CancellationToken.None)).Value;
        if (exit.ExitCode != 0) throw new InvalidOperationException($"It failed: {exit.Error.Text}");
        _ = Tree.Measure(to, DepthMax, CancellationToken.None);
        to.SyncDisk();
    }

    private static void Remove(Report report, string series, string files)
    {
        var began = Stopwatch.GetTimestamp();
        using var parent = Folder.Open(Path.GetDirectoryName(files)!);
        Tree.Remove(parent, Folder.Name(Path.GetFileName(files)), CancellationToken.None);
        report.Add(series, Stopwatch.GetElapsedTime(began).TotalMilliseconds, "ms");
    }
}
