using CodexOS.Sandbox.Native;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Looks at the machine's processes from outside of a sandbox.</summary>
internal static class HostProcesses
{
    /// <summary>The processes that run with an argument, as a sandbox does with the marker of a test.</summary>
    public static List<int> With(string argument)
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var id) || id == Environment.ProcessId) continue;
            try
            {
                if (File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0').Contains(argument)) found.Add(id);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return found;
    }

    /// <summary>Waits until so many processes run with an argument: nobody tells when a program has taken its place.</summary>
    public static async Task<List<int>> AtLeastAsync(int count, string argument, CancellationToken cancellationToken)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        while (true)
        {
            if (With(argument) is { } found && found.Count >= count) return found;
            await tick.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>Waits until a process has ended; false if it does not in time.</summary>
    public static bool AwaitEnd(int process, TimeSpan atMost)
    {
        using SafeFileHandle? handle = ChildProcess.OpenHandle(process);
        if (handle is null) return true;
        Span<PollEntry> entries =
            [new PollEntry { Descriptor = (int)handle.DangerousGetHandle(), Wanted = PollEntry.Readable }];
        Descriptors.Wait(entries, atMost);
        return entries[0].Happened != 0;
    }
}
