using CodexOS.Knowledge.Index.Queries;

namespace CodexOS.Knowledge.Search;

/// <summary>In which way passages are looked for; each but the first leaves something out, to be compared with.</summary>
public enum SearchWay
{
    /// <summary>By the words of the question, by words of the best passages, and by vectors.</summary>
    Hybrid,

    /// <summary>By the words of the question and by words of the best passages (pseudo-relevance feedback).</summary>
    Feedback,

    /// <summary>By the words of the question alone (BM25).</summary>
    Words,

    /// <summary>By vectors alone.</summary>
    Vectors,
}

/// <summary>What a way is to the index.</summary>
internal static class SearchWays
{
    /// <summary>All of them, the usual one first.</summary>
    public static IReadOnlyList<SearchWay> All { get; } = Enum.GetValues<SearchWay>();

    public static Channels Channels(this SearchWay way) => way switch
    {
        SearchWay.Feedback => Index.Queries.Channels.Lexical | Index.Queries.Channels.Feedback,
        SearchWay.Words => Index.Queries.Channels.Lexical,
        SearchWay.Vectors => Index.Queries.Channels.Dense,
        _ => Index.Queries.Channels.All,
    };
}
