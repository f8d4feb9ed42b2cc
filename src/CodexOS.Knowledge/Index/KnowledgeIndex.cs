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
    private readonly IndexWriter _writer;
    private readonly Lock _publishing = new();
    private readonly IndexMaintenance _maintenance;
    private readonly CancellationTokenSource _closing = new();
    private Snapshot? _current;
    private long _nextFile;

    private KnowledgeIndex(IndexFolder folder, IndexOptions options, TimeProvider clock, FileStream lockFile, Snapshot snapshot)
    {
        (_folder, _options, _clock, _lock, _current) = (folder, options, clock, lockFile, snapshot);
        _writer = new IndexWriter(folder, options);
        _maintenance = new IndexMaintenance(this, _closing.Token);
        _nextFile = snapshot.Manifest.NextFile;
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
            if (SnapshotFiles.Open(files, manifest, options.Embedder).TryGet(out var snapshot, out fault))
                return new KnowledgeIndex(files, options, clock, lockFile, snapshot);
        }

        lockFile.Dispose();
        return fault;
    }

    /// <summary>What the index holds by now.</summary>
    public IndexStatistics Statistics
    {
        get
        {
            var snapshot = Hold();
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
        lock (_publishing)
        {
            if (_current is null) return IndexFaults.Closed;
            result = PublishLocked(added, removed, cancellationToken);
        }

        if (result.IsOk && _options.HasBackgroundWork) _maintenance.Start();
        return result;
    }

    /// <summary>Finds the passages that answer a query best, of those that the filter lets through.</summary>
    public Result<SearchResult> Search(SearchQuery query, CancellationToken cancellationToken)
    {
        if (query.Text.Length > _options.QueryLengthMax) return IndexFaults.QueryTooLong(_options.QueryLengthMax);
        if (query.PassagesMax < 1 || query.PassagesMax > _options.HitsMax) return IndexFaults.TooManyHits(_options.HitsMax);
        if (FilterSets.Check(query.Filter) is { } fault) return fault;
        var snapshot = Hold();
        if (snapshot is null) return IndexFaults.Closed;
        try
        {
            var limits = new SearchLimits(_clock, query.TimeMax ?? _options.SearchTimeMax, cancellationToken);
            return new Searcher(snapshot, _options).Search(query, limits);
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
        lock (_publishing)
        {
            if (_current is null) return IndexFaults.Closed;
            var calibration = Calibration.Of(_current, _options, _clock, items, cancellationToken);
            Replace(_current.Manifest with { DenseWeight = calibration.DenseWeight }, _current.Views, _current.Basis);
            return calibration;
        }
    }

    /// <summary>Fits the index's own embedder to the passages as they are now, and makes all vectors anew.</summary>
    public Result<IndexGeneration> Refit(CancellationToken cancellationToken)
    {
        lock (_publishing)
        {
            if (_current is null) return IndexFaults.Closed;
            if (_options.Embedder is not null) return Generation();
            return RefitLocked(cancellationToken);
        }
    }

    /// <summary>Merges segments if there are many; false if all is well.</summary>
    public Result<bool> Merge(CancellationToken cancellationToken)
    {
        var snapshot = Hold();
        if (snapshot is null) return IndexFaults.Closed;
        try
        {
            var views = MergePlan.Of(snapshot.Views, _options);
            return views.IsEmpty ? false : Merge(snapshot, views, cancellationToken);
        }
        finally
        {
            snapshot.Release();
        }
    }

    /// <summary>Waits until the work in the background is done.</summary>
    public Task WhenQuietAsync() => _maintenance.Running;

    /// <summary>Whether the embedder should be fitted anew, because there is none yet or words have changed.</summary>
    public bool IsRefitWanted => Statistics.IsRefitWanted;

    public void Dispose()
    {
        _closing.Cancel();
        lock (_publishing)
        {
            _current?.Release();
            _current = null;
        }

        _lock.Dispose();
    }

    /// <summary>Holds the newest generation; null if the index is closed.</summary>
    private Snapshot? Hold()
    {
        while (true)
        {
            var snapshot = Volatile.Read(ref _current);
            if (snapshot is null || snapshot.TryHold()) return snapshot;
        }
    }

    private Result<IndexGeneration> PublishLocked(
        IReadOnlyList<IndexPassage> added, IReadOnlyCollection<Guid> removed, CancellationToken cancellationToken)
    {
        var current = _current!;
        if (current.PassageCount + (long)added.Count > _options.PassagesMax)
            return IndexFaults.TooManyPassages(_options.PassagesMax);
        var firstFile = _nextFile;
        try
        {
            if (!_writer.Write(added, current.Embedder, NextName, cancellationToken).TryGet(out var views, out var fault))
                return fault;
            var kept = current.Views.Select(view => removed.Count == 0 ? view : view.Without(PassagesOf(view, removed)));
            var manifest = current.Manifest;
            if (current.Embedder is not null) manifest = manifest with { Embedder = current.Embedder.Key };
            Replace(manifest, [.. kept.Where(static view => view.AliveCount > 0), .. views], current.Basis);
            return Generation();
        }
        catch (OperationCanceledException)
        {
            RemoveSince(firstFile);
            throw;
        }
        catch (IOException error) when (IndexFaults.IsDiskFull(error))
        {
            RemoveSince(firstFile);
            return IndexFaults.DiskFull;
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

    private Result<bool> Merge(Snapshot snapshot, ImmutableArray<SegmentView> views, CancellationToken cancellationToken)
    {
        // 1. The long part, while others search and publish.
        var merge = new SegmentMerge(views);
        var name = NextName();
        var embedder = snapshot.Manifest.Embedder;
        if (!_writer.Write(merge, views, embedder, name, cancellationToken).TryGet(out var merged, out var fault)) return fault;

        // 2. What was removed meanwhile is removed from the new segment too; then it takes the place of its parts.
        lock (_publishing)
        {
            if (_current is null || _current.Manifest.Embedder != embedder)
            {
                IndexWriter.Close([merged]);
                RemoveSince(_nextFile, name);
                return _current is null ? IndexFaults.Closed : true;
            }

            var names = views.Select(static view => view.Name).ToHashSet(StringComparer.Ordinal);
            var now = _current.Views.ToDictionary(static view => view.Name, StringComparer.Ordinal);
            var view = merged.Without(merge.RemovedSince(now.GetValueOrDefault));
            var others = _current.Views.Where(one => !names.Contains(one.Name));
            Replace(_current.Manifest, view.AliveCount > 0 ? [view, .. others] : [.. others], _current.Basis);
            return true;
        }
    }

    private Result<IndexGeneration> RefitLocked(CancellationToken cancellationToken)
    {
        var current = _current!;
        var revision = NextName();
        var key = new EmbedderKey(LsaBasis.Model, 0, revision);
        if (!LsaFit.TryWrite(current, _folder.BasisFile(key), cancellationToken)) return Generation();
        if (!LsaBasis.Open(_folder.BasisFile(key), revision).TryGet(out var basis, out var fault)) return fault;
        var views = new List<SegmentView>();
        foreach (var view in current.Views)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_writer.WriteVectors(view.Name, view.Segment, basis, null).TryGet(out var vectors, out fault)) return fault;
            views.Add(view.With(vectors));
        }

        var unknown = views.Sum(static view => view.SharedVectors!.UnknownShare * view.AliveCount) / Math.Max(1, current.PassageCount);
        var manifest = current.Manifest with
        {
            Embedder = basis.Key,
            FittedPassages = current.PassageCount,
            FittedUnknownShare = unknown,
        };
        Replace(manifest, [.. views], new Shared<LsaBasis>(basis));
        return Generation();
    }

    /// <summary>Makes a new generation the valid one, first on the disk and then for those who search.</summary>
    private void Replace(Manifest manifest, ImmutableArray<SegmentView> views, Shared<LsaBasis>? basis)
    {
        var before = _current!;
        manifest = manifest with
        {
            Generation = before.Manifest.Generation + 1,
            NextFile = Volatile.Read(ref _nextFile),
            Segments = [.. views.Select(SnapshotFiles.Entry)],
        };
        _folder.Write(manifest);
        Volatile.Write(ref _current, new Snapshot(manifest, views, _options.Embedder, basis));
        before.Release();
        _folder.RemoveReplaced(before.Manifest, manifest);
    }

    private IndexGeneration Generation() =>
        new(_current!.Manifest.Generation, _current.PassageCount, _current.Views.Length);

    private string NextName() => (Interlocked.Increment(ref _nextFile) - 1).ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Removes the files of work that came to nothing.</summary>
    private void RemoveSince(long firstFile, string? name = null)
    {
        for (var file = firstFile; file < Volatile.Read(ref _nextFile); file++) _folder.Remove($"{file}");
        if (name is not null) _folder.Remove(name);
    }
}

/// <summary>What a publish has led to.</summary>
/// <param name="Number">Rises with each change of the index.</param>
/// <param name="Passages">How many passages can be found.</param>
/// <param name="Segments">In how many segments.</param>
internal sealed record IndexGeneration(long Number, int Passages, int Segments);
