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
        Stores = new IndexStores(_generations, folder, _writer, options);
        _rebuild = new IndexRebuild(_generations, folder, _writer, Stores, options);
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

        // 1. The long part, while others search and publish.
        if (_generations.Hold() is not { } seen) return IndexFaults.Closed;
        using var segments = new NewSegments(_generations, _folder, _writer, added);
        try
        {
            if ((Refusal(seen, added) ?? segments.Write(seen, cancellationToken)) is { } fault) return fault;
        }
        finally
        {
            seen.Release();
        }

        // 2. The step to the next generation.
        Result<IndexGeneration> result;
        lock (_generations.Changing)
        {
            if (_generations.Current is not { } current) return IndexFaults.Closed;
            // Vectors that were made another way by now, or lie elsewhere, have to be made again.
            if ((Refusal(current, added) ?? segments.Write(current, cancellationToken)) is { } fault) return fault;
            result = Publish(current, segments, removed);
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

    private Fault? Refusal(Snapshot snapshot, IReadOnlyList<IndexPassage> added)
    {
        if (snapshot.PassageCount + (long)added.Count > _options.PassagesMax)
            return IndexFaults.TooManyPassages(_options.PassagesMax);
        var embedder = snapshot.Manifest.Embedder;
        return added.FirstOrDefault(one => one.Vector is { } vector && vector.Key != embedder) is { } other
            ? IndexFaults.OtherEmbedder(embedder?.ToString() ?? LsaBasis.Model, other.Vector!.Key.ToString())
            : null;
    }

    private Result<IndexGeneration> Publish(Snapshot current, NewSegments segments, IReadOnlyCollection<Guid> removed)
    {
        var kept = current.Views.Select(view => removed.Count == 0 ? view : view.Without(PassagesOf(view, removed)));
        var manifest = current.Manifest.Changed(removed.Concat(segments.Documents));
        if (current.Embedder is not null) manifest = manifest with { Embedder = current.Embedder.Key };
        var views = segments.Take();
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

    private static IEnumerable<int> PassagesOf(SegmentView view, IReadOnlyCollection<Guid> documents)
    {
        foreach (var document in documents)
        {
            var (start, count) = view.Segment.PassagesOf(document);
            for (var i = 0; i < count; i++) yield return start + i;
        }
    }
}
