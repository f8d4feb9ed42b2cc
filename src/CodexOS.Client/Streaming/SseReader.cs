using System.Buffers;
using System.Text;
using CodexOS.Client.Contracts;

namespace CodexOS.Client.Streaming;

/// <summary>
/// Reads an event stream (WHATWG HTML, "Server-sent events"). Comments, which servers use as heartbeats, count as signs
/// of life and nothing else; an event that the end of the stream cuts off is dropped.
/// </summary>
internal sealed class SseReader(Stream stream, WatchOptions options, TimeProvider clock)
{
    private readonly byte[] _chunk = new byte[16 * 1024];
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly StringBuilder _data = new();
    private int _start;
    private int _end;
    private bool _afterCarriageReturn;
    private bool _isFirstLine = true;
    private string? _id;
    private string? _event;
    private bool _hasData;

    /// <summary>The next event, or null at the end of the stream.</summary>
    /// <exception cref="TimeoutException">The stream was silent for too long.</exception>
    public async ValueTask<SseFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (_start < _end)
            {
                if (TakeLine() is not { } line) break;
                if (TakeFrame(line) is { } frame) return frame;
            }

            if (_start < _end) continue;
            _start = 0;
            _end = await FillAsync(cancellationToken);
            if (_end == 0) return null;
        }
    }

    private async ValueTask<int> FillAsync(CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(options.SilenceMax, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        try
        {
            return await stream.ReadAsync(_chunk, both.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"it was silent for {options.SilenceMax.TotalSeconds:0} s", e);
        }
    }

    // A line ends with LF, CR LF or CR; a CR at the end of a chunk ends the line at once, and a LF after it is skipped.
    private string? TakeLine()
    {
        if (_afterCarriageReturn && _chunk[_start] == '\n') _start++;
        _afterCarriageReturn = false;
        var rest = _chunk.AsSpan(_start, _end - _start);
        var length = rest.IndexOfAny((byte)'\n', (byte)'\r');
        Append(length < 0 ? rest : rest[..length]);
        if (length < 0)
        {
            _start = _end;
            return null;
        }

        _afterCarriageReturn = rest[length] == '\r';
        _start += length + 1;
        var line = Encoding.UTF8.GetString(_line.WrittenSpan);
        _line.ResetWrittenCount();
        if (_isFirstLine && line.StartsWith('\uFEFF')) line = line[1..];
        _isFirstLine = false;
        return line;
    }

    private void Append(ReadOnlySpan<byte> part)
    {
        if (_line.WrittenCount + part.Length + _data.Length > options.EventSizeMax)
        {
            throw new CodexOSException(
                "client.bad_answer",
                FaultKind.Upstream,
                $"An event of the stream is larger than {options.EventSizeMax} bytes.");
        }

        _line.Write(part);
    }

    private SseFrame? TakeFrame(string line)
    {
        if (line.Length == 0) return Dispatch();
        if (line[0] == ':') return null;
        var colon = line.IndexOf(':');
        var field = colon < 0 ? line : line[..colon];
        var value = colon < 0 ? "" : line[(colon + 1)..];
        if (value.StartsWith(' ')) value = value[1..];
        switch (field)
        {
            case "id":
                if (!value.Contains('\0')) _id = value;
                break;
            case "event":
                _event = value;
                break;
            case "data":
                if (_hasData) _data.Append('\n');
                _data.Append(value);
                _hasData = true;
                break;
            default:
                // Other fields mean nothing, by the standard; "retry" is ours to decide.
                break;
        }

        return null;
    }

    private SseFrame? Dispatch()
    {
        var type = string.IsNullOrEmpty(_event) ? "message" : _event;
        var frame = _hasData ? new SseFrame(_id, type, _data.ToString()) : null;
        (_id, _event, _hasData) = (null, null, false);
        _data.Clear();
        return frame;
    }
}
