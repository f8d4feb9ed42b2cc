using System.Text;
using CodexOS.Client.Contracts;
using CodexOS.Client.Streaming;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Client;

public sealed class SseReaderTests
{
    private static readonly CancellationToken s_never = CancellationToken.None;

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public async Task An_event_is_the_same_however_lines_end_and_pieces_fall(string end)
    {
        string[] lines =
            [": heartbeat", "id: 7", "event: step.started", "data: {\"a\":\"ü\"}", "", "id:8", "data: x", "", ""];
        var text = string.Join(end, lines);

        for (var size = 1; size <= text.Length; size++)
        {
            (await ReadAsync(Pieces(text, size))).ShouldBe(
            [
                new SseFrame("7", "step.started", "{\"a\":\"ü\"}"),
                new SseFrame("8", "message", "x"),
            ]);
        }
    }

    [Fact]
    public async Task Several_data_lines_are_joined()
    {
        (await ReadAsync("data: one\ndata:\ndata:  two\n\n")).ShouldBe([new SseFrame(null, "message", "one\n\n two")]);
    }

    [Fact]
    public async Task An_event_that_the_end_cuts_off_is_dropped()
    {
        (await ReadAsync("id: 1\ndata: a\n\nid: 2\ndata: b\n")).ShouldBe([new SseFrame("1", "message", "a")]);
    }

    [Fact]
    public async Task An_event_without_data_is_none_and_leaves_nothing_behind()
    {
        (await ReadAsync("id: 1\nevent: x\n\ndata: a\n\n")).ShouldBe([new SseFrame(null, "message", "a")]);
    }

    [Fact]
    public async Task Unknown_fields_comments_and_a_byte_order_mark_mean_nothing()
    {
        (await ReadAsync("\uFEFFdata: a\nretry: 5\nnonsense\n:\n\n")).ShouldBe([new SseFrame(null, "message", "a")]);
    }

    [Fact]
    public async Task An_event_over_the_limit_is_refused()
    {
        var options = new WatchOptions { EventSizeMax = 100 };
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes("data: " + new string('x', 200) + "\n\n"));

        var failure = await Should.ThrowAsync<CodexOSException>(
            async () => await new SseReader(stream, options, TimeProvider.System).ReadAsync(s_never));

        failure.Code.ShouldBe("client.bad_answer");
    }

    [Fact]
    public async Task Silence_ends_the_reading_and_a_heartbeat_breaks_the_silence()
    {
        var clock = new FakeTimeProvider();
        var stream = new HandFedStream();
        var reading = new SseReader(stream, new WatchOptions(), clock).ReadAsync(s_never).AsTask();

        await stream.WaitedOn();
        clock.Advance(TimeSpan.FromSeconds(40));
        stream.Feed(": heartbeat\n\n");
        await stream.WaitedOn();
        clock.Advance(TimeSpan.FromSeconds(40));
        reading.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(10));

        (await Should.ThrowAsync<TimeoutException>(() => reading)).Message.ShouldContain("silent for 45 s");
    }

    private static Task<List<SseFrame>> ReadAsync(string text) => ReadAsync(Pieces(text, int.MaxValue));

    private static async Task<List<SseFrame>> ReadAsync(Stream stream)
    {
        var reader = new SseReader(stream, new WatchOptions(), TimeProvider.System);
        var frames = new List<SseFrame>();
        while (await reader.ReadAsync(s_never) is { } frame) frames.Add(frame);
        return frames;
    }

    private static PieceStream Pieces(string text, int size) => new(Encoding.UTF8.GetBytes(text), size);

    /// <summary>Gives its bytes in pieces of a size.</summary>
    private sealed class PieceStream(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }

    /// <summary>Gives what the test feeds it, and tells when it is waited on.</summary>
    private sealed class HandFedStream : MemoryStream
    {
        private readonly SemaphoreSlim _waited = new(0);
        private TaskCompletionSource<byte[]> _next = new();

        public void Feed(string text)
        {
            var fed = Interlocked.Exchange(ref _next, new TaskCompletionSource<byte[]>());
            fed.SetResult(Encoding.UTF8.GetBytes(text));
        }

        public Task WaitedOn() => _waited.WaitAsync(TimeSpan.FromSeconds(10));

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var next = _next.Task.WaitAsync(cancellationToken);
            _waited.Release();
            var bytes = await next;
            bytes.CopyTo(buffer);
            return bytes.Length;
        }
    }
}
