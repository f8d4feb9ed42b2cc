using CodexOS.Limits;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Limits;

public sealed class LinesPerMinuteTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void So_many_lines_a_minute_are_written_and_the_others_are_told_once()
    {
        var lines = new LinesPerMinute(2);
        Enumerable.Range(0, 5).Select(i => lines.Take(Noon.AddSeconds(i), out _)).ShouldBe([true, true, false, false, false]);
        lines.Take(Noon.AddMinutes(1), out var skipped).ShouldBeTrue();
        skipped.ShouldBe(3);
        lines.Take(Noon.AddMinutes(1), out skipped).ShouldBeTrue();
        skipped.ShouldBe(0);
    }

    [Fact]
    public void What_was_left_out_is_told_also_after_minutes_without_any()
    {
        var lines = new LinesPerMinute(1);
        lines.Take(Noon, out _);
        lines.Take(Noon, out _).ShouldBeFalse();
        lines.Take(Noon.AddMinutes(9), out var skipped).ShouldBeTrue();
        skipped.ShouldBe(1);
    }
}
