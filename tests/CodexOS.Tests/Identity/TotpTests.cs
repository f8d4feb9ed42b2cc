using System.Text;
using CodexOS.Identity.SecondFactor;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

/// <summary>The test values of RFC 6238, appendix B, for SHA-1, cut to six digits.</summary>
public sealed class TotpTests
{
    private static readonly byte[] s_seed = Encoding.ASCII.GetBytes("12345678901234567890");

    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1_111_111_109, "081804")]
    [InlineData(1_111_111_111, "050471")]
    [InlineData(1_234_567_890, "005924")]
    [InlineData(2_000_000_000, "279037")]
    [InlineData(20_000_000_000, "353130")]
    public void The_codes_of_the_standard_belong_to_their_steps(long seconds, string code) =>
        Totp.StepOf(s_seed, code, DateTimeOffset.FromUnixTimeSeconds(seconds)).ShouldBe(seconds / 30);

    [Fact]
    public void A_clock_may_be_off_by_one_step_and_no_more()
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(1_234_567_890);
        Totp.StepOf(s_seed, "005924", at.AddSeconds(-30)).ShouldBe(1_234_567_890 / 30);
        Totp.StepOf(s_seed, "005924", at.AddSeconds(30)).ShouldBe(1_234_567_890 / 30);
        Totp.StepOf(s_seed, "005924", at.AddSeconds(-60)).ShouldBeNull();
        Totp.StepOf(s_seed, "005924", at.AddSeconds(60)).ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("00592")]
    [InlineData("0059244")]
    [InlineData("００５９２４")]
    [InlineData("00592x")]
    [InlineData("-05924")]
    public void What_is_no_code_belongs_to_no_step(string code) =>
        Totp.StepOf(s_seed, code, DateTimeOffset.FromUnixTimeSeconds(1_234_567_890)).ShouldBeNull();

    [Fact]
    public void A_blank_in_the_middle_is_how_apps_show_codes() =>
        Totp.StepOf(s_seed, "005 924", DateTimeOffset.FromUnixTimeSeconds(1_234_567_890)).ShouldNotBeNull();

    [Fact]
    public void The_address_for_apps_names_issuer_account_and_seed() =>
        Totp.UriOf(s_seed, "Codex OS", "ada@example.org").ShouldBe(
            "otpauth://totp/Codex%20OS:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
            + "&issuer=Codex%20OS&algorithm=SHA1&digits=6&period=30");
}
