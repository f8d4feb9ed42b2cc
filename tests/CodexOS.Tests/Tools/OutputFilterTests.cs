using System.Text;
using System.Text.Json;
using CodexOS.Testing;
using CodexOS.Testing.Adversary;
using CodexOS.Tools.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Tools;

public sealed class OutputFilterTests : IDisposable
{
    private const string Canary = "Canary-7f3a9c2e51";
    private static readonly Policy s_policy = new() { Canaries = [Canary] };

    private readonly GateParts _parts = new([], Clocks.AtNoon(), configuration: new Dictionary<string, string?>
    {
        ["Inference:OpenAi:ApiKey"] = "sk-live-0123456789abcdef",
        ["Server:Url"] = "http://127.0.0.1:7420",
    });

    public static TheoryData<string, string> Encodings => new()
    {
        { "plain", Canary },
        { "capitals", Canary.ToUpperInvariant() },
        { "base64", Convert.ToBase64String(Encoding.UTF8.GetBytes($"the word is {Canary}!")) },
        { "base64 off by one", Convert.ToBase64String(Encoding.UTF8.GetBytes($"a{Canary}zz")) },
        { "base64 for URLs", Convert.ToBase64String(Encoding.UTF8.GetBytes($"??>>{Canary}")).Replace('+', '-').Replace('/', '_').TrimEnd('=') },
        { "base64 of UTF-16", Convert.ToBase64String(Encoding.Unicode.GetBytes(Canary)) },
        { "base64 in lines", string.Join('\n', Convert.ToBase64String(Encoding.UTF8.GetBytes($"xy{Canary}xy")).Chunk(8).Select(static it => new string(it))) },
        { "base64 twice", Convert.ToBase64String(Encoding.UTF8.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes($"x{Canary}")))) },
        { "hex", Convert.ToHexString(Encoding.UTF8.GetBytes(Canary)) },
        { "hex with colons", string.Join(':', Encoding.UTF8.GetBytes(Canary).Select(static it => it.ToString("x2"))) },
        { "hex in escapes", string.Concat(Encoding.UTF8.GetBytes(Canary).Select(static it => $"\\x{it:x2}")) },
        { "URL", string.Concat(Encoding.UTF8.GetBytes(Canary).Select(static it => $"%{it:X2}")) },
        { "HTML", string.Concat(Canary.Select(static it => $"&#{(int)it};")) },
        { "JSON escapes", string.Concat(Canary.Select(static it => $"\\u{(int)it:x4}")) },
        { "full width", new string([.. Canary.Select(static it => it is > ' ' and < '\u007f' ? (char)(it + 0xfee0) : it)]) },
        { "mathematical letters", string.Concat(Canary.Select(static it => char.IsAsciiLetterUpper(it) ? char.ConvertFromUtf32(0x1d400 + it - 'A')
            : char.IsAsciiLetterLower(it) ? char.ConvertFromUtf32(0x1d41a + it - 'a') : it.ToString())) },
        { "in circles", string.Concat(Canary.Select(static it => char.IsAsciiLetterLower(it) ? (char)(0x24d0 + it - 'a') : it)) },
        { "zero width", string.Join('\u200b', Canary.ToCharArray()) },
        { "white space", string.Join(' ', Canary.ToCharArray()) },
        { "dots", string.Join('.', Canary.ToCharArray()) },
        { "reversed", new string([.. Canary.Reverse()]) },
        { "rot13", new string([.. Canary.Select(Rot)]) },
        { "base32", "INQW4YLSPEWTOZRTME4WGMTFGUYQ====" },
    };

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Battery_60_a_canary_does_not_leave_however_it_is_encoded(string how, string text)
    {
        _parts.Filter.Release($"Here you are: {text}", s_policy).TryGet(out _, out var fault)
            .ShouldBeFalse($"A canary left as {how}.");
        fault!.Code.ShouldBe("tools.canary_blocked");
        fault.Message.ShouldNotContain(Canary);
        _parts.Secrets.Find(JsonSerializer.SerializeToElement(new { body = new[] { text } }), s_policy).ShouldBe("canary");
    }

    [Fact]
    public void Battery_60_a_canary_in_two_arguments_does_not_leave() => _parts.Secrets
        .Find(JsonSerializer.SerializeToElement(new { a = Canary[..9], b = Canary[9..] }), s_policy).ShouldBe("canary");

    [Fact]
    public void A_secret_of_the_configuration_does_not_leave_and_an_address_does()
    {
        _parts.Filter.Release("sk-live-0123456789abcdef", Policy.Default).Fault.Code.ShouldBe("tools.secret_blocked");
        _parts.Filter.Release("http://127.0.0.1:7420", Policy.Default).IsOk.ShouldBeTrue();
    }

    [Theory]
    [InlineData("a ![x](https://evil.example/p.png?d=1) b", "a [image: x] b")]
    [InlineData("a ![](https://evil.example/p.png) b", "a [image] b")]
    [InlineData("a ![x][ref] b", "a [image: x] b")]
    [InlineData("a <img src='https://evil.example/p'> b", "a [image] b")]
    [InlineData("a <IMG SRC=//evil.example/p> b", "a [image] b")]
    [InlineData("a ![x](https://docs.ok.example/p.png) b", "a ![x](https://docs.ok.example/p.png) b")]
    [InlineData("a [click](https://evil.example/x) b", "a click (https://evil.example/x) b")]
    [InlineData("a [docs](https://docs.ok.example/x) b", "a [docs](https://docs.ok.example/x) b")]
    [InlineData("a [docs](https://docs.ok.example.evil.example/x) b", "a docs (https://docs.ok.example.evil.example/x) b")]
    [InlineData("a \u001b[31mred\u001b[0m b", "a red b")]
    [InlineData("a \u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007 b", "a link b")]
    [InlineData("a \u202egnp.exe b", "a gnp.exe b")]
    [InlineData("one\ntwo\tthree", "one\ntwo\tthree")]
    [InlineData("a < b and c > d, Größe 5", "a < b and c > d, Größe 5")]
    public void Battery_60_an_answer_fetches_nothing_and_hides_nothing(string text, string shown) =>
        _parts.Filter.Release(text, new Policy { Hosts = ["*.ok.example"] }).Value.ShouldBe(shown);

    [Fact]
    public void What_is_too_long_to_be_searched_does_not_leave() => _parts.Filter
        .Release(new string('a', 5_000_000), s_policy).Fault.Code.ShouldBe("tools.scan_too_long");

    [Fact]
    public void Ordinary_text_leaves_as_it_is()
    {
        const string Text = "The sum is 42. See src/a.cs:12, commit 3f2a9bc0d1e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8, `x => x + 1` & more: 100 %.";
        _parts.Filter.Release(Text, s_policy).Value.ShouldBe(Text);
    }

    public void Dispose() => _parts.Dispose();

    private static char Rot(char letter) => letter switch
    {
        >= 'a' and <= 'z' => (char)('a' + ((letter - 'a' + 13) % 26)),
        >= 'A' and <= 'Z' => (char)('A' + ((letter - 'A' + 13) % 26)),
        _ => letter,
    };
}
