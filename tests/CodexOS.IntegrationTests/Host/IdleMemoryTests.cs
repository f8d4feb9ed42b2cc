using CodexOS.Host;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Host;

/// <summary>When a server gives memory back, and which.</summary>
public sealed class IdleMemoryTests
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
        5000-6000 r--s 00000000 fe:00 99                         /opt/codexos/whole.dll
        Private_Dirty:         0 kB
        5800-6000 rw-s 00000000 fe:00 99                         /data/shared.db
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
    public void Only_what_can_be_read_again_from_its_file_is_given_back_unseen() =>
        IdleMemory.FileRanges(Smaps).ShouldBe(
            [
                new(0x1000, 0x3000, IsClean: true),
                new(0x3000, 0x4000, IsClean: false),
                new(0x4000, 0x5000, IsClean: false),
                new(0x5000, 0x6000, IsClean: true),
                new(0x7f00a0000000, 0x7f00a0010000, IsClean: true),
            ],
            ignoreOrder: true);

    [Fact]
    public void This_process_has_such_pages_and_none_of_its_writable_ones_is_among_them()
    {
        var maps = File.ReadAllText("/proc/self/smaps");
        var clean = IdleMemory.FileRanges(maps).Where(static range => range.IsClean).ToList();
        clean.Count.ShouldBeGreaterThan(10);
        var writable = maps.Split('\n').Where(line => line.Length > 30 && line.Contains(" rw", StringComparison.Ordinal))
            .Select(line => Convert.ToUInt64(line[..line.IndexOf('-')], 16));
        writable.ShouldAllBe(begin => !clean.Any(range => range.Begin == begin));
    }

    [Theory]
    [InlineData(0.5, 200, true)] // rested and grown
    [InlineData(6.0, 200, true)] // a twentieth of the time at work
    [InlineData(6.1, 200, false)] // at work
    [InlineData(0.5, 157, false)] // as small as it was left
    public void Memory_is_given_back_by_a_server_that_rests_and_has_grown(double workSeconds, int residentMb, bool isWorthwhile)
    {
        var before = new IdleMemory.ProcessLook(TimeSpan.FromSeconds(1_000), TimeSpan.FromSeconds(30), 140_000_000);
        var now = new IdleMemory.ProcessLook(
            TimeSpan.FromSeconds(1_120), TimeSpan.FromSeconds(30 + workSeconds), residentMb * 1_000_000L);

        IdleMemory.IsWorthwhile(before, now, residentLeft: 140_000_000).ShouldBe(isWorthwhile);
    }
}
