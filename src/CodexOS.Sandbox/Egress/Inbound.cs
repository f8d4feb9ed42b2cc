using System.Globalization;
using System.Text;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;

namespace CodexOS.Sandbox.Egress;

/// <summary>What a sandboxed program sends: a head, then a body or a greeting. Nothing of it is lost in between.</summary>
internal sealed class Inbound(Stream client, int headBytesMax)
{
    private readonly byte[] _buffer = new byte[Math.Max(headBytesMax, 16 * 1_024)];
    private int _start;
    private int _end;

    /// <summary>The head with its empty line; empty if the client left without one.</summary>
    public async ValueTask<Result<ReadOnlyMemory<byte>>> ReadHeadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (RequestHead.EndOf(_buffer.AsSpan(_start, _end - _start)) is var end and > 0)
            {
                var head = _buffer.AsMemory(_start, end).ToArray();
                _start += end;
                return (ReadOnlyMemory<byte>)head;
            }

            if (_end >= headBytesMax)
            {
                return new Fault(
                    "egress.head_too_large", FaultKind.TooLarge, $"The head of the request has more than {headBytesMax} bytes.");
            }

            var count = await client.ReadAsync(_buffer.AsMemory(_end, headBytesMax - _end), cancellationToken);
            if (count == 0)
            {
                return _end == 0
                    ? ReadOnlyMemory<byte>.Empty
                    : new Fault("egress.bad_request", FaultKind.Invalid, "The request ends before its empty line.");
            }

            _end += count;
        }
    }

    /// <summary>The next bytes, what is here already first; 0 at the end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        if (_start == _end) return await client.ReadAsync(into, cancellationToken);
        var count = Math.Min(into.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(into.Span);
        _start += count;
        return count;
    }

    /// <summary>A short line of the framing of chunks, without its end.</summary>
    /// <exception cref="IOException">It is no line, or too long.</exception>
    public async ValueTask<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        const int lengthMax = 200;
        var line = new StringBuilder();
        var one = new byte[1];
        while (line.Length <= lengthMax && await ReadAsync(one, cancellationToken) == 1)
        {
            line.Append((char)one[0]);
            if (one[0] == '\n')
            {
                return line.Length > 1 && line[^2] == '\r'
                    ? line.ToString(0, line.Length - 2)
                    : throw new IOException("A chunk of the body is malformed.");
            }
        }

        throw new IOException("A chunk of the body is malformed.");
    }
}

/// <summary>The body of a request as the host is to get it.</summary>
/// <param name="inbound">Where it comes from.</param>
/// <param name="length">Its length, or null if it comes in chunks.</param>
/// <param name="beforeFirst">Gives the client leave to send it.</param>
/// <param name="onMore">Is told when more of it came.</param>
internal sealed class RequestBody(Inbound inbound, long? length, Func<CancellationToken, Task> beforeFirst, Action onMore)
    : ReadOnlyStream
{
    private long _left = length ?? 0;
    private bool _isBegun;
    private bool _isOver;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_isBegun)
        {
            _isBegun = true;
            await beforeFirst(cancellationToken);
        }

        if (_left == 0 && (length is not null || _isOver || !await NextChunkAsync(cancellationToken))) return 0;
        var part = buffer[..(int)Math.Min(buffer.Length, _left)];
        var count = await inbound.ReadAsync(part, cancellationToken);
        if (count == 0) throw new IOException("The body of the request ends early.");
        onMore();
        _left -= count;
        if (_left == 0 && length is null && (await inbound.ReadLineAsync(cancellationToken)).Length > 0)
            throw new IOException("A chunk of the body is malformed.");
        return count;
    }

    private async ValueTask<bool> NextChunkAsync(CancellationToken cancellationToken)
    {
        var line = await inbound.ReadLineAsync(cancellationToken);
        var digits = line.Split(';')[0].TrimEnd(' ', '\t');
        if (digits.Length is 0 or > 12
            || !long.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _left))
        {
            throw new IOException("A chunk of the body is malformed.");
        }

        if (_left > 0) return true;
        _isOver = true;
        // Trailers are read and dropped: nobody has decided on them.
        while ((await inbound.ReadLineAsync(cancellationToken)).Length > 0)
        {
        }

        return false;
    }
}
