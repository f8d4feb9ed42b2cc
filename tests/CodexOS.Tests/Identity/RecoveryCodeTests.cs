using CodexOS.Identity.SecondFactor;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

public sealed class RecoveryCodeTests
{
    [Fact]
    public void A_code_has_120_bits_in_groups_that_can_be_read_aloud()
    {
        var codes = Enumerable.Range(0, 200).Select(_ => RecoveryCode.New()).ToList();

        codes.Distinct(StringComparer.Ordinal).Count().ShouldBe(200);
        // 24 characters of 32: 5 bits each.
        codes.All(code => code.Length == 27 && code.Split('-').All(group => group.Length == 6)).ShouldBeTrue();
        string.Concat(codes).Replace("-", "", StringComparison.Ordinal)
            .All(character => "0123456789abcdefghjkmnpqrstvwxyz".Contains(character, StringComparison.Ordinal)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("abc123-def456-ghj789-kmn000", "ABC123 DEF456 GHJ789 KMN000")]
    [InlineData("abc123-def456-ghj789-kmn000", "abc123def456ghj789kmnooo")]
    [InlineData("111111-111111-111111-111111", "lIilLI-111111-iiiiii-llllll")]
    public void A_code_may_be_typed_as_people_type(string given, string typed) =>
        RecoveryCode.Hash(typed).ShouldBe(RecoveryCode.Hash(given));

    [Fact]
    public void Another_code_has_another_hash() =>
        RecoveryCode.Hash(RecoveryCode.New()).ShouldNotBe(RecoveryCode.Hash(RecoveryCode.New()));
}
