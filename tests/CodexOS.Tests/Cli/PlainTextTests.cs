using CodexOS.Cli.Screens;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Cli;

public sealed class PlainTextTests
{
    [Theory]
    [InlineData("plain ünïcode 🎉\n\tindented", "plain ünïcode 🎉\n\tindented")]
    [InlineData("\u001b[31mred\u001b[0m", "red")]
    [InlineData("\u001b[2J\u001b[1;1Hgone", "gone")]
    [InlineData("\u001b]0;title\u0007text", "text")]
    [InlineData("\u001b]52;c;c2VjcmV0\u001b\\text", "text")]
    [InlineData("\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\", "link")]
    [InlineData("\u009b31mred", "red")]
    [InlineData("\u009d0;title\u009ctext", "text")]
    [InlineData("\u001bPdevice\u001b\\text", "text")]
    [InlineData("\u001b(Btext", "text")]
    [InlineData("a\bb\0c\u007fd\u0085e", "abcde")]
    [InlineData("line\r\nnext", "line\nnext")]
    [InlineData("10%\r20%\r30%\ndone", "30%\ndone")]
    [InlineData("user\u202Etxt.exe", "user<U+202E>txt.exe")]
    [InlineData("\u2066hidden\u2069", "<U+2066>hidden<U+2069>")]
    [InlineData("\u001b[31", "")]
    [InlineData("\u001b[31\nnext", "\nnext")]
    public void Nothing_that_steers_a_terminal_is_left(string text, string safe) => PlainText.Of(text).ShouldBe(safe);

    [Fact]
    public void A_sequence_is_found_wherever_pieces_are_cut()
    {
        const string text = "a\u001b[31mred\u001b[0m \u001b]52;c;c2Vj\u0007b";
        for (var cut = 0; cut <= text.Length; cut++)
        {
            var plain = new PlainText();
            (plain.Next(text[..cut]) + plain.Next(text[cut..])).ShouldBe("ared b");
        }
    }

    [Fact]
    public void Text_for_one_line_is_one_line() => PlainText.LineOf(" a\n\tb \n").ShouldBe("a b");
}
