using CodexOS.Identity.Passwords;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

public sealed class PasswordPolicyTests
{
    private static readonly string[] s_words = ["CodexOS", "Acme", "Bob's workshop", "workshop", "of"];

    [Theory]
    [InlineData("kettle moss orbit")]
    [InlineData("u7#kQp2z")]
    [InlineData("acme kettle moss")]
    [InlineData("a roof of slates")]
    [InlineData("Grüße aus Köln")]
    [InlineData("パスワードは長いほど良い")]
    [InlineData("a sentence of one's own is a fine password, spaces and all, even when it goes on for rather long")]
    public void A_password_of_ones_own_is_taken(string password) =>
        PasswordPolicy.Check(password, "ada@example.org", "Ada Lovelace", s_words).ShouldBeNull();

    [Theory]
    [InlineData("1234567", "too short")]
    [InlineData("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", "too short")]
    [InlineData("password1", "attackers try first")]
    [InlineData("password123", "attackers try first")]
    [InlineData("PassWord123", "attackers try first")]
    [InlineData(" qwertyuiop ", "attackers try first")]
    [InlineData("correct horse battery staple", "attackers try first")]
    [InlineData("i love you 123", "attackers try first")]
    [InlineData("jjjjjjjjjjjj", "repeats or counts")]
    [InlineData("xyxyxyxyxyxy", "repeats or counts")]
    [InlineData("hijklmnopq", "repeats or counts")]
    [InlineData("zyxwvutsrq", "repeats or counts")]
    [InlineData("AdaLovelace1815", "your name or email")]
    [InlineData("countess.ada!!", "your name or email")]
    [InlineData("CodexOS-2026!", "your organisation")]
    [InlineData("Acme&CodexOS 1", "your organisation")]
    [InlineData("bobsworkshop99", "your organisation")]
    [InlineData("ACME2026acme!x", "your organisation")]
    public void A_password_that_is_easy_to_guess_is_refused_with_the_reason(string password, string reason)
    {
        var fault = PasswordPolicy.Check(password, "countess.ada@example.org", "Ada Lovelace", s_words).ShouldNotBeNull();
        fault.Code.ShouldBe("identity.weak_password");
        fault.Message.ShouldContain(reason);
        fault.Errors["password"].ShouldHaveSingleItem().ShouldBe(fault.Message);
    }

    [Fact]
    public void A_password_over_the_limit_is_refused_and_one_at_the_limit_is_taken()
    {
        var longest = string.Concat(
            Enumerable.Range(0, PasswordPolicy.LengthMax).Select(i => (char)('a' + (i * i % 23))));
        PasswordPolicy.Check(longest, "a@b.org", "Ada", s_words).ShouldBeNull();
        PasswordPolicy.Check(longest + "x", "a@b.org", "Ada", s_words).ShouldNotBeNull().Message.ShouldContain("too long");
    }
}
