using System.Security.Cryptography;
using CodexOS.Identity.Tokens;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

public sealed class RefreshTokenTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly DateTimeOffset Now = Clocks.Noon;

    [Fact]
    public void A_token_survives_being_sent_and_read()
    {
        var token = RefreshToken.New();
        RefreshToken.TryParse(token.Reveal(), out var read).ShouldBeTrue();
        read.Hash.ShouldBe(token.Hash);
        token.Reveal().ShouldMatch("^cdr_[A-Za-z0-9_-]{43}$");
    }

    [Fact]
    public void A_token_does_not_print_itself() => RefreshToken.New().ToString().ShouldBe("cdr_…");

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("cdr_")]
    [InlineData("cdr_short")]
    [InlineData("xyz_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("cdr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!")]
    [InlineData("cdr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA =")]
    public void What_is_no_token_is_not_read(string? text) => RefreshToken.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void Only_the_old_token_opens_what_was_sealed_with_it()
    {
        var old = RefreshToken.New();
        var successor = RefreshToken.New();
        var sealedBytes = old.Seal(successor);
        old.Open(sealedBytes).Reveal().ShouldBe(successor.Reveal());
        Should.Throw<CryptographicException>(() => RefreshToken.New().Open(sealedBytes));
        sealedBytes[0] ^= 1;
        Should.Throw<CryptographicException>(() => old.Open(sealedBytes));
    }

    [Fact]
    public void A_fresh_token_is_rotated() => Decide(usedAgo: null).ShouldBe(RefreshVerdict.Rotate);

    [Fact]
    public void A_fresh_token_that_lay_idle_too_long_is_over() =>
        Decide(usedAgo: null, expiresIn: TimeSpan.Zero).ShouldBe(RefreshVerdict.Over);

    [Theory]
    [InlineData(0)]
    [InlineData(9.9)]
    [InlineData(10)]
    public void A_used_token_may_be_repeated_within_the_window(double secondsAgo) =>
        Decide(usedAgo: TimeSpan.FromSeconds(secondsAgo)).ShouldBe(RefreshVerdict.Repeat);

    [Fact]
    public void A_used_token_after_the_window_is_a_replay() =>
        Decide(usedAgo: Window + TimeSpan.FromMilliseconds(1)).ShouldBe(RefreshVerdict.Replay);

    [Fact]
    public void A_used_token_whose_successor_was_used_is_a_replay_even_within_the_window() =>
        Decide(usedAgo: TimeSpan.FromSeconds(1), successorUsed: true).ShouldBe(RefreshVerdict.Replay);

    [Theory]
    [InlineData(null, false)]
    [InlineData(1, false)]
    [InlineData(100, false)]
    [InlineData(1, true)]
    public void Nothing_goes_on_in_a_session_that_is_over(int? usedSecondsAgo, bool successorUsed) =>
        Decide(
            usedSecondsAgo is { } seconds ? TimeSpan.FromSeconds(seconds) : null, successorUsed, sessionAlive: false)
            .ShouldBe(RefreshVerdict.Over);

    private static RefreshVerdict Decide(
        TimeSpan? usedAgo, bool successorUsed = false, bool sessionAlive = true, TimeSpan? expiresIn = null) =>
        RefreshRotation.Decide(
            new PresentedToken(
                Now + (expiresIn ?? TimeSpan.FromDays(1)), Now - usedAgo, successorUsed, sessionAlive),
            Now,
            Window);
}
