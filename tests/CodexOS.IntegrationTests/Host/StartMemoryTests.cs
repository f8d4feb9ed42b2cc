using CodexOS.Host;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Host;

/// <summary>Which memory a server gives back once it has started.</summary>
public sealed class StartMemoryTests
{
    private const string Smaps =
        """
        1000-3000 r-xp 00001000 fe:00 1234                       /usr/lib/read.so
        Rss:                   8 kB
        Private_Dirty:         0 kB
        Anonymous:             0 kB
        VmFlags: rd ex mr mw me
        3000-4000 r--p 00003000 fe:00 1234                       /usr/lib/relocated.so
        Private_Dirty:         4 kB
        Anonymous:             4 kB
        4000-5000 rw-p 00004000 fe:00 1234                       /usr/lib/written.so
        Private_Dirty:         0 kB
        Anonymous:             0 kB
        5000-6000 r--s 00000000 fe:00 99                         /data/shared.db
        Private_Dirty:         0 kB
        6000-7000 r--p 00000000 00:00 0 
        Anonymous:             0 kB
        7000-8000 r-xp 00000000 00:00 0                          [vdso]
        Anonymous:             0 kB
        7f00a0000000-7f00a0010000 r--p 00000000 fe:00 77         /opt/codexos/with space-x.dll
        Private_Dirty:         0 kB
        Anonymous:             0 kB
        Locked:                0 kB
        """;

    [Fact]
    public void Only_unchanged_pages_of_files_that_are_read_or_executed_are_given_back() =>
        StartMemory.CleanPages(Smaps).ShouldBe([(0x1000UL, 0x3000UL), (0x7f00a0000000UL, 0x7f00a0010000UL)], ignoreOrder: true);

    [Fact]
    public void This_process_has_such_pages_and_none_of_its_writable_ones_is_among_them()
    {
        var maps = File.ReadAllText("/proc/self/smaps");
        var clean = StartMemory.CleanPages(maps);
        clean.Count.ShouldBeGreaterThan(10);
        var writable = maps.Split('\n').Where(line => line.Length > 30 && line.Contains(" rw", StringComparison.Ordinal))
            .Select(line => Convert.ToUInt64(line[..line.IndexOf('-')], 16));
        writable.ShouldAllBe(begin => !clean.Any(range => range.Begin == begin));
    }
}
