using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Fusion;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index;

/// <summary>
/// The search index of one knowledge base, in a folder of its own. Any number may search while one publishes: a search sees
/// one generation, whole, and waits for nothing. What is published is durable when the call returns.
/// </summary>
internal sealed class KnowledgeIndex : IDisposable
{
    private readonly IndexFolder _folder;
    private readonly IndexOptions _options;
    private readonly TimeProvider _clock;
    private readonly FileStream _lock;
    private readonly Generations _generations;
    private readonly IndexWriter _writer;
    private readonly IndexRebuild _rebuild;
    private readonly IndexMaintenance _maintenance;
    private bool _isDisposed;

    private KnowledgeIndex(IndexFolder folder, IndexOptions options, TimeProvider clock, FileStream lockFile, Snapshot snapshot)
    {
        (_folder, _options, _clock, _lock) = (folder, options, clock, lockFile);
        _generations = new Generations(folder, snapshot);
        _writer = new IndexWriter(folder, options);
        _rebuild = new IndexRebuild(_generations, folder, _writer, options);
        Stores = new IndexStores(_generations, folder, _writer, options);
        Models = new IndexModels(_generations, folder, _writer, Stores);
        _maintenance = new IndexMaintenance(this);
    }

    /// <summary>Opens the index in a folder; an empty one if there is none. Files of unfinished work are removed.</summary>
    public static Result<KnowledgeIndex> Open(string folder, IndexOptions options, TimeProvider clock)
    {
        Directory.CreateDirectory(folder);
        var files = new IndexFolder(folder);
        FileStream lockFile;
        try
        {
            lockFile = new FileStream(files.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return IndexFaults.InUse;
        }

        if (files.Read().TryGet(out var manifest, out var fault))
        {
            files.RemoveLeftovers(manifest);
            if (SnapshotFiles.Open(files, manifest).TryGet(out var snapshot, out fault))
                return new KnowledgeIndex(files, options, clock, lockFile, snapshot);
        }

        lockFile.Dispose();
        return fault;
    }

    /// <summary>Where the vectors lie, and the step from one place to another.</summary>
    public IndexStores Stores { get; }

    /// <summary>What makes the vectors, and the step from one to another.</summary>
    public IndexModels Models { get; }

    /// <summary>What the index holds by now.</summary>
    public IndexStatistics Statistics
    {
        get
        {
            var snapshot = _generations.Hold();
            if (snapshot is null) return IndexStatistics.Closed;
            try
            {
                return IndexStatistics.Of(snapshot, _options, _maintenance.LastFault);
            }
            finally
            {
                snapshot.Release();
            }
        }
    }

    /// <summary>
    /// Removes documents and adds passages, in one step: a search sees all of it or nothing. A document that is named in
    /// both is replaced.
    /// </summary>
    public Result<IndexGeneration> Publish(
        IReadOnlyList<IndexPassage> added, IReadOnlyCollection<Guid> removed, CancellationToken cancellationToken)
    {
        if (PassageCheck.Of(added) is { } refused) return refused;
        Result<IndexGeneration> result;
        lock (_generations.Changing)
        {
            if (_generations.Current is not { } current) return IndexFaults.Closed;
            result = Publish(current, added, removed, cancellationToken);
        }

        if (result.IsOk && _options.HasBackgroundWork) _maintenance.Start();
        return result;
    }

    /// <summary>Finds the passages that answer a query best, of those that the filter lets through.</summary>
    public Result<SearchResult> Search(SearchQuery query, CancellationToken cancellationToken)
    {
        if (Check(query) is { } fault) return fault;
        var snapshot = _generations.Hold();
        if (snapshot is null) return IndexFaults.Closed;
        try
        {
            return new Searcher(snapshot, _options).Search(query, LimitsOf(query, cancellationToken));
        }
        finally
        {
            snapshot.Release();
        }
    }

    /// <summary>The same where the vectors lie outside of the index: somebody else looks for the nearest.</summary>
    public async Task<Result<SearchResult>> SearchAsync(
        SearchQuery query, Func<Snapshot, PreparedSearch, CancellationToken, Task<Nearest>> near,
        CancellationToken cancellationToken)
    {
        if (Check(query) is { } fault) return fault;
        var snapshot = _generations.Hold();
        if (snapshot is null) return IndexFaults.Closed;
        try
        {
            var searcher = new Searcher(snapshot, _options);
            var limits = LimitsOf(query, cancellationToken);
            if (!searcher.Prepare(query, limits).TryGet(out var prepared, out fault)) return fault;
            if (prepared.Dense is null) return searcher.Rank(prepared, null);
            var nearest = await near(snapshot, prepared, cancellationToken);
            return searcher.Rank(prepared, nearest.Found) with { VectorsFault = nearest.Fault };
        }
        finally
        {
            snapshot.Release();
        }
    }

    /// <summary>
    /// Finds out with queries whose answers are known how much the vectors shall count here, and keeps it; nothing if they
    /// only do harm.
    /// </summary>
    public Result<Calibration> Calibrate(IReadOnlyList<KnownItem> items, CancellationToken cancellationToken)
    {
        lock (_generations.Changing)
        {
            if (_generations.Current is not { } current) return IndexFaults.Closed;
            var calibration = Calibration.Of(current, _options, _clock, items, cancellationToken);
            _generations.Replace(
                current.Manifest with { DenseWeight = calibration.DenseWeight }, current.Views, current.Basis);
            return calibration;
        }
    }

    /// <summary>Fits the index's own embedder to the passages as they are now, and makes all vectors anew.</summary>
    public Result<IndexGeneration> Refit(CancellationToken cancellationToken) => _rebuild.Refit(cancellationToken);

    /// <summary>Merges some segments if there are many; false if all is well.</summary>
    public Result<bool> Merge(CancellationToken cancellationToken) => _rebuild.Merge(cancellationToken);

    /// <summary>Waits until the work in the background is done.</summary>
    public Task WhenQuietAsync() => _maintenance.Running;

    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _maintenance.Dispose();
        _generations.Close();
        _lock.Dispose();
    }

