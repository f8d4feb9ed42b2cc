using System.Security.Cryptography;

namespace CodexOS.Privacy.Evidence;

/// <summary>
/// Takes bytes as they are written and hands them on in parts of one length, which is all that is held of them. It cannot be
/// read or moved in.
/// </summary>
internal sealed class SealingStream(int partBytes, Func<byte[], CancellationToken, Task> keepAsync) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly MemoryStream _held = new();

    /// <inheritdoc />
    public override bool CanRead => false;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override bool CanWrite => true;

    /// <summary>How much was written.</summary>
    public long SizeBytes { get; private set; }

    /// <inheritdoc />
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc />
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Holds the bytes until the next asynchronous write, for handing them on takes one.</summary>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _hash.AppendData(buffer);
        SizeBytes += buffer.Length;
        _held.Write(buffer);
    }

    /// <inheritdoc />
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        if (_held.Length >= partBytes) await HandOnAsync(partBytes, cancellationToken);
    }

    /// <inheritdoc />
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc />
    public override void Flush()
    {
    }

    /// <summary>Hands on what is left.</summary>
    /// <returns>The SHA-256 of all that was written, in lowercase hexadecimal digits.</returns>
    public async Task<string> EndAsync(CancellationToken cancellationToken)
    {
        await HandOnAsync(1, cancellationToken);
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    /// <inheritdoc />
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            _held.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task HandOnAsync(int leastBytes, CancellationToken cancellationToken)
    {
        var bytes = _held.ToArray();
        var at = 0;
        while (bytes.Length - at >= leastBytes)
        {
            var length = Math.Min(partBytes, bytes.Length - at);
            await keepAsync(bytes[at..(at + length)], cancellationToken);
            at += length;
        }

        _held.SetLength(0);
        _held.Write(bytes.AsSpan(at));
    }
}
