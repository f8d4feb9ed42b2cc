using System.Text;
using CodexOS.Sandbox.Egress;
using CodexOS.Tests.Tools;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Egress;

public sealed class RequestHeadTests
{
    [Fact]
    public void A_tunnel_has_a_host_and_a_port()
    {
        var head = Parse("CONNECT example.com:443 HTTP/1.1\r\nHost: other.com\r\n\r\n").Value;
        (head.IsTunnel, Encoding.ASCII.GetString(head.Host.Span), head.Port).ShouldBe((true, "example.com", 443));
    }

    [Theory]
    [InlineData("http://example.com/a?b", "http", "example.com", 80, "/a?b")]
    [InlineData("http://example.com", "http", "example.com", 80, "/")]
    [InlineData("http://example.com?b", "http", "example.com", 80, "/?b")]
    [InlineData("https://example.com:8443/../%2e", "https", "example.com", 8443, "/../%2e")]
    public void A_request_has_its_whole_address(string target, string scheme, string host, int port, string path)
    {
        var head = Parse($"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").Value;
        (head.Scheme, Encoding.ASCII.GetString(head.Host.Span), head.Port, head.Path).ShouldBe((scheme, host, port, path));
    }

    [Fact]
    public void What_concerns_only_the_connection_does_not_go_on()
    {
        var head = Parse(
            "POST http://a.com/ HTTP/1.1\r\nHost: evil.com\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nProxy-Authorization: x\r\n"
            + "TE: trailers\r\nUpgrade: h2c\r\nContent-Length: 3\r\nX-End: kept \r\n\r\n").Value;
        head.Headers.ShouldBe([("X-End", "kept")]);
        head.Body.Length.ShouldBe(3);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a.com\r\n\r\n")]
    [InlineData("GET ftp://a.com/ HTTP/1.1\r\n\r\n")]
    [InlineData("GET http://a.com/ HTTP/2\r\n\r\n")]
    [InlineData("GET http://a.com/ b HTTP/1.1\r\n\r\n")]
    [InlineData("get http://a.com/ HTTP/1.1\r\n\r\n")]
    [InlineData("GET http://a.com/\r\n\r\n")]
    [InlineData("GET http://a.com/#f HTTP/1.1\r\n\r\n")]
    [InlineData("GET http://a.com\\@b.com/ HTTP/1.1\r\n\r\n", true)]
    [InlineData("GET http://a.com:99999/ HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT a.com HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT a.com:0 HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT :443 HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT a.com:443 HTTP/1.1\r\nContent-Length: 1\r\n\r\n")]
    [InlineData("GET http://a.com/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")]
    [InlineData("GET http://a.com/ HTTP/1.1\r\nContent-Length: +1\r\n\r\n")]
    [InlineData("GET http://a.com/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("GET http://a.com/ HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")]
    [InlineData("GET http://a.com/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("GET http://a.com/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET http://a.com/ HTTP/1.1\r\n folded: x\r\n\r\n")]
    [InlineData("GET http://a.com/ HTTP/1.1\r\nName : x\r\n\r\n")]
    [InlineData("GET http://a.com/ HTTP/1.1\r\nX: a\nY: b\r\n\r\n")]
    [InlineData("GET http://a.com/ HTTP/1.1\r\nX: a\rb\r\n\r\n")]
    [InlineData("GET http://a.com/ HTTP/1.1\r\nX: a\0b\r\n\r\n")]
    [Trait("battery", "23")]
    [InlineData("CONNECT localhost\0.a.com:443 HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT a.com\t:443 HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT a.com\r:443 HTTP/1.1\r\n\r\n")]
    public void Battery_23_What_two_readers_could_read_in_two_ways_is_refused(string head, bool hostDecides = false)
    {
        var read = Parse(head);
        if (hostDecides) CodexOS.Platform.Egress.HostName.Parse(read.Value.Host.Span).IsOk.ShouldBeFalse();
        else read.Fault.Code.ShouldBe("egress.bad_request");
    }

    [Fact]
    public void No_bytes_break_it() => Gen.OneOf(
        Gen.Byte.Array[0, 80],
        Pick.OneOf((byte)' ', (byte)':', (byte)'\r', (byte)'\n', (byte)'a', (byte)'/', (byte)'G', (byte)'1').Array[0, 60])
        .Sample(
            bytes =>
            {
                byte[] head = [.. bytes, .. "\r\n\r\n"u8];
                var end = RequestHead.EndOf(head);
                _ = RequestHead.Parse(head.AsMemory(0, end)).TryGet(out _, out _);
            },
            iter: 20_000);

    private static CodexOS.Platform.Faults.Result<RequestHead> Parse(string head)
    {
        var bytes = Encoding.Latin1.GetBytes(head);
        RequestHead.EndOf(bytes).ShouldBe(bytes.Length);
        return RequestHead.Parse(bytes);
    }
}
