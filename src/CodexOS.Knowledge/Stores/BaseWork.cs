using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.Logging;

namespace CodexOS.Knowledge.Stores;

/// <summary>The work in the background: what is not in use is deleted, and what is missing is put where it belongs.</summary>
internal sealed partial class BaseVectors
{
    /// <summary>One round of the work.</summary>
    private async Task<StoreObstacle?> KeepAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var behind = await BringUpAsync(cancellationToken);
            return await CleanAsync(cancellationToken) is { } uncleaned ? behind ?? uncleaned : behind;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Deletes what stores have of the base that is not in use; a store that is not set up any more keeps it.</summary>
    private async Task<StoreObstacle?> CleanAsync(CancellationToken cancellationToken)
    {
        if (_index.Stores.Manifest is not { } now) return null;
        StoreObstacle? first = null;
        foreach (var name in now.Left)
        {
            if (!_stores.Find(name).TryGet(out var store, out _)) continue;
            var used = now is { Store: { } binding, Embedder: { } model } && binding.Store == name
                ? CollectionOf(binding, model)
                : null;
            var cleaned = await store.EnsureOthersDeletedAsync(_id, used, cancellationToken);
            if (cleaned.IsOk) Note(manifest => manifest.Cleaned(name));
            else first ??= ObstacleOf(store, cleaned.Fault);
        }

        return first;
    }

    /// <summary>Does one thing after another until nothing is left; what it does is durable step by step.</summary>
    private async Task<StoreObstacle?> BringUpAsync(CancellationToken cancellationToken)
    {
        for (var round = 0; round < RoundsMax; round++)
        {
            if (_index.Stores.Hold() is not { } snapshot) return null;
            try
            {
                if (snapshot.Manifest.Store is not { } binding) return null;
                // Stores are set up at the start, so trying again would be of no use.
                if (!_stores.Find(binding.Store).TryGet(out var store, out var fault)) return new StoreObstacle(fault, null);
                if (!(await StepAsync(store, snapshot, binding, cancellationToken)).TryGet(out var hasChanged, out fault))
                    return ObstacleOf(store, fault);
                if (!hasChanged) return null;
            }
            finally
            {
                snapshot.Release();
            }
        }

        return null;
    }

    /// <summary>Does the next thing; false if there is none.</summary>
    private async Task<Result<bool>> StepAsync(
        VectorStore store, Snapshot snapshot, StoreBinding binding, CancellationToken cancellationToken)
    {
        if (snapshot.Embedder is { } embedder)
        {
            var went = binding switch
            {
                { IsFilled: false } => await FillAsync(store, cancellationToken),
                { Behind.IsEmpty: false } => await CatchUpAsync(store, snapshot, binding, embedder, cancellationToken),
                _ => await CheckAsync(store, snapshot, binding, cancellationToken),
            };
            if (!went.TryGet(out var hasChanged, out _) || hasChanged) return went;
        }

        return _index.Stores.IsRefitWanted(snapshot) ? await RefitAsync(store, null, cancellationToken) : false;
    }

    /// <summary>Puts everything there anew; what is published meanwhile is noted, and put there afterwards.</summary>
    private async Task<Result<bool>> FillAsync(VectorStore store, CancellationToken cancellationToken)
    {
        if (Note(static manifest => manifest with { Store = manifest.Store?.Emptied() }) is { } refused) return refused;
        if (_index.Stores.Hold() is not { } snapshot) return IndexFaults.Closed;
        try
        {
            var (binding, embedder) = (snapshot.Manifest.Store!, snapshot.Embedder!);
            var collection = CollectionOf(binding, embedder.Key);
            var filled = await new StoreFill(store, collection, snapshot, embedder)
                .AllAsync(null, static _ => { }, cancellationToken);
            if (!filled.IsOk) return filled.Fault;
            var generation = snapshot.Manifest.Generation;
            if (Note(manifest => manifest.Leaving(store.Name) with { Store = manifest.Store?.Filled(generation) }) is { } fault)
                return fault;
            Checked();
            LogFilled(_log, _id, store.Name, snapshot.PassageCount);
            return true;
        }
        finally
        {
            snapshot.Release();
        }
    }

