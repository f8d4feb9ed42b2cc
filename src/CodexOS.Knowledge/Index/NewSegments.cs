using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index;

/// <summary>Passages as segments that no manifest names yet. What is not taken in the end is removed.</summary>
/// <param name="generations">Of the index that they are for.</param>
/// <param name="folder">Where.</param>
/// <param name="writer">Writes them.</param>
/// <param name="added">The passages.</param>
internal sealed class NewSegments(
    Generations generations, IndexFolder folder, IndexWriter writer, IReadOnlyList<IndexPassage> added) : IDisposable
{
    private readonly List<string> _names = [];
    private ImmutableArray<SegmentView> _views;
    private EmbedderKey? _embedder;
    private bool _isWithoutFiles;

    /// <summary>The documents of the passages.</summary>
    public IEnumerable<Guid> Documents => added.Select(static one => one.Document);

    /// <summary>Writes the segments as a generation needs them; those that are written so already are left as they are.</summary>
    public Fault? Write(Snapshot snapshot, CancellationToken cancellationToken)
    {
        var (embedder, isWithoutFiles) = (snapshot.Embedder?.Key, snapshot.Manifest.IsWithoutFiles);
        if (!_views.IsDefault && _embedder == embedder && _isWithoutFiles == isWithoutFiles) return null;
        Dispose();
        (_embedder, _isWithoutFiles) = (embedder, isWithoutFiles);
        try
        {
            var written = writer.Write(added, snapshot.Embedder, isWithoutFiles, NextName, cancellationToken);
            return written.TryGet(out _views, out var fault) ? null : fault;
        }
        catch (IOException error) when (IndexFaults.IsDiskFull(error))
        {
            return IndexFaults.DiskFull;
        }
    }

    /// <summary>The segments, which are the taker's own from now on.</summary>
    public ImmutableArray<SegmentView> Take()
    {
        var views = _views;
        _views = default;
        _names.Clear();
        return views;
    }

    /// <summary>Removes what was not taken.</summary>
    public void Dispose()
    {
        if (!_views.IsDefault) IndexWriter.Close(_views);
        _views = default;
        _names.ForEach(folder.Remove);
        _names.Clear();
    }

    private string NextName()
    {
        _names.Add(generations.NextName());
        return _names[^1];
    }
}
