using CodexOS.Identity;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

public sealed class BoundedCacheTests
{
    [Fact]
    public void It_never_holds_more_than_its_limit()
    {
        var cache = new BoundedCache<int, int>(100);
        for (var i = 0; i < 10_000; i++)
        {
            cache.Set(i % 3_000, i);
            cache.Count.ShouldBeLessThanOrEqualTo(100);
        }
    }

    [Fact]
    public void What_is_asked_for_again_and_again_stays()
    {
        var cache = new BoundedCache<int, string>(10);
        cache.Set(-1, "kept");
        for (var i = 0; i < 1_000; i++)
        {
            cache.Set(i, "passing");
            cache.TryGet(-1, out var kept).ShouldBeTrue();
            kept.ShouldBe("kept");
        }
    }

    [Fact]
    public void What_was_removed_is_gone_from_both_generations()
    {
        var cache = new BoundedCache<int, int>(4);
        for (var i = 0; i < 4; i++) cache.Set(i, i);
        cache.Remove(0);
        cache.RemoveWhere(value => value == 3);
        cache.TryGet(0, out _).ShouldBeFalse();
        cache.TryGet(3, out _).ShouldBeFalse();
        cache.TryGet(1, out _).ShouldBeTrue();
        cache.Set(1, 9);
        cache.TryGet(1, out var value).ShouldBeTrue();
        value.ShouldBe(9);
    }
}