    private async Task<Result<bool>> CatchUpAsync(
        VectorStore store, Snapshot snapshot, StoreBinding binding, IPassageEmbedder embedder,
        CancellationToken cancellationToken)
    {
        Guid[] documents = [.. binding.Behind.Select(static one => one.Document)];
        var told = await new StoreFill(store, CollectionOf(binding, embedder.Key), snapshot, embedder)
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
        if (_index.Stores.Manifest?.Generation != snapshot.Manifest.Generation) return true;
        if (counted.IsOk && counted.Value == snapshot.PassageCount)
        {
            Checked();
            return false;
        }

        LogLost(_log, _id, store.Name, counted.IsOk ? counted.Value : 0, snapshot.PassageCount);
        return Note(static manifest => manifest with { Store = manifest.Store?.Emptied() }) is { } refused ? refused : true;
    }

    /// <summary>Fits an embedder and fills a collection of its own; then searches change over, and the old one goes.</summary>
    /// <param name="store">The store that the vectors lie in.</param>
    /// <param name="onPut">A run's, which has what is put there tried out as well; null in the background.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False if there are too few passages for an embedder.</returns>
    private async Task<Result<bool>> RefitAsync(
        VectorStore store, Action<long, long>? onPut, CancellationToken cancellationToken)
    {
        if (PrepareOther(store) is { } refused) return refused;
        if (_index.Stores.Hold() is not { } snapshot) return IndexFaults.Closed;
        var isUsed = false;
        LsaBasis? basis = null;
        try
        {
            if (!_index.Stores.Fit(snapshot, cancellationToken).TryGet(out basis, out var fault)) return fault;
            if (basis is null) return false;
            var collection = CollectionOf(snapshot.Manifest.Store!, basis.Key);
            var filled = onPut is null
                ? await new StoreFill(store, collection, snapshot, basis).AllAsync(null, static _ => { }, cancellationToken)
                : await FillTriedAsync(store, collection, snapshot, basis, onPut, cancellationToken);
            if (!filled.IsOk) return filled.Fault;
            var used = _index.Stores.Use(basis, snapshot.Manifest.Generation, cancellationToken);
            if (!(isUsed = used.IsOk)) return used.Fault;
            Checked();
            LogFilled(_log, _id, store.Name, snapshot.PassageCount);
            return true;
        }
        finally
        {
            if (!isUsed && basis is not null) _index.Stores.Forget(basis);
            snapshot.Release();
        }
    }

    /// <summary>
    /// Before another collection is filled: what changes from here on is noted, and what stays of it if it is not used after all
    /// is deleted.
    /// </summary>
    private Fault? PrepareOther(VectorStore store) => Note(manifest => manifest.Leaving(store.Name) with
    {
        // Documents that changed before this are in what is put there now.
        Store = manifest.Store is { IsOverrun: true } overrun ? overrun.Emptied() : manifest.Store,
    });

    /// <summary>Puts all vectors of a generation into a collection, and looks whether the nearest ones are found there.</summary>
    private static async Task<Result<Done>> FillTriedAsync(
        VectorStore store, VectorCollection collection, Snapshot snapshot, IPassageEmbedder embedder, Action<long, long> onPut,
        CancellationToken cancellationToken)
    {
        var sample = new NeighbourSample(snapshot, embedder);
        var filled = await new StoreFill(store, collection, snapshot, embedder)
            .AllAsync(sample, done => onPut(done, snapshot.PassageCount), cancellationToken);
        return filled.IsOk ? await sample.VerifyAsync(store, collection, cancellationToken) : filled;
    }

    private void Checked()
    {
        _isCheckWanted = false;
        Volatile.Write(ref _checkedAt, _clock.GetTimestamp());
    }

    /// <summary>What is to be done about a fault; nothing if the base is being closed.</summary>
    private static StoreObstacle? ObstacleOf(VectorStore store, Fault fault) => fault.Code == IndexFaults.Closed.Code
        ? null
        : new StoreObstacle(
            fault, new RetryPause(store.Options.PauseAfterFailure, store.Options.RetryPauseMax),
            fault.Code == StoreFaults.UnavailableCode ? store.Back : null);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Vectors} vectors of {KnowledgeBase} are in the store {Store}.")]
    private static partial void LogFilled(ILogger logger, KnowledgeBaseId knowledgeBase, string store, int vectors);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The store {Store} has {Found} vectors of {KnowledgeBase} instead of {Wanted}; it is filled anew.")]
    private static partial void LogLost(ILogger logger, KnowledgeBaseId knowledgeBase, string store, long found, int wanted);
}
