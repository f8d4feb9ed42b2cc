using System.Runtime.InteropServices;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Lexical;

/// <summary>
/// Writes the postings of terms one after another, in the order of their names; keeps in memory only what is written after
/// them, the tables of blocks and names.
/// </summary>
internal sealed class PostingsWriter(SectionWriter file, List<ushort> lengths)
{
    private const int PageBits = 16;

    private readonly List<PostingBlock> _blocks = [];
    private readonly List<TermEntry> _terms = [];
    private readonly TermTableWriter _names = new();
    private readonly ushort[] _passages = new ushort[PostingBlock.PostingsMax];
    private readonly byte[] _frequencies = new byte[PostingBlock.PostingsMax];
    private int _count, _page, _termCount, _termBlockStart;

    /// <summary>Begins the section of postings.</summary>
    public void Begin() => file.Begin();

    /// <summary>Adds a posting of the term that is being written; passages rise.</summary>
    public void Add(int passage, byte frequency)
    {
        if (_count == PostingBlock.PostingsMax || (_count > 0 && passage >> PageBits != _page)) Flush();
        _page = passage >> PageBits;
        _passages[_count] = (ushort)passage;
        _frequencies[_count++] = frequency;
        _termCount++;
    }

    /// <summary>Ends the term that is being written.</summary>
    public void EndTerm(ReadOnlySpan<byte> name)
    {
        Flush();
        _terms.Add(new TermEntry
        {
            PassageCount = _termCount,
            BlockStart = _termBlockStart,
            BlockCount = _blocks.Count - _termBlockStart,
        });
        _names.Add(name);
        (_termCount, _termBlockStart) = (0, _blocks.Count);
    }

    /// <summary>Ends the section of postings, and writes those of blocks and names.</summary>
    public void Finish()
    {
        file.End(SegmentSections.Postings);
        file.Add<PostingBlock>(SegmentSections.Blocks, CollectionsMarshal.AsSpan(_blocks));
        file.Add<TermEntry>(SegmentSections.Terms, CollectionsMarshal.AsSpan(_terms));
        _names.Write(file, SegmentSections.TermNameOffsets, SegmentSections.TermNames, SegmentSections.TermSlots);
    }

    private void Flush()
    {
        if (_count == 0) return;
        var block = new PostingBlock
        {
            LastPassage = (_page << PageBits) | _passages[_count - 1],
            Start = checked((uint)(file.SectionSizeBytes / 2)),
            Count = (byte)_count,
        };
        Bound(ref block);
        _blocks.Add(block);
        file.Write(MemoryMarshal.AsBytes(_passages.AsSpan(0, _count)));
        file.Write(_frequencies.AsSpan(0, _count));
        if ((_count & 1) != 0) file.Write([0]);
        _count = 0;
    }

    /// <summary>
    /// A passage can score best if no other of the block has the term more often and is no longer. Of those the two with the
    /// most occurrences are kept, and a third that stands for all others.
    /// </summary>
    private void Bound(ref PostingBlock block)
    {
        Span<int> shortest = stackalloc int[byte.MaxValue + 1];
        shortest.Fill(int.MaxValue);
        var most = 0;
        for (var i = 0; i < _count; i++)
        {
            int length = lengths[(_page << PageBits) | _passages[i]];
            ref var known = ref shortest[_frequencies[i]];
            known = Math.Min(known, length);
            most = Math.Max(most, _frequencies[i]);
        }

        var pairs = 0;
        var best = int.MaxValue;
        for (var frequency = most; frequency > 0; frequency--)
        {
            if (shortest[frequency] >= best) continue;
            best = shortest[frequency];
            if (pairs == 0) (block.Frequency0, block.Length0) = ((byte)frequency, (ushort)best);
            else if (pairs == 1) (block.Frequency1, block.Length1) = ((byte)frequency, (ushort)best);
            else if (pairs == 2) (block.Frequency2, block.Length2) = ((byte)frequency, (ushort)best);
            else block.Length2 = (ushort)best;
            pairs++;
        }
    }
}
