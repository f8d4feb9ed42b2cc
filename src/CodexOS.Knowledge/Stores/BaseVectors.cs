using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Fusion;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using Microsoft.Extensions.Logging;

namespace CodexOS.Knowledge.Stores;

/// <summary>
/// Keeps the store of one open base like its index. What a publish changed is noted in the index itself and put into the store
/// right after it, or as soon as the store is there again; a new embedder gets a collection of its own, which is filled before
/// searches use it. A base whose vectors lie in its index has nothing of this to do.
/// </summary>
internal sealed partial class BaseVectors(
    TenantId tenant, KnowledgeBaseId id, KnowledgeIndex index, VectorStores stores, TimeProvider clock, ILogger log)
    : IDisposable
{
    private const int RoundsMax = 100;

    private static readonly TimeSpan s_pauseMax = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly ManualResetEventSlim _isIdle = new(initialState: true);
    private readonly Lock _starting = new();
    private bool _isWanted, _isRunning;

    // The store may have lost something while nobody looked.
    private volatile bool _isCheckWanted = true;
    private long _checkedAt;

    /// <summary>Whether the store does not have all vectors yet; null if they lie in the index itself.</summary>
    public bool? IsBehind => index.Stores.Manifest is { Store: { } store } manifest
        ? manifest.Embedder is not null && !store.IsCurrent
        : null;

    /// <summary>Searches, with the nearest from the store; by words alone, and it says so, if that is not there.</summary>
    public Task<Result<SearchResult>> SearchAsync(SearchQuery query, CancellationToken cancellationToken) =>
        index.SearchAsync(query, NearAsync, cancellationToken);

    /// <summary>Puts into the store what was published; what does not succeed is tried again in the background.</summary>
    public async Task TellAsync(CancellationToken cancellationToken)
    {
        if (!index.Stores.IsElsewhere) return;
        if (await _gate.WaitAsync(0, cancellationToken))
        {
            try
            {
                if (index.Stores.Hold() is { } snapshot)
                {
                    try
                    {
                        if (snapshot is { Manifest.Store: { IsFilled: true, IsCurrent: false } binding, Basis.Value: var basis })
                            await CatchUpAsync(snapshot, binding, basis, cancellationToken);
                    }
                    finally
                    {
                        snapshot.Release();
                    }
                }
            }
            finally
            {
                _gate.Release();
            }
        }

        Wake();
    }

    /// <summary>Looks, in the background, whether there is something to do.</summary>
    public void Wake()
    {
        if (!index.Stores.IsElsewhere) return;
        lock (_starting)
        {
            _isWanted = true;
            if (_isRunning || _closing.IsCancellationRequested) return;
            _isRunning = true;
            _isIdle.Reset();
            _ = Task.Run(RunAsync, CancellationToken.None);
        }
    }

    /// <summary>Waits until the work has noticed that the base is being closed.</summary>
    public void Dispose()
    {
        lock (_starting) _closing.Cancel();
        _isIdle.Wait(CancellationToken.None);
        _isIdle.Dispose();
        _closing.Dispose();
    }

    private async Task<Nearest> NearAsync(Snapshot snapshot, PreparedSearch prepared, CancellationToken cancellationToken)
    {
        if (snapshot.Manifest.Store is not { } binding)
            return new Nearest(prepared.Dense!.Search(prepared.Allowed, prepared.Depth, prepared.Limits), null);
        if (!stores.Find(binding.Store).TryGet(out var store, out var fault)) return new Nearest(null, fault);
        if (clock.GetElapsedTime(Volatile.Read(ref _checkedAt)) > store.Options.CheckEvery) _isCheckWanted = true;
        if (_isCheckWanted || !binding.IsCurrent) Wake();
        if (!binding.IsFilled) return new Nearest(null, StoreFaults.Behind(store.Name));
        var found = await StoreSearch.FindAsync(
            store, CollectionOf(binding, snapshot.Manifest.Embedder!), snapshot, prepared, cancellationToken);
        if (found.TryGet(out var near, out fault))
            return new Nearest(near, binding.Behind.IsEmpty ? null : StoreFaults.Behind(store.Name));
        _isCheckWanted |= fault.Code == StoreFaults.MissingCode;
        Wake();
        return new Nearest(null, fault.Code == StoreFaults.MissingCode ? StoreFaults.Behind(store.Name) : fault);
    }

    private async Task RunAsync()
    {
        try
        {
            await WorkAsync();
        }
        finally
        {
            // Also after a bug: whoever closes the base waits for this.
            lock (_starting)
            {
                _isRunning = false;
                _isIdle.Set();
            }
        }
    }

    private async Task WorkAsync()
    {
        var pause = TimeSpan.Zero;
        while (TakeWish())
        {
            try
            {
                if (pause > TimeSpan.Zero) await Task.Delay(pause, clock, _closing.Token);
                await _gate.WaitAsync(_closing.Token);
                Fault? fault;
                try
                {
                    fault = await WorkAsync(_closing.Token);
                }
                finally
                {
                    _gate.Release();
                }

                if (fault is null || fault.Code == IndexFaults.Closed.Code)
                {
                    pause = TimeSpan.Zero;
                    continue;
                }

                LogBehind(log, id, fault.Code);
                var first = StoreOf()?.Options.PauseAfterFailure ?? s_pauseMax;
                pause = pause == TimeSpan.Zero ? first : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, s_pauseMax.Ticks));
                lock (_starting) _isWanted = true;
            }
            catch (OperationCanceledException)
            {
                // The base is being closed.
            }
            catch (IOException error)
            {
                // A disk that is full, as when the index itself is fitted anew; the next publish tries again.
                LogFailed(log, id, error.GetType().Name);
            }
        }
    }

    private bool TakeWish()
    {
        lock (_starting)
        {
            _isRunning = _isWanted && !_closing.IsCancellationRequested;
            _isWanted = false;
            return _isRunning;
        }
    }

    /// <summary>Does one thing after another until nothing is left; what it does is durable step by step.</summary>
    private async Task<Fault?> WorkAsync(CancellationToken cancellationToken)
    {
        for (var round = 0; round < RoundsMax; round++)
        {
            if (index.Stores.Hold() is not { } snapshot) return IndexFaults.Closed;
            try
            {
                if (snapshot.Manifest.Store is not { } binding) return null;
                if (!stores.Find(binding.Store).TryGet(out var store, out var fault)) return fault;
                Result<bool> went;
                if (snapshot.Basis is { Value: var basis })
                {
                    went = binding switch
                    {
                        { IsFilled: false } => await FillAsync(store, cancellationToken),
                        { Behind.IsEmpty: false } => await CatchUpAsync(snapshot, binding, basis, cancellationToken),
                        _ => await CheckAsync(store, snapshot, binding, cancellationToken),
                    };
                    if (!went.TryGet(out var hasChanged, out fault)) return fault;
                    if (hasChanged) continue;
                }

                if (!index.Stores.IsRefitWanted(snapshot)) return null;
                went = await RefitAsync(store, cancellationToken);
                if (!went.TryGet(out var isFitted, out fault)) return fault;
                if (!isFitted) return null;
            }
            finally
            {
                snapshot.Release();
            }
        }

        return null;
    }

    /// <summary>Puts everything there anew; what is published meanwhile is noted, and put there afterwards.</summary>
    private async Task<Result<bool>> FillAsync(VectorStore store, CancellationToken cancellationToken)
    {
        if (Note(static manifest => manifest with { Store = manifest.Store?.Emptied() }) is { } refused) return refused;
        if (index.Stores.Hold() is not { } snapshot) return IndexFaults.Closed;
        try
        {
            var (binding, basis) = (snapshot.Manifest.Store!, snapshot.Basis!.Value);
            var collection = CollectionOf(binding, basis.Key);
            var filled = await new StoreFill(store, collection, snapshot, basis)
                .AllAsync(null, static _ => { }, cancellationToken);
            if (!filled.IsOk) return filled.Fault;
            var generation = snapshot.Manifest.Generation;
            if (Note(manifest => manifest with { Store = manifest.Store?.Filled(generation) }) is { } fault) return fault;
            Checked();
            LogFilled(log, id, store.Name, snapshot.PassageCount);
            // What is left over from before; if that fails, the next filling sees to it.
            await store.EnsureOthersDeletedAsync(id, collection, cancellationToken);
            return true;
        }
        finally
        {
            snapshot.Release();
        }
    }

    private async Task<Result<bool>> CatchUpAsync(
        Snapshot snapshot, StoreBinding binding, LsaBasis basis, CancellationToken cancellationToken)
    {
        if (!stores.Find(binding.Store).TryGet(out var store, out var fault)) return fault;
        Guid[] documents = [.. binding.Behind.Select(static one => one.Document)];
        var told = await new StoreFill(store, CollectionOf(binding, basis.Key), snapshot, basis)
            .SomeAsync(documents, cancellationToken);
        if (!told.IsOk && told.Fault.Code == StoreFaults.MissingCode)
            return Note(static manifest => manifest with { Store = manifest.Store?.Emptied() }) is { } lost ? lost : true;
        if (!told.IsOk) return told.Fault;
        var generation = snapshot.Manifest.Generation;
        return Note(manifest => manifest with { Store = manifest.Store?.Told(generation) }) is { } refused ? refused : true;
    }

    /// <summary>Looks whether the store has as many vectors as there are passages; if not, it is filled anew.</summary>
    private async Task<Result<bool>> CheckAsync(
        VectorStore store, Snapshot snapshot, StoreBinding binding, CancellationToken cancellationToken)
    {
        if (!_isCheckWanted) return false;
        var counted = await store.CountAsync(CollectionOf(binding, snapshot.Manifest.Embedder!), cancellationToken);
        if (!counted.IsOk && counted.Fault.Code != StoreFaults.MissingCode) return counted.Fault;
        // Published meanwhile: the next round compares what can be compared.
        if (index.Stores.Manifest?.Generation != snapshot.Manifest.Generation) return true;
        if (counted.IsOk && counted.Value == snapshot.PassageCount)
        {
            Checked();
            return false;
        }

        LogLost(log, id, store.Name, counted.IsOk ? counted.Value : 0, snapshot.PassageCount);
        return Note(static manifest => manifest with { Store = manifest.Store?.Emptied() }) is { } refused ? refused : true;
    }

    /// <summary>Fits an embedder and fills a collection of its own; then searches change over, and the old one goes.</summary>
    private async Task<Result<bool>> RefitAsync(VectorStore store, CancellationToken cancellationToken)
    {
        // Documents that changed before this are in what is put there now.
        if (index.Stores.Manifest?.Store is { IsOverrun: true }
            && Note(static manifest => manifest with { Store = manifest.Store?.Emptied() }) is { } refused) return refused;
        if (index.Stores.Hold() is not { } snapshot) return IndexFaults.Closed;
        var isUsed = false;
        LsaBasis? basis = null;
        try
        {
            if (!index.Stores.Fit(snapshot, cancellationToken).TryGet(out basis, out var fault)) return fault;
            if (basis is null) return false;
            var collection = CollectionOf(snapshot.Manifest.Store!, basis.Key);
            var filled = await new StoreFill(store, collection, snapshot, basis)
                .AllAsync(null, static _ => { }, cancellationToken);
            if (!filled.IsOk) return filled.Fault;
            var used = index.Stores.Use(basis, snapshot.Manifest.Generation, cancellationToken);
            if (!(isUsed = used.IsOk)) return used.Fault;
            Checked();
            LogFilled(log, id, store.Name, snapshot.PassageCount);
            await store.EnsureOthersDeletedAsync(id, collection, cancellationToken);
            return true;
        }
        finally
        {
            if (!isUsed && basis is not null) index.Stores.Forget(basis);
            snapshot.Release();
        }
    }

    private VectorCollection CollectionOf(StoreBinding binding, EmbedderKey model) => new(tenant, id, model, binding.Stamp);

    private VectorStore? StoreOf() =>
        index.Stores.Manifest?.Store is { } binding && stores.Find(binding.Store).TryGet(out var store, out _) ? store : null;

    private void Checked()
    {
        _isCheckWanted = false;
        Volatile.Write(ref _checkedAt, clock.GetTimestamp());
    }

    private Fault? Note(Func<Manifest, Manifest> change) =>
        index.Stores.Note(change).TryGet(out _, out var fault) ? null : fault;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The vectors of {KnowledgeBase} are not all in their store: {Code}.")]
    private static partial void LogBehind(ILogger logger, KnowledgeBaseId knowledgeBase, string code);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The vectors of {KnowledgeBase} cannot be put into their store ({Error}).")]
    private static partial void LogFailed(ILogger logger, KnowledgeBaseId knowledgeBase, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Vectors} vectors of {KnowledgeBase} are in the store {Store}.")]
    private static partial void LogFilled(ILogger logger, KnowledgeBaseId knowledgeBase, string store, int vectors);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The store {Store} has {Found} vectors of {KnowledgeBase} instead of {Wanted}; it is filled anew.")]
    private static partial void LogLost(ILogger logger, KnowledgeBaseId knowledgeBase, string store, long found, int wanted);
}
