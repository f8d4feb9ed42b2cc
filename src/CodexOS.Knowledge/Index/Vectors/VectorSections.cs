using System.Runtime.InteropServices;

namespace CodexOS.Knowledge.Index.Vectors;

/// <summary>The sections of a file of vectors. The numbers are written to disk.</summary>
internal static class VectorSections
{
    /// <summary>The kind of file that vectors are.</summary>
    public const int FileKind = 2;

    public const int Facts = 1;
    public const int Key = 2;
    public const int Rows = 3;
    public const int Mean = 4;
    public const int Codes = 5;
    public const int SmallRows = 6;
    public const int Centroids = 7;
    public const int ListStarts = 8;
    public const int ListPassages = 9;
}

/// <summary>How the vectors of a file are to be searched.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct VectorFacts
{
    public int Count;
    public int Dimension;

    /// <summary>How many lists the vectors are put in by nearness; zero if all are gone through.</summary>
    public int ListCount;

    /// <summary>How many lists are gone through.</summary>
    public int ProbedLists;

    /// <summary>How many of the nearest by code are compared exactly.</summary>
    public int RescoredCount;

    /// <summary>Whether vectors of small whole numbers stand in for codes, because codes find too little here.</summary>
    public int UsesSmallRows;

    /// <summary>The share of the ten truly nearest that a search found when it was tuned.</summary>
    public float Recall;
}
