using CodexOS.Knowledge.Documents;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge;

public sealed class HeadroomTests
{
    private readonly Headroom<string> _room = new();
    private long _used;
    private int _counts;

    [Fact]
    public async Task Nothing_goes_beyond_the_limit_and_all_up_to_it_is_taken()
    {
        for (var i = 0; i < 1_000; i++) (await TakeAsync(1_000, 1)).ShouldBeTrue();

        (await TakeAsync(1_000, 1)).ShouldBeFalse();
        _used.ShouldBe(1_000);
    }

    [Fact]
    public async Task Far_from_the_limit_little_is_counted()
    {
        for (var i = 0; i < 500; i++) await TakeAsync(1_000, 1);

        _counts.ShouldBeLessThan(10);
    }

    [Fact]
    public async Task What_others_added_is_seen_before_the_limit_is_passed()
    {
        await TakeAsync(100, 1);
        // Nine others add as much as they may without counting: a tenth of what was left each.
        _used += 9 * 9;
        var taken = 0;
        while (await TakeAsync(100, 1)) taken++;

        taken.ShouldBe(100 - 1 - 81);
        _used.ShouldBe(100);
    }

    [Fact]
    public async Task A_lower_limit_counts_at_once()
    {
        await TakeAsync(1_000_000, 50);

        (await TakeAsync(60, 20)).ShouldBeFalse();
        (await TakeAsync(60, 10)).ShouldBeTrue();
    }

    [Fact]
    public async Task What_was_removed_can_be_added_again()
    {
        (await TakeAsync(10, 10)).ShouldBeTrue();
        (await TakeAsync(10, 1)).ShouldBeFalse();
        _used = 4;

        (await TakeAsync(10, 6)).ShouldBeTrue();
    }

    private async Task<bool> TakeAsync(long limit, long adding)
    {
        var taken = await _room.TakeAsync("base", limit, adding, () =>
        {
            _counts++;
            return Task.FromResult(_used);
        });
        if (taken) _used += adding;
        return taken;
    }
}
