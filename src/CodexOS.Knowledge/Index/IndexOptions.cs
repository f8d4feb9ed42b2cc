using CodexOS.Knowledge.Index.Analysis;

namespace CodexOS.Knowledge.Index;

/// <summary>The limits of an index, and what belongs to one knowledge base.</summary>
internal sealed record IndexOptions
{
    /// <summary>How many passages a base can hold.</summary>
    public int PassagesMax { get; init; } = 10_000_000;

    /// <summary>How many passages one segment is built of in memory; a larger batch becomes several segments.</summary>
    public int SegmentPassagesMax { get; init; } = 32_768;

    /// <summary>How many words one segment is built of in memory, at eight bytes each.</summary>
    public int SegmentWordsMax { get; init; } = 16_000_000;

    /// <summary>How many passages a merged segment can have.</summary>
    public int MergedPassagesMax { get; init; } = 2_000_000;

    /// <summary>How many segments of about one size are left side by side.</summary>
    public int SegmentsPerTierMax { get; init; } = 6;

    /// <summary>Which share of a segment's passages may be removed ones before it is written anew.</summary>
    public double RemovedShareMax { get; init; } = 0.3;

    /// <summary>How long a query may be.</summary>
    public int QueryLengthMax { get; init; } = 4_000;

    /// <summary>How many different terms of a query are searched for.</summary>
    public int QueryTermsMax { get; init; } = 64;

    /// <summary>How many passages one search can ask for.</summary>
    public int HitsMax { get; init; } = 1_000;

    /// <summary>How long a search may take; what was found by then is given.</summary>
    public TimeSpan SearchTimeMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How many passages there must be before vectors are made of them.</summary>
    public int FitPassagesMin { get; init; } = 100;

    /// <summary>How many numbers a vector of the index's own embedder has at most.</summary>
    public int FittedDimension { get; init; } = 192;

    /// <summary>Which share of the newer passages' words may be unknown to the vectors before they are made anew.</summary>
    public double DriftMax { get; init; } = 0.1;

    /// <summary>Whether merging and fitting go on in the background after a publish; else the caller asks for them.</summary>
    public bool HasBackgroundWork { get; init; } = true;

    /// <summary>The language of texts that do not show theirs.</summary>
    public Language DefaultLanguage { get; init; } = Language.English;
}
