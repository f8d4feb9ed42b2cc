using System.Net;
using CodexOS.Identity;
using CodexOS.Identity.SignIn;
using CodexOS.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

public sealed class SignInThrottleTests
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.1");

    private readonly FakeTimeProvider _clock = Clocks.AtNoon();

    [Fact]
    public void Free_failures_pass_and_then_the_wait_doubles_up_to_its_limit()
    {
        var throttle = Throttle(account: 3, waitMax: TimeSpan.FromSeconds(5));
        for (var i = 0; i < 3; i++) throttle.Begin("ada", Other(i)).ShouldBeNull();

        foreach (var seconds in (int[])[1, 2, 4, 5, 5])
        {
            throttle.Begin("ada", Other(9)).ShouldBe(TimeSpan.FromSeconds(seconds));
            _clock.Advance(TimeSpan.FromSeconds(seconds));
            throttle.Begin("ada", Other(9)).ShouldBeNull();
        }
    }

    [Fact]
    public void A_refused_try_does_not_make_the_wait_longer()
    {
        var throttle = Throttle(account: 1);
        throttle.Begin("ada", Here).ShouldBeNull();
        for (var i = 0; i < 50; i++) throttle.Begin("ada", Here).ShouldBe(TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(1));
        throttle.Begin("ada", Here).ShouldBeNull();
    }

    [Fact]
    public void Tries_count_when_they_begin_so_that_many_at_once_are_no_way_around()
    {
        var throttle = Throttle(account: 4);
        var admitted = 0;
        Parallel.For(0, 200, i =>
        {
            if (throttle.Begin("ada", Other(i)) is null) Interlocked.Increment(ref admitted);
        });
        admitted.ShouldBe(4);
    }

    [Fact]
    public void A_try_that_read_the_clock_before_one_that_was_counted_first_is_let_through()
    {
        var throttle = Throttle(account: 3);
        throttle.Begin("ada", Here).ShouldBeNull();
        _clock.AdjustTime(_clock.GetUtcNow() - TimeSpan.FromMilliseconds(1));
        throttle.Begin("ada", Here).ShouldBeNull();
    }

    [Fact]
    public void A_success_lets_the_account_start_afresh()
    {
        var throttle = Throttle(account: 3);
        for (var round = 0; round < 5; round++)
        {
            throttle.Begin("ada", Other(round)).ShouldBeNull();
            throttle.Begin("ada", Other(round)).ShouldBeNull();
            throttle.Succeed("ada", Other(round));
        }
    }

    [Fact]
    public void One_account_being_guessed_at_does_not_hold_up_another()
    {
        var throttle = Throttle(account: 2);
        throttle.Begin("ada", Other(1));
        throttle.Begin("ada", Other(1));
        throttle.Begin("ada", Other(2)).ShouldNotBeNull();
        throttle.Begin("grace", Other(2)).ShouldBeNull();
    }

    [Fact]
    public void An_address_that_tries_many_accounts_has_to_wait()
    {
        var throttle = Throttle(account: 10, address: 5);
        for (var i = 0; i < 5; i++) throttle.Begin($"user{i}", Here).ShouldBeNull();
        throttle.Begin("user6", Here).ShouldBe(TimeSpan.FromSeconds(1));
        throttle.Begin("user6", IPAddress.Parse("192.0.2.2")).ShouldBeNull();
    }

    [Fact]
    public void Owning_an_account_does_not_clear_the_address_for_guessing_at_others()
    {
        var throttle = Throttle(account: 100, address: 5);
        for (var i = 0; i < 4; i++)
        {
            throttle.Begin($"victim{i}", Here).ShouldBeNull();
            throttle.Begin("mine", Here).ShouldBeNull();
            throttle.Succeed("mine", Here);
        }

        throttle.Begin("victim5", Here).ShouldBeNull();
        throttle.Begin("victim6", Here).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1", true)]
    public void A_whole_IPv6_network_is_one_address(string first, string second, bool areOne)
    {
        var throttle = Throttle(account: 100, address: 1);
        throttle.Begin("a", IPAddress.Parse(first)).ShouldBeNull();
        (throttle.Begin("b", IPAddress.Parse(second)) is not null).ShouldBe(areOne);
    }

    [Fact]
    public void Failures_are_forgotten_after_a_while()
    {
        var throttle = Throttle(account: 3);
        for (var i = 0; i < 3; i++) throttle.Begin("ada", Other(i));
        _clock.Advance(TimeSpan.FromMinutes(15));
        for (var i = 0; i < 3; i++) throttle.Begin("ada", Other(i)).ShouldBeNull();
    }

    [Fact]
    public void A_flood_of_names_does_not_grow_the_memory_over_its_limit()
    {
        var throttle = Throttle(account: 3, entries: 1_000);
        for (var i = 0; i < 20_000; i++) throttle.Begin($"user{i}", Here);
        for (var i = 0; i < 20_000; i++) throttle.Begin($"user{i}", Other(i));
        throttle.EntriesCount.ShouldBeLessThanOrEqualTo(1_000);
    }

    private static IPAddress Other(int n) => new([10, 0, (byte)(n >> 8), (byte)n]);

    private SignInThrottle Throttle(int account, int address = 1_000, int entries = 50_000, TimeSpan? waitMax = null) =>
        new(
            Options.Create(new IdentityOptions
            {
                FailuresPerAccountMax = account,
                FailuresPerAddressMax = address,
                ThrottleEntriesMax = entries,
                ThrottleWaitMax = waitMax ?? TimeSpan.FromMinutes(5),
            }),
            _clock);
}
