using System.Runtime.InteropServices;

namespace CodexOS.Knowledge.Index.Lexical;

/// <summary>The sections of a segment's file. The numbers are written to disk.</summary>
internal static class SegmentSections
{
    /// <summary>The kind of file that a segment is.</summary>
    public const int FileKind = 1;

    public const int Postings = 1;
    public const int Blocks = 2;
    public const int Terms = 3;
    public const int TermNameOffsets = 4;
    public const int TermNames = 5;
    public const int TermSlots = 6;
    public const int ForwardOffsets = 7;
    public const int Forward = 8;
    public const int Lengths = 9;
    public const int DocumentOf = 10;
    public const int Ordinals = 11;
    public const int ReaderSets = 12;
    public const int MetadataSets = 13;
    public const int Times = 14;
    public const int PassageLanguages = 15;
    public const int DocumentIds = 16;
    public const int DocumentStarts = 17;
    public const int DocumentOrder = 18;
    public const int LabelOffsets = 19;
    public const int Labels = 20;
}

/// <summary>Where a term's postings are.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct TermEntry
{
    /// <summary>How many passages of the segment have the term, removed ones included.</summary>
    public int PassageCount;

    /// <summary>The first of its blocks.</summary>
    public int BlockStart;

    /// <summary>How many blocks it has.</summary>
    public int BlockCount;
}

/// <summary>
/// Up to 128 postings of a term that share the upper half of their passage numbers, so that the lower halves do. Carries the
/// best that any of its passages can score for any average length: no passage beats all of three pairs of how often and how
/// long. A search jumps over a block that cannot matter.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct PostingBlock
{
    public const int PostingsMax = 128;

    /// <summary>The number of its last passage.</summary>
    public int LastPassage;

    /// <summary>Where its postings begin, in steps of two bytes: first the lower halves of passages, then frequencies.</summary>
    public uint Start;

    public ushort Length0;
    public ushort Length1;
    public ushort Length2;
    public byte Frequency0;
    public byte Frequency1;
    public byte Frequency2;

    /// <summary>How many postings it has.</summary>
    public byte Count;
}
