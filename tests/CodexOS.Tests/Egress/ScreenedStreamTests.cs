using System.Text;
using CodexOS.Platform.Egress;
using CodexOS.Tests.Tools;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Egress;

public sealed class ScreenedStreamTests
{
    [Fact]
    public async Task A_secret_is_struck_out_however_the_answer_is_cut()
    {
        const string text = "before s3cr3t-key between s3cr3t-key s3cr3t- after s3cr";
        for (var size = 1; size < 20; size++)
        {
            (await ReadAsync(text, "s3cr3t-key", size)).ShouldBe("before ********** between ********** s3cr3t- after s3cr");
        }
    }

    [Fact]
    public Task Other_text_stays_as_it_is_and_the_secret_never_comes_through() => Gen.Select(
        Gen.String[Pick.OneOf('a', 'b'), 0, 60], Gen.String[Pick.OneOf('a', 'b'), 2, 5], Gen.Int[1, 7])
        .SampleAsync(
            async (text, secret, size) =>
            {
                var read = await ReadAsync(text, secret, size);
                read.Length.ShouldBe(text.Length);
                read.ShouldNotContain(secret);
                if (!text.Contains(secret, StringComparison.Ordinal)) read.ShouldBe(text);
            },
            iter: 2_000);

    private static async Task<string> ReadAsync(string text, string secret, int pieceBytes)
    {
        await using var screened = new ScreenedStream(
            new Pieces(Encoding.ASCII.GetBytes(text), pieceBytes), Encoding.ASCII.GetBytes(secret));
        using var whole = new MemoryStream();
        await screened.CopyToAsync(whole, TestContext.Current.CancellationToken);
        return Encoding.ASCII.GetString(whole.ToArray());
    }

    private sealed class Pieces(byte[] content, int size) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span[..Math.Min(size, buffer.Length)]));
    }
}
