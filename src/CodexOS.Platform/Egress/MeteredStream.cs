using System.Net.Sockets;

namespace CodexOS.Platform.Egress;

/// <summary>A connection whose bytes count against the step's limit, in both directions.</summary>
internal sealed class MeteredStream(Socket socket, EgressSession session, EgressLog.Line line) : Stream
{
    private readonly NetworkStream _inner = new(socket, ownsSocket: true);
    private int _closed;

    /// <summary>The connection.</summary>
    public Socket Socket => socket;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var count = _inner.Read(buffer);
        session.Meter(line, 0, count);
        return count;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await _inner.ReadAsync(buffer, cancellationToken);
        session.Meter(line, 0, count);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        session.Meter(line, buffer.Length, 0);
        _inner.Write(buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Counted before it is sent: what exceeds the limit does not leave.
        session.Meter(line, buffer.Length, 0);
        return _inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => _inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _inner.Dispose();
            session.Closed();
        }

        base.Dispose(disposing);
    }
}

/// <summary>The body of an answer: one that is longer than it may be, or silent for too long, is ended with a fault.</summary>
internal sealed class AnswerStream(Stream inner, long bytesMax, TimeSpan silenceMax, TimeProvider clock, HostName host)
    : ReadOnlyStream
{
    private long _taken;

    public override int Read(byte[] buffer, int offset, int count) => Take(inner.Read(buffer, offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var timeUp = new CancellationTokenSource(silenceMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        try
        {
            return Take(await inner.ReadAsync(buffer, either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EgressException(EgressFaults.TimedOut(host));
        }
        catch (Exception error) when (error is HttpRequestException or IOException && EgressFaults.Of(error) is null)
        {
            throw new EgressException(EgressFaults.Unreachable(host));
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    private int Take(int count)
    {
        _taken += count;
        return _taken <= bytesMax ? count : throw new EgressException(EgressFaults.Limit($"{bytesMax} bytes in one answer"));
    }
}
