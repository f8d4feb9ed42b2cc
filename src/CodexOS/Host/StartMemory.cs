using System.Globalization;
using System.Runtime.InteropServices;

namespace CodexOS.Host;

/// <summary>
/// Gives back the memory that only the start needed: what the garbage collector can spare, and the pages of program files
/// that were read to start and may never be read again. The kernel keeps those files in its cache for as long as it has room,
/// and a page that is needed after all is mapped again without this process noticing.
/// </summary>
internal static partial class StartMemory
{
    private const int DontNeed = 4;

    // The runtime changes pages of a library only in the moment in which it loads it.
    private static readonly TimeSpan s_loadingMax = TimeSpan.FromSeconds(3);

    /// <summary>Gives it back, a few seconds from now.</summary>
    public static async Task GiveBackAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux()) return;
        var loaded = CleanPages(await File.ReadAllTextAsync("/proc/self/smaps", cancellationToken));
        await Task.Delay(s_loadingMax, clock, cancellationToken);
        var still = CleanPages(await File.ReadAllTextAsync("/proc/self/smaps", cancellationToken));
        foreach (var range in still.Intersect(loaded))
            _ = Advise((nint)range.Begin, (nuint)(range.End - range.Begin), DontNeed);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <summary>
    /// The mapped ranges of files, as <c>/proc/self/smaps</c> lists them, that this process can only read or execute and of
    /// which it has changed no page: whatever is in them can be read again from the file.
    /// </summary>
    internal static HashSet<(ulong Begin, ulong End)> CleanPages(string smaps)
    {
        var found = new HashSet<(ulong, ulong)>();
        (ulong Begin, ulong End)? range = null;
        foreach (var line in smaps.AsSpan().EnumerateLines())
        {
            if (RangeOf(line) is { } header)
            {
                range = header.IsCandidate ? (header.Begin, header.End) : null;
                if (range is { } candidate) found.Add(candidate);
            }
            else if (range is { } current && IsChanged(line))
            {
                found.Remove(current);
            }
        }

        return found;
    }

    // 7f6e25c00000-7f6e25c21000 r-xp 00001000 fe:00 1234   /usr/lib/libc.so.6
    private static (ulong Begin, ulong End, bool IsCandidate)? RangeOf(ReadOnlySpan<char> line)
    {
        var dash = line.IndexOf('-');
        var space = line.IndexOf(' ');
        if (dash <= 0 || space <= dash || line.Length < space + 5) return null;
        if (!TryRead(line[..dash], out var begin) || !TryRead(line[(dash + 1)..space], out var end)) return null;
        var rights = line.Slice(space + 1, 4);
        var isOfFile = line.Contains(" /", StringComparison.Ordinal);
        return (begin, end, isOfFile && rights[0] == 'r' && rights[1] == '-' && rights[3] == 'p');
    }

    private static bool TryRead(ReadOnlySpan<char> text, out ulong address) =>
        ulong.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out address);

    private static bool IsChanged(ReadOnlySpan<char> line) =>
        (line.StartsWith("Anonymous:", StringComparison.Ordinal) || line.StartsWith("Private_Dirty:", StringComparison.Ordinal)
            || line.StartsWith("Swap:", StringComparison.Ordinal) || line.StartsWith("Locked:", StringComparison.Ordinal))
        && !line.EndsWith(" 0 kB", StringComparison.Ordinal);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
