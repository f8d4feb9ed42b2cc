using System.Globalization;
using System.Runtime.InteropServices;

namespace CodexOS.Host;

/// <summary>
/// Gives back the memory that a resting server does not need: what the garbage collector and the C library can spare, and
/// the pages of program files that were read to start or to work and may not be read again for long. The kernel keeps those
/// files in its cache for as long as it has room, and a page that is needed after all is mapped again without this process
/// noticing.
/// </summary>
internal static partial class IdleMemory
{
    private const int DontNeed = 4;
    private const int PageOut = 21;

    // The runtime changes pages of a library only in the moment in which it loads it.
    private static readonly TimeSpan s_loadingMax = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan s_restMin = TimeSpan.FromSeconds(10);

    /// <summary>Gives it back a few seconds from now, and then whenever the server has rested and grown.</summary>
    public static async Task GiveBackAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux()) return;
        await GiveBackOnceAsync(clock, cancellationToken);
        var look = Look(clock);
        var residentLeft = look.ResidentBytes;
        using var timer = new PeriodicTimer(s_restMin, clock);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var now = Look(clock);
            if (IsWorthwhile(look, now, residentLeft))
            {
                await GiveBackOnceAsync(clock, cancellationToken);
                now = Look(clock);
                residentLeft = now.ResidentBytes;
            }

            look = now;
        }
    }

    /// <summary>
    /// Whether the process did next to nothing between two looks (at most a twentieth of one processor) and has grown by an
    /// eighth since it last gave memory back.
    /// </summary>
    internal static bool IsWorthwhile(ProcessLook before, ProcessLook now, long residentLeft) =>
        (now.Processor - before.Processor) * 20 <= now.At - before.At && now.ResidentBytes - residentLeft >= residentLeft / 8;

    private static ProcessLook Look(TimeProvider clock) =>
        new(TimeSpan.FromSeconds(clock.GetTimestamp() / (double)clock.TimestampFrequency), Environment.CpuUsage.TotalTime,
            Environment.WorkingSet);

    private static async Task GiveBackOnceAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        var loaded = FileRanges(await File.ReadAllTextAsync("/proc/self/smaps", cancellationToken));
        await Task.Delay(s_loadingMax, clock, cancellationToken);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "malloc_trim", out _)) _ = TrimHeap(0);
        var still = FileRanges(await File.ReadAllTextAsync("/proc/self/smaps", cancellationToken));
        foreach (var range in still.Intersect(loaded))
            _ = Advise((nint)range.Begin, (nuint)(range.End - range.Begin), range.IsClean ? DontNeed : PageOut);
    }

    /// <summary>
    /// The mapped ranges of files, as <c>/proc/self/smaps</c> lists them, shared ones that are written to left out. A clean
    /// one can only be read or executed, and no page of it differs from the file: all of it can be read again from there.
    /// Of another one only the kernel knows which pages those are.
    /// </summary>
    internal static HashSet<FileRange> FileRanges(string smaps)
    {
        var found = new HashSet<FileRange>();
        FileRange? current = null;
        foreach (var line in smaps.AsSpan().EnumerateLines())
        {
            if (IsHeader(line, out var range))
            {
                if (current is { } ended) found.Add(ended);
                current = range;
            }
            else if (current is { IsClean: true } clean && IsChanged(line))
            {
                current = clean with { IsClean = false };
            }
        }

        if (current is { } last) found.Add(last);
        return found;
    }

    // 7f6e25c00000-7f6e25c21000 r-xp 00001000 fe:00 1234   /usr/lib/libc.so.6
    private static bool IsHeader(ReadOnlySpan<char> line, out FileRange? range)
    {
        range = null;
        var dash = line.IndexOf('-');
        var space = line.IndexOf(' ');
        if (dash <= 0 || space <= dash || line.Length < space + 5) return false;
        if (!TryRead(line[..dash], out var begin) || !TryRead(line[(dash + 1)..space], out var end)) return false;
        var rights = line.Slice(space + 1, 4);
        var isWritable = rights[1] == 'w';
        if (rights[0] == 'r' && line.Contains(" /", StringComparison.Ordinal) && !(isWritable && rights[3] == 's'))
            range = new FileRange(begin, end, !isWritable);
        return true;
    }

    private static bool TryRead(ReadOnlySpan<char> text, out ulong address) =>
        ulong.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out address);

    private static bool IsChanged(ReadOnlySpan<char> line) =>
        (line.StartsWith("Anonymous:", StringComparison.Ordinal) || line.StartsWith("Private_Dirty:", StringComparison.Ordinal)
            || line.StartsWith("Swap:", StringComparison.Ordinal) || line.StartsWith("Locked:", StringComparison.Ordinal))
        && !line.EndsWith(" 0 kB", StringComparison.Ordinal);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);

    // Of glibc; others have no such function.
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint pad);

    /// <summary>A range of memory that shows a file.</summary>
    /// <param name="Begin">Its first address.</param>
    /// <param name="End">The address after its last.</param>
    /// <param name="IsClean">Whether nothing in it can differ from the file.</param>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct FileRange(ulong Begin, ulong End, bool IsClean);

    /// <summary>What a process was like at a time.</summary>
    /// <param name="At">When, since some beginning.</param>
    /// <param name="Processor">The processor time it has used since its start.</param>
    /// <param name="ResidentBytes">The memory it occupies.</param>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct ProcessLook(TimeSpan At, TimeSpan Processor, long ResidentBytes);
}
