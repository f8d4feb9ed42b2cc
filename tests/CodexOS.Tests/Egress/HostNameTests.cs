using System.Text;
using CodexOS.Platform.Egress;
using CodexOS.Tests.Tools;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Egress;

public sealed class HostNameTests
{
    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("EXAMPLE.Com", "example.com")]
    [InlineData("example.com.", "example.com")]
    [InlineData("localhost", "localhost")]
    [InlineData("r3---sn-apo3.example.com", "r3---sn-apo3.example.com")]
    [InlineData("1password.com", "1password.com")]
    [InlineData("münchen.de", "xn--mnchen-3ya.de")]
    [InlineData("MÜNCHEN.de", "xn--mnchen-3ya.de")]
    [InlineData("xn--mnchen-3ya.de", "xn--mnchen-3ya.de")]
    [InlineData("XN--MNCHEN-3YA.de", "xn--mnchen-3ya.de")]
    [InlineData("straße.de", "xn--strae-oqa.de")]
    [InlineData("日本.jp", "xn--wgv71a.jp")]
    public void A_name_has_one_spelling(string given, string ascii) =>
        HostName.Parse(Encoding.UTF8.GetBytes(given)).Value.Ascii.ShouldBe(ascii);

    [Theory]
    [Trait("battery", "31")]
    [InlineData("example\u3002com", "example.com")]
    [InlineData("example\uFF0Ecom", "example.com")]
    [InlineData("example\uFF61com", "example.com")]
    [InlineData("\uFF45xample.com", "example.com")]
    [InlineData("example.com\u3002", "example.com")]
    public void Battery_31_Full_width_letters_and_dots_are_the_ordinary_ones(string given, string ascii) =>
        HostName.Parse(given).Value.Ascii.ShouldBe(ascii);

    [Theory]
    [Trait("battery", "31")]
    [InlineData("ex\u0430mple.com")]
    [InlineData("\u0435xample.com")]
    [InlineData("examp\u04CFe.com")]
    [InlineData("exam\u03C1le.com")]
    public void Battery_31_A_letter_that_only_looks_alike_is_another_name(string given) =>
        HostName.Parse(given).Value.Ascii.ShouldStartWith("xn--");

    [Theory]
    [Trait("battery", "31")]
    [InlineData("\u212Aelvin.com")]
    [InlineData("\uFB01nance.com")]
    [InlineData("e\u0301xample.com")]
    [InlineData("exam\u200Dple.com")]
    [InlineData("exam\u00ADple.com")]
    [InlineData("\u24D4xample.com")]
    [InlineData("\U0001D41Example.com")]
    [InlineData("127.0.0.\U0001D7CF")]
    [InlineData("①②⑦.0.0.1")]
    [InlineData("example\u2024com")]
    [InlineData("example\uFF05com")]
    public void Battery_31_A_form_that_other_readers_would_map_is_refused(string given) =>
        HostName.Parse(given).IsOk.ShouldBeFalse();

    [Theory]
    [Trait("battery", "23")]
    [InlineData("localhost\0.allowed.com")]
    [InlineData("allowed.com\r")]
    [InlineData("allowed.com\r\nHost: evil.com")]
    [InlineData("allowed\t.com")]
    [InlineData("allowed .com")]
    [InlineData("allowed%2ecom")]
    [InlineData("evil.com#.allowed.com")]
    [InlineData("evil.com@allowed.com")]
    [InlineData("evil.com/.allowed.com")]
    [InlineData("evil.com\\.allowed.com")]
    [InlineData("evil.com?.allowed.com")]
    [InlineData("allowed.com:80")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("allowed..com")]
    [InlineData(".allowed.com")]
    [InlineData("allowed.com..")]
    [InlineData("-allowed.com")]
    [InlineData("allowed-.com")]
    [InlineData("under_score.com")]
    [InlineData("xn--.com")]
    [InlineData("xn--a.com")]
    [InlineData("xn--example-.com")]
    [InlineData("*.allowed.com")]
    public void Battery_23_What_is_no_name_is_refused(string given) =>
        HostName.Parse(Encoding.UTF8.GetBytes(given)).Fault.Code.ShouldBe("egress.bad_host");

    [Theory]
    [Trait("battery", "24")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1.")]
    [InlineData("127.1")]
    [InlineData("127.0.1")]
    [InlineData("0")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("0x7f.1")]
    [InlineData("0X7F.0.0.0x1")]
    [InlineData("017700000001")]
    [InlineData("0177.0.0.01")]
    [InlineData("1.2.3.4.5")]
    [InlineData("0x")]
    [InlineData("[::1]")]
    [InlineData("::1")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("::ffff:7f00:1")]
    [InlineData("fe80::1%eth0")]
    [InlineData("１２７.１")]
    [InlineData("１２７。０。０。１")]
    [InlineData("allowed.com.0x7f000001")]
    public void Battery_24_An_address_in_any_spelling_is_no_name(string given) =>
        HostName.Parse(given).Fault.Code.ShouldBe("egress.ip_literal");

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        HostName.Parse([0x61, 0xFF, 0x62]).IsOk.ShouldBeFalse();
        HostName.Parse([0xC0, 0xAE]).IsOk.ShouldBeFalse(); // A dot, written longer than it may be.
        HostName.Parse(new byte[2_000]).IsOk.ShouldBeFalse();
    }

    [Fact]
    public void Lengths_are_those_of_DNS()
    {
        var label = new string('a', 63);
        HostName.Parse($"{label}.com").IsOk.ShouldBeTrue();
        HostName.Parse($"{label}a.com").IsOk.ShouldBeFalse();
        HostName.Parse($"{label}.{label}.{label}.{new string('a', 61)}").IsOk.ShouldBeTrue();
        HostName.Parse($"{label}.{label}.{label}.{new string('a', 62)}").IsOk.ShouldBeFalse();
    }

    private static readonly Gen<string> s_anyText = Gen.OneOf(
        Gen.String[Gen.Char, 0, 40],
        Gen.String[Gen.Char['\0', '\u0180'], 0, 40],
        Gen.String[Pick.OneOf('a', 'B', '1', '.', '-', '0', 'x', '\u3002', '\uFF0E', 'ü', '\u0430', '\0', '%', ':', '['), 0, 20]);

    [Fact]
    public void Whatever_is_read_is_plain_and_is_read_again_as_itself() => s_anyText.Sample(
        text =>
        {
            if (!HostName.Parse(text).TryGet(out var host, out _)) return true;
            return host.Ascii.All(static it => char.IsAsciiLetterLower(it) || char.IsAsciiDigit(it) || it is '-' or '.')
                && host.Ascii.Length is > 0 and <= 253
                && !System.Net.IPAddress.TryParse(host.Ascii, out _)
                && HostName.Parse(host.Ascii).Value == host;
        },
        iter: 20_000);

    [Fact]
    public void No_bytes_break_it() => Gen.Byte.Array[0, 60].Sample(
        bytes => HostName.Parse(bytes).TryGet(out var host, out var fault) ? host.Ascii.Length > 0 : fault.Code.Length > 0,
        iter: 20_000);

    [Fact]
    public void Every_spelling_of_an_address_that_the_runtime_reads_is_refused() => Gen
        .Select(Gen.UInt, Gen.Int[0, 3], Gen.Int[0, 2])
        .Sample(
            (address, form, padding) =>
            {
                var octets = new[] { address >> 24, (address >> 16) & 255, (address >> 8) & 255, address & 255 };
                var zeros = new string('0', padding);
                var text = form switch
                {
                    0 => $"{address}",
                    1 => $"0x{zeros}{address:x}",
                    2 => $"{octets[0]}.{address & 0xFFFFFF}",
                    _ => string.Join('.', octets.Select(octet => $"0{zeros}{Convert.ToString(octet, 8)}")),
                };
                return HostName.Parse(text).Fault.Code == "egress.ip_literal";
            },
            iter: 5_000);
}
