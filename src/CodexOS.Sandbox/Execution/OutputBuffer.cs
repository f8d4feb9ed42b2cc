using System.Text;
using CodexOS.Sandbox.Contracts;

namespace CodexOS.Sandbox.Execution;

/// <summary>Keeps the beginning and the end of a stream of any length, and passes on the beginning as it comes.</summary>
internal sealed class OutputBuffer(int bytesMax, Action<string> onOutput)
{
    private readonly byte[] _head = new byte[bytesMax - (bytesMax / 2)];
    private readonly byte[] _tail = new byte[bytesMax / 2];
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private long _total;

    /// <summary>Takes the next bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        PassOn(bytes);
        if (_total < _head.Length)
        {
            var count = (int)Math.Min(_head.Length - _total, bytes.Length);
            bytes[..count].CopyTo(_head.AsSpan((int)_total));
            _total += count;
            bytes = bytes[count..];
        }

        // Only the last bytes can survive in the ring; the ones before need not be copied.
        if (bytes.Length > _tail.Length)
        {
            _total += bytes.Length - _tail.Length;
            bytes = bytes[^_tail.Length..];
        }

        while (!bytes.IsEmpty)
        {
            var at = (int)((_total - _head.Length) % _tail.Length);
            var count = Math.Min(_tail.Length - at, bytes.Length);
            bytes[..count].CopyTo(_tail.AsSpan(at));
            _total += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>What was kept.</summary>
    public SandboxOutput Finish()
    {
        var inHead = (int)Math.Min(_total, _head.Length);
        var after = _total - inHead;
        if (after <= _tail.Length)
        {
            byte[] all = [.. _head.AsSpan(0, inHead), .. _tail.AsSpan(0, (int)after)];
            return new SandboxOutput(TextOf(all), _total, IsTruncated: false);
        }

        var split = (int)(after % _tail.Length);
        byte[] end = [.. _tail.AsSpan(split), .. _tail.AsSpan(0, split)];
        var text = $"{TextOf(WithoutBrokenEnd(_head))}\n[… {after - _tail.Length} bytes are left out here …]\n"
            + TextOf(WithoutBrokenStart(end));
        return new SandboxOutput(text, _total, IsTruncated: true);
    }

    // NUL cannot be stored as text by every database, and means nothing to a reader.
    private static string TextOf(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes).Replace('\0', '\uFFFD');

    private static ReadOnlySpan<byte> WithoutBrokenStart(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < Math.Min(3, bytes.Length) && (bytes[at] & 0xC0) == 0x80) at++;
        return bytes[at..];
    }

    private static ReadOnlySpan<byte> WithoutBrokenEnd(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(4, bytes.Length); back++)
        {
            var last = bytes[^back];
            if ((last & 0xC0) == 0x80) continue;
            var length = last switch { < 0x80 => 1, >= 0xF0 => 4, >= 0xE0 => 3, _ => 2 };
            return length > back ? bytes[..^back] : bytes;
        }

        return bytes;
    }

    private void PassOn(ReadOnlySpan<byte> bytes)
    {
        var left = bytesMax - _total;
        if (left <= 0) return;
        if (bytes.Length > left) bytes = bytes[..(int)left];
        Span<char> text = new char[_decoder.GetCharCount(bytes, flush: false)];
        var count = _decoder.GetChars(bytes, text, flush: false);
        if (count > 0) onOutput(new string(text[..count]).Replace('\0', '\uFFFD'));
    }
}
