using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Lexical;

/// <summary>Finds single passages among the postings of a term, and all of them.</summary>
internal static unsafe class PostingSearch
{
    /// <summary>How often a passage has a term.</summary>
    public static int FrequencyOf(Segment segment, int term, int passage)
    {
        ref readonly var entry = ref segment.Terms[term];
        var block = BlockWith(segment.Blocks, entry.BlockStart, entry.BlockStart + entry.BlockCount, passage);
        return block < 0 ? 0 : FrequencyIn(segment, segment.Blocks[block], passage);
    }

    /// <summary>How often a passage has the term that a block belongs to; zero if it is not in the block.</summary>
    public static int FrequencyIn(Segment segment, in PostingBlock block, int passage)
    {
        if (block.LastPassage >> 16 != passage >> 16) return 0;
        var (passages, frequencies) = segment.PostingsOf(block);
        var at = new ReadOnlySpan<ushort>((void*)passages, block.Count).BinarySearch((ushort)passage);
        return at < 0 ? 0 : ((byte*)frequencies)[at];
    }

    /// <summary>Adds the passages that have a term to a set.</summary>
    public static void AddTo(ulong[] set, Segment segment, int term)
    {
        ref readonly var entry = ref segment.Terms[term];
        for (var i = entry.BlockStart; i < entry.BlockStart + entry.BlockCount; i++)
        {
            ref readonly var block = ref segment.Blocks[i];
            var (passages, _) = segment.PostingsOf(block);
            var page = block.LastPassage & ~0xFFFF;
            for (var j = 0; j < block.Count; j++) Bits.Set(set, page | ((ushort*)passages)[j]);
        }
    }

    /// <summary>The first block whose last passage is not before the one looked for; -1 if there is none.</summary>
    private static long BlockWith(MappedArray<PostingBlock> blocks, int from, int to, int passage)
    {
        var (low, high) = (from, to);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (blocks[middle].LastPassage < passage) low = middle + 1;
            else high = middle;
        }

        return low < to ? low : -1;
    }
}
