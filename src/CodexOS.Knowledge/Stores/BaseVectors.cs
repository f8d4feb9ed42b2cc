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
/// searches use it. What a store has that is not in use any more is deleted there. A base whose vectors lie in its index, and
/// always did, has nothing of this to do.
/// </summary>
internal sealed partial class BaseVectors : IDisposable
{
    private const int RoundsMax = 100;

    private readonly TenantId _tenant;
    private readonly KnowledgeBaseId _id;
    private readonly KnowledgeIndex _index;
    private readonly VectorStores _stores;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly StoreWork _work;

    // The store may have lost something while nobody looked.
    private volatile bool _isCheckWanted = true;
    private long _checkedAt;

    public BaseVectors(
        TenantId tenant, KnowledgeBaseId id, KnowledgeIndex index, VectorStores stores, TimeProvider clock, ILogger log)
    {
        (_tenant, _id, _index, _stores, _clock, _log) = (tenant, id, index, stores, clock, log);
        _work = new StoreWork(id, KeepAsync, clock, log);
    }

    /// <summary>Whether the store does not have all vectors yet; null if they lie in the index itself.</summary>
    public bool? IsBehind => _index.Stores.Manifest is { Store: { } store } manifest
        ? manifest.Embedder is not null && !store.IsCurrent
        : null;

    /// <summary>What keeps the stores from being as they should be, as of the last try; null if nothing does.</summary>
    public Fault? LastFault => _work.LastFault;

    /// <summary>
    /// Goes on with what is left to do since the base was open the last time. A copy is not gone on with: it is made anew.
    /// </summary>
    public void Resume()
    {
        Note(static manifest => manifest.WithoutCopy());
        Wake();
    }

    /// <summary>Searches, with the nearest from the store; by words alone, and it says so, if that is not there.</summary>
    public Task<Result<SearchResult>> SearchAsync(SearchQuery query, CancellationToken cancellationToken) =>
        _index.SearchAsync(query, NearAsync, cancellationToken);

    /// <summary>Puts into the store what was published; what does not succeed is tried again in the background.</summary>
    public async Task TellAsync(CancellationToken cancellationToken)
    {
        if (!_index.Stores.IsElsewhere) return;
        if (await _gate.WaitAsync(0, cancellationToken))
        {
            try
            {
                if (_index.Stores.Hold() is { } snapshot)
                {
                    try
                    {
                        if (snapshot is { Manifest.Store: { IsFilled: true, IsCurrent: false } binding, Embedder: { } embedder }
                            && _stores.Find(binding.Store).TryGet(out var store, out _))
                            await CatchUpAsync(store, snapshot, binding, embedder, cancellationToken);
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

    /// <summary>Waits until the work has noticed that the base is being closed.</summary>
    public void Dispose() => _work.Dispose();

    /// <summary>Looks, in the background, whether there is something to do.</summary>
    private void Wake()
    {
        if (_index.Stores.Manifest is { Store: null, Left.IsEmpty: true }) return;
        _work.Want();
    }

    private async Task<Nearest> NearAsync(Snapshot snapshot, PreparedSearch prepared, CancellationToken cancellationToken)
    {
        if (snapshot.Manifest.Store is not { } binding)
            return new Nearest(prepared.Dense!.Search(prepared.Allowed, prepared.Depth, prepared.Limits), null);
        if (!_stores.Find(binding.Store).TryGet(out var store, out var fault)) return new Nearest(null, fault);
        if (_clock.GetElapsedTime(Volatile.Read(ref _checkedAt)) > store.Options.CheckEvery) _isCheckWanted = true;
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

    private VectorCollection CollectionOf(StoreBinding binding, EmbedderKey model) => new(_tenant, _id, model, binding.Stamp);

    private Fault? Note(Func<Manifest, Manifest> change) =>
        _index.Stores.Note(change).TryGet(out _, out var fault) ? null : fault;
}
