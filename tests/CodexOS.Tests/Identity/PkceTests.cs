using CodexOS.Identity.OAuth;
using CodexOS.Identity.OAuth.Devices;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

public sealed class PkceTests
{
    // RFC 7636, appendix B.
    private const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    private const string Challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    [Fact]
    public void The_example_of_the_RFC_matches_and_what_differs_does_not()
    {
        Pkce.IsChallenge(Challenge).ShouldBeTrue();
        Pkce.Matches(Verifier, Challenge).ShouldBeTrue();
        foreach (var other in (string?[])[null, "", Challenge, Verifier[1..], Verifier + "x", Verifier.ToLowerInvariant()])
            Pkce.Matches(other, Challenge).ShouldBeFalse(other);
        Pkce.Matches(new string('a', 42), Challenge).ShouldBeFalse();
        Pkce.Matches(new string('a', 129), Challenge).ShouldBeFalse();
        Pkce.Matches(Verifier[..^1] + "+", Challenge).ShouldBeFalse();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c")]
    [InlineData("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=")]
    [InlineData("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM")]
    public void What_is_no_SHA_256_in_base64url_is_no_challenge(string? text) => Pkce.IsChallenge(text).ShouldBeFalse();

    [Theory]
    [InlineData("WDJB-MJHT", "WDJBMJHT")]
    [InlineData(" wdjb mjht ", "WDJBMJHT")]
    [InlineData("wdjbmjht", "WDJBMJHT")]
    [InlineData("WDJB-MJH", null)]
    [InlineData("WDJB-MJHTT", null)]
    [InlineData("AEIO-UAEI", null)]
    [InlineData("WDJB-MJH0", null)]
    public void A_user_code_is_read_as_people_type_it(string typed, string? code)
    {
        UserCode.TryParse(typed, out var read).ShouldBe(code is not null);
        if (code is not null) read.ShouldBe(code);
    }

    [Fact]
    public void A_new_user_code_is_shown_in_two_halves_and_read_back()
    {
        var code = UserCode.New();
        UserCode.Show(code).ShouldMatch("^[B-Z]{4}-[B-Z]{4}$");
        UserCode.TryParse(UserCode.Show(code), out var read).ShouldBeTrue();
        read.ShouldBe(code);
    }
}
