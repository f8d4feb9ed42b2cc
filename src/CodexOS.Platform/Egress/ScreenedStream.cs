namespace CodexOS.Platform.Egress;

/// <summary>
/// An answer to a request that carried a secret, with the secret struck out where the host sends it back. The end of what
/// was read is held back while it may be the beginning of the secret; the length stays the same.
/// </summary>
internal sealed class ScreenedStream(Stream inner, byte[] secret) : ReadOnlyStream
{
    private readonly byte[] _held = new byte[secret.Length + (16 * 1_024)];
    private int _start;
    private int _ready;
    private int _end;
    private bool _isOver;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_start == _ready && !_isOver) await FillAsync(cancellationToken);
        var count = Math.Min(buffer.Length, _ready - _start);
        _held.AsSpan(_start, count).CopyTo(buffer.Span);
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        _held.AsSpan(_start, _end - _start).CopyTo(_held);
        (_end, _start) = (_end - _start, 0);
        var count = await inner.ReadAsync(_held.AsMemory(_end), cancellationToken);
        _end += count;
        _isOver = count == 0;
        var known = _held.AsSpan(0, _end);
        for (int at; (at = known.IndexOf(secret)) >= 0;) known.Slice(at, secret.Length).Fill((byte)'*');
        _ready = _isOver ? _end : _end - BeginningAtEnd(known);
    }

    /// <summary>How many bytes at the end may be the beginning of the secret.</summary>
    private int BeginningAtEnd(ReadOnlySpan<byte> known)
    {
        for (var count = Math.Min(secret.Length - 1, known.Length); count > 0; count--)
        {
            if (known[^count..].SequenceEqual(secret.AsSpan(0, count))) return count;
        }

        return 0;
    }
}
