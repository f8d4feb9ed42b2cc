using System.Net;
using CodexOS.Limits;
using CodexOS.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Limits;

public sealed class LocalRateCounterTests
{
    private static readonly TimeSpan s_burst = TimeSpan.FromSeconds(2);
    private readonly FakeTimeProvider _clock = Clocks.AtNoon();
    private readonly LocalRateCounter _counter;

    public LocalRateCounterTests() =>
        _counter = new LocalRateCounter(Options.Create(new RateLimitOptions { EntriesMax = 1_000 }), _clock);

    [Fact]
    public void A_burst_is_served_at_once_and_what_follows_at_the_pace_of_the_limit()
    {
        var use = Of("ada", perSecond: 10);

        Enumerable.Range(0, 20).ShouldAllBe(_ => _counter.Take(new[] { use }) == null);
        _counter.Take([use])!.Value.Wait.ShouldBe(TimeSpan.FromMilliseconds(100));

        // After the wait that was named, exactly one more is served.
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        _counter.Take([use]).ShouldBeNull();
        _counter.Take([use]).ShouldNotBeNull();
    }

    [Fact]
    public void Waiting_for_longer_than_the_burst_saves_nothing_up()
    {
        var use = Of("ada", perSecond: 10);
        _clock.Advance(TimeSpan.FromHours(1));

        Enumerable.Range(0, 100).Count(_ => _counter.Take(new[] { use }) is null).ShouldBe(20);
    }

    [Fact]
    public void What_one_limit_refuses_is_taken_from_none()
    {
        var (ada, home) = (Of("ada", perSecond: 1), Of("home", perSecond: 100));
        while (_counter.Take([ada, home]) is null)
        {
        }

        for (var i = 0; i < 1_000; i++) _counter.Take([ada, home])!.Value.Subject.ShouldBe(RateSubject.Account);

        Enumerable.Range(0, 1_000).Count(_ => _counter.Take(new[] { home }) is null).ShouldBe(200 - 2);
    }

    [Fact]
    public void The_longest_wait_is_named()
    {
        var (slow, slower) = (Of("slow", perSecond: 2), Of("slower", perSecond: 1));
        while (_counter.Take([slow]) is null)
        {
        }

        while (_counter.Take([slower]) is null)
        {
        }

        _counter.Take([slow, slower])!.Value.Wait.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void However_many_come_it_remembers_no_more_than_it_may()
    {
        for (var i = 0; i < 10_000; i++) _counter.Take([Of($"client {i}", perSecond: 1)]);

        _counter.EntriesCount.ShouldBeLessThanOrEqualTo(1_000);
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    public void One_customer_of_a_network_is_one_address(string one, string other, bool same) =>
        (RateUse.Of(IPAddress.Parse(one), 1, s_burst) == RateUse.Of(IPAddress.Parse(other), 1, s_burst)).ShouldBe(same);

    private static RateUse Of(string who, int perSecond) => RateUse.Of(RateSubject.Account, who, perSecond, s_burst);
}
