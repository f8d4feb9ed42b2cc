namespace CodexOS.Sandbox.Exports;

/// <summary>Reads files as if they were one. It can be sought in, so that a download that broke off goes on.</summary>
internal sealed class PartsStream(IReadOnlyList<(string Path, long SizeBytes)> parts) : Stream
{
    private FileStream? _open;
    private int _index = -1;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; } = parts.Sum(part => part.SizeBytes);

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override int Read(Span<byte> buffer)
    {
        if (Part(out var left) is not { } file) return 0;
        var count = file.Read(buffer[..(int)Math.Min(buffer.Length, left)]);
        _position += count;
        return count;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Part(out var left) is not { } file) return 0;
        var count = await file.ReadAsync(buffer[..(int)Math.Min(buffer.Length, left)], cancellationToken);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _open?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The file at the present position, at its place, and how much of it is left; null at the end.</summary>
    private FileStream? Part(out long left)
    {
        var before = 0L;
        for (var i = 0; i < parts.Count; i++)
        {
            left = before + parts[i].SizeBytes - _position;
            if (left > 0)
            {
                if (_index != i)
                {
                    _open?.Dispose();
                    _open = new FileStream(
                        parts[i].Path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0, useAsync: true);
                    _index = i;
                }

                _open!.Position = _position - before;
                return _open;
            }

            before += parts[i].SizeBytes;
        }

        left = 0;
        return null;
    }
}
