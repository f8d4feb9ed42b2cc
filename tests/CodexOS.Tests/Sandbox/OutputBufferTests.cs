using System.Text;
using CodexOS.Sandbox.Execution;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Sandbox;

public sealed class OutputBufferTests
{
    [Fact]
    public void Output_within_the_limit_is_kept_whole_however_it_arrives() =>
        Gen.Select(Gen.Byte[1, 127].Array[0, 100], Gen.Int[1, 40]).Sample((bytes, piece) =>
        {
            var buffer = new OutputBuffer(100, static _ => { });
            foreach (var chunk in bytes.Chunk(piece)) buffer.Add(chunk);
            var output = buffer.Finish();
            return output.Text == Encoding.UTF8.GetString(bytes) && !output.IsTruncated && output.TotalBytes == bytes.Length;
        });

    [Fact]
    public void Of_longer_output_the_beginning_and_the_end_are_kept_however_it_arrives() =>
        Gen.Select(Gen.Byte[65, 90].Array[101, 1000], Gen.Int[1, 300]).Sample((bytes, piece) =>
        {
            var buffer = new OutputBuffer(100, static _ => { });
            foreach (var chunk in bytes.Chunk(piece)) buffer.Add(chunk);
            var output = buffer.Finish();
            var text = Encoding.ASCII.GetString(bytes);
            return output.IsTruncated && output.TotalBytes == bytes.Length
                && output.Text == $"{text[..50]}\n[… {bytes.Length - 100} bytes are left out here …]\n{text[^50..]}";
        });

    [Fact]
    public void A_letter_is_never_cut_in_half()
    {
        var buffer = new OutputBuffer(101, static _ => { });
        buffer.Add(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("€", 100))));
        buffer.Finish().Text.ShouldNotContain("\uFFFD");
    }

    [Fact]
    public void Zero_bytes_and_bytes_that_are_not_text_are_replaced()
    {
        var buffer = new OutputBuffer(100, static _ => { });
        buffer.Add([65, 0, 0xFF, 66]);
        buffer.Finish().Text.ShouldBe("A\uFFFD\uFFFDB");
    }

    [Fact]
    public void What_is_passed_on_is_bounded_and_whole_letters()
    {
        var passed = new StringBuilder();
        var buffer = new OutputBuffer(10, text => passed.Append(text));
        foreach (var one in Encoding.UTF8.GetBytes("ä€x and much more than fits")) buffer.Add([one]);
        passed.ToString().ShouldBe("ä€x and");
    }
}
