using System.Collections.Immutable;
using CodexOS.Knowledge.Chunking;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Platform.Faults;
using CodexOS.Testing;
using Shouldly;

namespace CodexOS.Tests.Knowledge.Index;

/// <summary>An index in a directory of its own, and short ways to fill and ask it.</summary>
internal sealed class IndexCase : IDisposable
{
    private readonly TempDirectory _directory = new();

    public IndexCase(IndexOptions? options = null)
    {
        Options = options ?? Quiet;
        Index = Open().Value;
    }

    /// <summary>Nothing happens by itself.</summary>
    public static IndexOptions Quiet { get; } = new() { HasBackgroundWork = false, FittedDimension = 32 };

    public IndexOptions Options { get; }

    public string Folder => _directory.In("index");

    public KnowledgeIndex Index { get; private set; }

    public static Guid Document(int number) => new(number, 0, 0, new byte[8]);

    public static IndexPassage Passage(int document, string text, int ordinal = 0) => new(
        Document(document),
        new Passage(ordinal, 0, text, [], null, null),
        "",
        [],
        ImmutableSortedDictionary<string, string>.Empty);

    public Result<KnowledgeIndex> Open() => KnowledgeIndex.Open(Folder, Options, TimeProvider.System);

    /// <summary>Closes the index and opens it again.</summary>
    public void Reopen()
    {
        Index.Dispose();
        Index = Open().Value;
    }

    public void Publish(params IndexPassage[] added) => Index.Publish(added, [], CancellationToken.None).IsOk.ShouldBeTrue();

    public void Remove(params int[] documents) =>
        Index.Publish([], [.. documents.Select(Document)], CancellationToken.None).IsOk.ShouldBeTrue();

    public void MergeAll()
    {
        while (Index.Merge(CancellationToken.None).Value) { }
    }

    public SearchResult Search(
        string text, SearchFilter? filter = null, int passagesMax = 20, Channels channels = Channels.Lexical,
        Synonyms? synonyms = null, SearchBoosts? boosts = null)
    {
        var query = new SearchQuery(text, filter ?? SearchFilter.Everything, passagesMax)
        {
            Channels = channels,
            Synonyms = synonyms ?? Synonyms.None,
            Boosts = boosts ?? SearchBoosts.None,
        };
        return Index.Search(query, CancellationToken.None).Value;
    }

    /// <summary>The numbers of the documents that were found, the best first.</summary>
    public int[] Found(string text, SearchFilter? filter = null, Channels channels = Channels.Lexical) =>
        Found(Search(text, filter, channels: channels));

    /// <summary>The same of a search that was made.</summary>
    public static int[] Found(SearchResult result) =>
        [.. result.Hits.Select(static hit => BitConverter.ToInt32(hit.Key.Document.ToByteArray()))];

    public void Dispose()
    {
        Index.Dispose();
        _directory.Dispose();
    }
}
