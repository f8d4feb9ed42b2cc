using System.Runtime.InteropServices;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Lexical;

/// <summary>
/// Writes for each passage its terms with their frequencies, and behind them where each stands. Feedback and the embedder
/// read the former; a phrase is checked with the latter.
/// </summary>
internal sealed class ForwardWriter
{
    private readonly List<long> _offsets = [0];
    private readonly List<byte> _all = [], _terms = [], _positions = [];
    private SectionWriter? _file;
    private long _written;
    private int _count, _lastTerm;

    /// <summary>Lets passages go to the file as they come, for more than fit in memory.</summary>
    public void StreamTo(SectionWriter file)
    {
        _file = file;
        file.Begin();
    }

    /// <summary>Adds a term of the passage that is being written; terms rise, and so do positions, in the lower half.</summary>
    public void Add(int term, byte frequency, ReadOnlySpan<ulong> occurrences)
    {
        AddTerm(term, frequency);
        VarInt.Write(_positions, (uint)occurrences.Length);
        var last = 0u;
        foreach (var occurrence in occurrences)
        {
            VarInt.Write(_positions, (uint)occurrence - last);
            last = (uint)occurrence;
        }
    }

    /// <summary>Adds a term whose positions come with <see cref="AddPositions"/>.</summary>
    public void AddTerm(int term, byte frequency)
    {
        VarInt.Write(_terms, (uint)(term - _lastTerm));
        _terms.Add(frequency);
        (_lastTerm, _count) = (term, _count + 1);
    }

    /// <summary>Takes over the positions of a passage of another segment as they are.</summary>
    public void AddPositions(ReadOnlySpan<byte> positions) => _positions.AddRange(positions);

    /// <summary>Ends the passage.</summary>
    public void EndPassage()
    {
        VarInt.Write(_all, (uint)_count);
        _all.AddRange(CollectionsMarshal.AsSpan(_terms));
        _all.AddRange(CollectionsMarshal.AsSpan(_positions));
        _terms.Clear();
        _positions.Clear();
        (_count, _lastTerm) = (0, 0);
        if (_file is null)
        {
            _offsets.Add(_all.Count);
            return;
        }

        _file.Write(CollectionsMarshal.AsSpan(_all));
        _written += _all.Count;
        _all.Clear();
        _offsets.Add(_written);
    }

    /// <summary>Writes both sections, or ends the one that was streamed.</summary>
    public void Write(SectionWriter file)
    {
        if (_file is null) file.Add<byte>(SegmentSections.Forward, CollectionsMarshal.AsSpan(_all));
        else file.End(SegmentSections.Forward);
        file.Add<long>(SegmentSections.ForwardOffsets, CollectionsMarshal.AsSpan(_offsets));
    }
}
