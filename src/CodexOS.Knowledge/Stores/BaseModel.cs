using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Stores;

/// <summary>
/// Giving a base another model, or its own vectors back. Where they lie in a store, a collection of their own is filled there and
/// tried out; then one step of the index changes over. Whatever ends it before that, the present vectors stay in use.
/// </summary>
internal sealed partial class BaseVectors
{
    /// <summary>Uses the vectors of a model from now on.</summary>
    /// <param name="model">The model.</param>
    /// <param name="stage">Puts aside the vectors of the documents that there are.</param>
    /// <param name="onPut">Told how many vectors are in place, and of how many: in the store first, where there is one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many passages there are.</returns>
    public async Task<Result<long>> UseModelAsync(
        EmbedderKey model, Func<StagedVectors, Task<Fault?>> stage, Action<long, long> onPut, CancellationToken cancellationToken)
    {
        using var staged = _index.Models.Stage(model);
        if (await stage(staged) is { } fault) return fault;
        return await ChangeAsync(
            store => store is null
                ? Task.Run(() => _index.Models.Use(staged, onPut, cancellationToken), cancellationToken)
                : FillAndUseAsync(store, staged, onPut, cancellationToken),
            cancellationToken);
    }

    /// <summary>Has the index make the vectors itself from now on.</summary>
    /// <param name="onPut">Told how many vectors are in place, and of how many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many passages there are.</returns>
    public Task<Result<long>> UseOwnAsync(Action<long, long> onPut, CancellationToken cancellationToken) => ChangeAsync(
        store => store is null
            ? Task.Run(() => _index.Models.UseOwn(onPut, cancellationToken), cancellationToken)
            : FitAndUseAsync(store, onPut, cancellationToken),
        cancellationToken);

    /// <summary>Nothing else is told to a store, or moved, while this goes on.</summary>
    private async Task<Result<long>> ChangeAsync(
        Func<VectorStore?, Task<Result<IndexGeneration>>> change, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        _isChanging = true;
        try
        {
            if (_index.Stores.Manifest is not { } now) return IndexFaults.Closed;
            VectorStore? store = null;
            if (now.Store is { } binding && !_stores.Find(binding.Store).TryGet(out store, out var unknown)) return unknown;
            return (await change(store)).TryGet(out var generation, out var fault) ? (long)generation.Passages : fault;
        }
        finally
        {
            _isChanging = false;
            _gate.Release();
            Wake();
        }
    }

    private async Task<Result<IndexGeneration>> FillAndUseAsync(
        VectorStore store, StagedVectors staged, Action<long, long> onPut, CancellationToken cancellationToken)
    {
        // A crash may have come between the change over and its being journaled.
        if (_index.Models.Current != staged.Key && PrepareOther(store) is { } refused) return refused;
        if (_index.Stores.Hold() is not { } snapshot) return IndexFaults.Closed;
        try
        {
            if (snapshot.Manifest.Embedder == staged.Key) return IndexGeneration.Of(snapshot);
            var collection = CollectionOf(snapshot.Manifest.Store!, staged.Key);
            var filled = await FillTriedAsync(store, collection, snapshot, staged, onPut, cancellationToken);
            if (!filled.IsOk) return filled.Fault;
            var used = _index.Models.UseFilled(staged, snapshot.Manifest.Generation, onPut, cancellationToken);
            if (used.IsOk) Checked();
            return used;
        }
        finally
        {
            snapshot.Release();
        }
    }

    private async Task<Result<IndexGeneration>> FitAndUseAsync(
        VectorStore store, Action<long, long> onPut, CancellationToken cancellationToken)
    {
        if (_index.Models.Current is { IsGiven: true })
        {
            if (!(await RefitAsync(store, onPut, cancellationToken)).TryGet(out var isFitted, out var fault)) return fault;
            if (!isFitted) return _index.Models.UseNone();
        }

        if (_index.Stores.Hold() is not { } snapshot) return IndexFaults.Closed;
        var generation = IndexGeneration.Of(snapshot);
        snapshot.Release();
        return generation;
    }
}
