using System.Diagnostics;
using CodexOS.Sandbox;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Search;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Testing;

namespace CodexOS.Bench;

/// <summary>
/// Measures what a step costs on large workspaces: the copy that each change works on, and a search. Trees are made anew, so
/// files are in the page cache, as those of a workspace in use are.
/// </summary>
internal static class WorkspaceBench
{
    private const int Rounds = 5;

    public static async Task<int> RunAsync(string results)
    {
        using var temp = new TempDirectory();
        using var box = new BenchSandbox();
        var report = new Report("workspace", "the copy of a version, a step with a program, and a search, on one thread");
        foreach (var (files, bytesEach) in ((int, int)[])[(20, 1_000), (1_000, 2_000), (5_000, 40_000)])
        {
            await WorkspaceSteps.MeasureAsync(
                report, box, NameOf(files, bytesEach), root => Fill(root, files, new string('x', bytesEach)));
        }

        CopyTree(report, temp, files: 10_000, bytesEach: 20_000);
        CopyTree(report, temp, files: 1_000, bytesEach: 2_000);
        SearchTree(report, temp, files: 20_000, linesEach: 100);
        report.Write(results);
        return 0;
    }

    private static void CopyTree(Report report, TempDirectory temp, int files, int bytesEach)
    {
        var name = NameOf(files, bytesEach);
        var root = Fill(temp.In($"copy-{files}"), files, new string('x', bytesEach));
        for (var round = 0; round < Rounds; round++)
        {
            var target = Directory.CreateDirectory(temp.In($"copied-{files}-{round}")).FullName;
            using (var from = Folder.Open(root))
            using (var to = Folder.Open(target))
            {
                report.Add($"copy of {name}", Time(() => Tree.Copy(from, to, null, 64, CancellationToken.None)), "ms");
                report.Add($"measuring {name}", Time(() => Tree.Measure(to, 64, CancellationToken.None)), "ms");
                report.Add($"sync after the copy of {name}", Time(to.SyncDisk), "ms");
            }

            var linked = Directory.CreateDirectory(temp.In($"linked-{files}-{round}")).FullName;
            using (var from = Folder.Open(root))
            using (var to = Folder.Open(linked))
            {
                report.Add(
                    $"sharing of {name}", Time(() => Tree.Copy(from, to, null, 64, CancellationToken.None, shareFiles: true)), "ms");
                report.Add($"sync after the sharing of {name}", Time(to.SyncDisk), "ms");
            }

            using var parent = Folder.Open(temp.Path);
            report.Add(
                $"removal of {name}", Time(() => Tree.Remove(parent, Folder.Name(Path.GetFileName(target)), CancellationToken.None)), "ms");
        }
    }

    private static void SearchTree(Report report, TempDirectory temp, int files, int linesEach)
    {
        var root = Fill(
            temp.In("search"), files, string.Concat(Enumerable.Range(0, linesEach).Select(static i => $"line {i} of some source text();\n")));
        File.AppendAllText(Path.Combine(root, "d7", "f7"), "the needle is here\n");
        (string Name, string Pattern, bool IsLiteral)[] searches =
            [("a word", "needle", true), ("an expression", @"n[e]+dle\s+is", false), ("nothing", @"nothing\d+here$", false)];
        foreach (var (name, pattern, isLiteral) in searches)
        {
            for (var round = 0; round < Rounds; round++)
            {
                using var folder = Folder.Open(root);
                var query = new SearchQuery(
                    SearchPattern.Compile(pattern, isLiteral, false, SearchCase.Sensitive).Value, WorkspacePath.Parse("").Value, PathFilter.Make([], [], []).Value);
                var pass = new SearchPass(folder, query, new SandboxOptions { SearchTimeMax = TimeSpan.FromMinutes(1) },
                    TimeProvider.System, CancellationToken.None);
                var before = GC.GetTotalAllocatedBytes(precise: true);
                report.Add($"search of {files:N0} files for {name}", Time(() => pass.Search(folder)), "ms");
                report.Add(
                    $"allocated by it, for {name}", (GC.GetTotalAllocatedBytes(precise: true) - before) / 1e6, "MB");
            }
        }
    }

    private static string NameOf(int files, int bytesEach) => $"{files:N0} files, {(long)files * bytesEach / 1_000_000} MB";

    private static string Fill(string root, int files, string content)
    {
        const int filesPerFolder = 100;
        for (var i = 0; i < files; i++)
        {
            var folder = Path.Combine(root, $"d{i / filesPerFolder}");
            if (i % filesPerFolder == 0) Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, $"f{i}"), content);
        }

        return root;
    }

    private static double Time(Action work)
    {
        var began = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }
}
