using System.Text;
using CodexOS.Sandbox.Execution;

namespace CodexOS.Sandbox.Interpreters;

/// <summary>
/// Finds the end of an answer in what an interpreter writes: the mark may come in pieces, and nothing before it is held back.
/// </summary>
internal sealed class MarkedOutput
{
    private const byte MarkBegin = 0x1E;
    private const int StatusLength = 3;
    private readonly OutputBuffer _output;
    private readonly byte[] _mark;
    private readonly List<byte> _held = [];

    public MarkedOutput(OutputBuffer output, string nonce)
    {
        _output = output;
        _mark = [MarkBegin, .. Encoding.ASCII.GetBytes(nonce), (byte)' '];
    }

    private int Length => _mark.Length + StatusLength + 1;

    /// <summary>Takes the next bytes; gives the status when the mark is complete. What comes after it is dropped.</summary>
    public int? Add(ReadOnlySpan<byte> bytes)
    {
        byte[] all = [.. _held, .. bytes];
        _held.Clear();
        var left = all.AsSpan();
        while (true)
        {
            var at = left.IndexOf(MarkBegin);
            if (at < 0)
            {
                _output.Add(left);
                return null;
            }

            _output.Add(left[..at]);
            left = left[at..];
            if (left.Length < Length && IsBeginOfMark(left))
            {
                _held.AddRange(left);
                return null;
            }

            if (left.Length >= Length && ReadMark(left[..Length]) is { } status) return status;
            _output.Add(left[..1]);
            left = left[1..];
        }
    }

    /// <summary>What was held back because it could have become a mark is output after all.</summary>
    public void End()
    {
        _output.Add([.. _held]);
        _held.Clear();
    }

    private bool IsBeginOfMark(ReadOnlySpan<byte> bytes) =>
        bytes.Length <= _mark.Length ? _mark.AsSpan().StartsWith(bytes) : bytes.StartsWith(_mark);

    private int? ReadMark(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith(_mark) || bytes[^1] != (byte)'\n') return null;
        var status = 0;
        foreach (var digit in bytes.Slice(_mark.Length, StatusLength))
        {
            if (digit is < (byte)'0' or > (byte)'9') return null;
            status = (status * 10) + (digit - '0');
        }

        return status;
    }
}
