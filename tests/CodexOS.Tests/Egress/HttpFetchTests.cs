using System.Text;
using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.HttpFetch;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Egress;

public sealed class HttpFetchTests
{
    private static readonly HttpFetchTool s_tool = new(Options.Create(new HttpFetchOptions()), []);

    [Theory]
    [InlineData("https://Example.com", "https://example.com/")]
    [InlineData("https://example.com:443/a#f", "https://example.com/a")]
    [InlineData("http://münchen.de:81/?q", "http://xn--mnchen-3ya.de:81/?q")]
    [InlineData("https://example\u3002com/a", "https://example.com/a")]
    public void An_address_has_one_spelling(string given, string written) =>
        WebAddress.Parse(given).Value.AbsoluteUri.ShouldBe(written);

    [Theory]
    [InlineData("example.com")]
    [InlineData("ftp://example.com")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://user@example.com/")]
    [InlineData("https://example.com@evil.com/")]
    [InlineData("https://example.com\\@evil.com/")]
    [InlineData("https://exa mple.com/")]
    [InlineData("https://example.com\r\n/")]
    [InlineData("https://example.com\0.evil.com/")]
    [InlineData("https://example.com%00.evil.com/")]
    [InlineData("https://127.1/")]
    [InlineData("https://0x7f000001/")]
    [InlineData("https://[::1]/")]
    [InlineData("https:///path")]
    [InlineData("https://example.com:0/")]
    [InlineData("https://example.com:80:80/")]
    public void An_address_that_could_be_read_in_two_ways_is_refused(string given) =>
        WebAddress.Parse(given).IsOk.ShouldBeFalse();

    [Theory]
    [InlineData("/b", "https://example.com/b")]
    [InlineData("c", "https://example.com/a/c")]
    [InlineData("//other.com/x", "https://other.com/x")]
    [InlineData("https://other.com/x", "https://other.com/x")]
    public void A_redirect_is_read_from_where_it_came(string location, string written) =>
        WebAddress.Follow(new Uri("https://example.com/a/b"), new Uri(location, UriKind.RelativeOrAbsolute)).Value.AbsoluteUri
            .ShouldBe(written);

    [Theory]
    [InlineData("http://example.com/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://169.254.169.254/")]
    [InlineData("//[::1]/")]
    public void A_redirect_out_of_the_rules_is_refused(string location) =>
        WebAddress.Follow(new Uri("https://example.com/a"), new Uri(location, UriKind.RelativeOrAbsolute)).IsOk.ShouldBeFalse();

    [Theory]
    [InlineData("{}", EffectClass.Read, RepeatClass.Read, false)]
    [InlineData("""{"method":"HEAD"}""", EffectClass.Read, RepeatClass.Read, false)]
    [InlineData("""{"save_to":"a"}""", EffectClass.Reversible, RepeatClass.Keyed, false)]
    [InlineData("""{"method":"POST"}""", EffectClass.Irreversible, RepeatClass.Unsafe, true)]
    [InlineData("""{"method":"DELETE","save_to":"a"}""", EffectClass.Irreversible, RepeatClass.Unsafe, true)]
    public void What_a_call_can_do_depends_on_its_method(string arguments, EffectClass effect, RepeatClass repeat, bool asks) =>
        s_tool.ClassOf(JsonElement.Parse(arguments), true).ShouldBe(new ToolCallClass(effect, repeat, asks));

    [Fact]
    public void A_page_becomes_what_people_read_of_it()
    {
        const string html =
            """
            <html><head><title>A  page</title><script>evil()</script></head><body><nav>menu</nav>
            <main><h1>Head</h1><p>One <b>two</b>, <a href="/next">three</a>.</p><ul><li>a</li><li>b</li></ul>
            <pre>x = 1
              y = 2</pre><table><tr><td>1</td><td>2</td></tr></table><p hidden>unseen</p><img alt="a cat" src="x">
            <style>p{}</style></main><footer>end</footer></body></html>
            """;
        var page = Read(html);
        page.Title.ShouldBe("A page");
        page.Text.ShouldBe(
            "# Head\nOne two, three (https://example.com/next).\n- a\n- b\nx = 1\n  y = 2\n1 | 2\n[a cat] p{}".Replace(" p{}", "", StringComparison.Ordinal));
    }

    [Fact]
    public void A_page_of_any_depth_and_any_rubbish_is_read()
    {
        Read(string.Concat(Enumerable.Repeat("<div><p><b>", 30_000)) + "deep").Text.ShouldEndWith("deep");
        Read("").Text.ShouldBe("");
        Read("just text").Text.ShouldBe("just text");
        Read("<a href='javascript:alert(1)'>x</a>").Text.ShouldBe("x");
        Read("\0<>&lt;<!-- --><![CDATA[x]]>").Text.Length.ShouldBeLessThan(20);
        Read(new string('x', 10_000), 100).Text.Length.ShouldBe(100);
    }

    private static PageText Read(string html, int lengthMax = 60_000)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(html));
        return PageText.Read(stream, new Uri("https://example.com/a"), lengthMax);
    }
}
