using System.Net.Security;
using System.Text;
using CodexOS.Sandbox.Egress;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Egress;

public sealed class ClientHelloTests
{
    [Theory]
    [Trait("battery", "30")]
    [InlineData("example.com", "example.com", nameof(HelloVerdict.Fits))]
    [InlineData("EXAMPLE.com", "example.com", nameof(HelloVerdict.Fits))]
    [InlineData("evil.com", "example.com", nameof(HelloVerdict.OtherName))]
    [InlineData("example.com.evil.com", "example.com", nameof(HelloVerdict.OtherName))]
    [InlineData("example.com\0", "example.com", nameof(HelloVerdict.OtherName))]
    public void Battery_30_The_name_in_a_greeting_is_held_against_the_host(string name, string host, string verdict) =>
        ClientHello.Check(GreetingOf(ServerName(name)), host).ToString().ShouldBe(verdict);

    [Fact]
    [Trait("battery", "30")]
    public void Battery_30_A_greeting_without_one_plain_name_is_refused()
    {
        ClientHello.Check(GreetingOf(), "a.com").ShouldBe(HelloVerdict.NoName);
        ClientHello.Check(GreetingOf(ServerName("a.com"), ServerName("a.com")), "a.com").ShouldBe(HelloVerdict.NoName);
        byte[] hidden = [0xFE, 0x0D, 0, 1, 0];
        ClientHello.Check(GreetingOf(ServerName("a.com"), hidden), "a.com").ShouldBe(HelloVerdict.NoName);
        ClientHello.Check("CONNECT evil.com:443 HTTP/1.1\r\n\r\n"u8, "a.com").ShouldBe(HelloVerdict.NoName);
        ClientHello.Check("SSH-2.0-x\r\n"u8, "a.com").ShouldBe(HelloVerdict.NoName);
    }

    [Fact]
    public void A_greeting_that_comes_in_pieces_is_waited_for()
    {
        var whole = GreetingOf(ServerName("a.com"));
        for (var i = 0; i < whole.Length; i++)
            ClientHello.Check(whole.AsSpan(0, i), "a.com").ShouldBe(HelloVerdict.Incomplete, $"after {i} bytes");
        byte[] more = [.. whole, 23, 3, 3, 0, 1, 7];
        ClientHello.Check(more, "a.com").ShouldBe(HelloVerdict.Fits);
    }

    [Fact]
    public void A_greeting_over_several_records_is_one()
    {
        var whole = GreetingOf(ServerName("a.com"));
        var message = whole[5..];
        byte[] split = [.. Record(message[..3]), .. Record(message[3..20]), .. Record(message[20..])];
        ClientHello.Check(split, "a.com").ShouldBe(HelloVerdict.Fits);
        ClientHello.Check(split, "b.com").ShouldBe(HelloVerdict.OtherName);
    }

    [Fact]
    public async Task The_greeting_of_a_real_client_is_read()
    {
        using var sent = new Recorder();
        await using var tls = new SslStream(sent);
        await Should.ThrowAsync<IOException>(() => tls.AuthenticateAsClientAsync("api.example.com"));
        ClientHello.Check(sent.Bytes, "api.example.com").ShouldBe(HelloVerdict.Fits);
        ClientHello.Check(sent.Bytes, "example.com").ShouldBe(HelloVerdict.OtherName);
    }

    [Fact]
    public void No_bytes_break_it() => Gen.Select(Gen.Byte.Array[0, 120], Gen.Int[0, 100], Gen.Byte).Sample(
        (noise, at, value) =>
        {
            var changed = GreetingOf(ServerName("a.com"));
            changed[at % changed.Length] = value;
            _ = ClientHello.Check(changed, "a.com");
            _ = ClientHello.Check((byte[])[22, 3, 1, .. noise], "a.com");
            _ = ClientHello.Check(noise, "a.com");
        },
        iter: 20_000);

    private static byte[] GreetingOf(params byte[][] extensions)
    {
        byte[] list = [.. extensions.SelectMany(static it => it)];
        byte[] body =
        [
            3, 3, .. new byte[32], 0, .. Long(2), 0x13, 0x01, 1, 0, .. Long(list.Length), .. list,
        ];
        return Record([1, 0, .. Long(body.Length), .. body]);
    }

    private static byte[] ServerName(string name)
    {
        var bytes = Encoding.Latin1.GetBytes(name);
        return [0, 0, .. Long(bytes.Length + 5), .. Long(bytes.Length + 3), 0, .. Long(bytes.Length), .. bytes];
    }

    private static byte[] Record(byte[] content) => [22, 3, 1, .. Long(content.Length), .. content];

    private static byte[] Long(int value) => [(byte)(value >> 8), (byte)value];

    /// <summary>Keeps what is written, and has nothing to say.</summary>
    private sealed class Recorder : MemoryStream
    {
        private byte[] _written = [];

        public byte[] Bytes => _written;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _written = [.. _written, .. buffer.Span];
            return ValueTask.CompletedTask;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(0);
    }
}