    private Fault? Check(SearchQuery query)
    {
        if (query.Text.Length > _options.QueryLengthMax) return IndexFaults.QueryTooLong(_options.QueryLengthMax);
        if (query.PassagesMax < 1 || query.PassagesMax > _options.HitsMax) return IndexFaults.TooManyHits(_options.HitsMax);
        return FilterSets.Check(query.Filter);
    }

    private SearchLimits LimitsOf(SearchQuery query, CancellationToken cancellationToken) =>
        new(_clock, query.TimeMax ?? _options.SearchTimeMax, cancellationToken);

    private Result<IndexGeneration> Publish(
        Snapshot current,
        IReadOnlyList<IndexPassage> added,
        IReadOnlyCollection<Guid> removed,
        CancellationToken cancellationToken)
    {
        if (current.PassageCount + (long)added.Count > _options.PassagesMax)
            return IndexFaults.TooManyPassages(_options.PassagesMax);
        var embedder = current.Manifest.Embedder;
        if (added.FirstOrDefault(one => one.Vector is { } vector && vector.Key != embedder) is { } other)
            return IndexFaults.OtherEmbedder(embedder?.ToString() ?? LsaBasis.Model, other.Vector!.Key.ToString());
        var written = WriteSegments(added, current.Embedder, current.Manifest.IsWithoutFiles, cancellationToken);
        if (!written.TryGet(out var views, out var fault)) return fault;
        var kept = current.Views.Select(view => removed.Count == 0 ? view : view.Without(PassagesOf(view, removed)));
        var manifest = current.Manifest.Changed(removed.Concat(added.Select(static one => one.Document)));
        if (current.Embedder is not null) manifest = manifest with { Embedder = current.Embedder.Key };
        try
        {
            return _generations.Replace(manifest, [.. kept.Where(static view => view.AliveCount > 0), .. views], current.Basis);
        }
        catch (IOException error)
        {
            // The manifest may be in place or not, so the new files must stay; opening the index decides.
            IndexWriter.Close(views);
            if (IndexFaults.IsDiskFull(error)) return IndexFaults.DiskFull;
            throw;
        }
    }

    private Result<ImmutableArray<SegmentView>> WriteSegments(
        IReadOnlyList<IndexPassage> added, IPassageEmbedder? embedder, bool isWithoutFiles, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        var isWritten = false;
        try
        {
            var views = _writer.Write(added, embedder, isWithoutFiles, NextOfThese, cancellationToken);
            isWritten = views.IsOk;
            return views;
        }
        catch (IOException error) when (IndexFaults.IsDiskFull(error))
        {
            return IndexFaults.DiskFull;
        }
        finally
        {
            if (!isWritten) names.ForEach(_folder.Remove);
        }

        string NextOfThese()
        {
            names.Add(_generations.NextName());
            return names[^1];
        }
    }

    private static IEnumerable<int> PassagesOf(SegmentView view, IReadOnlyCollection<Guid> documents)
    {
        foreach (var document in documents)
        {
            var (start, count) = view.Segment.PassagesOf(document);
            for (var i = 0; i < count; i++) yield return start + i;
        }
    }
}
