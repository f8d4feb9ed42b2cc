using System.Security.Cryptography;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Stores;

/// <summary>
/// Moving a base to another store: copy, verify, change over. Until it changes over, in one step of the index, the old place is
/// in use and everything that is published is noted for both.
/// </summary>
internal sealed partial class BaseVectors
{
    private const int CatchUpsMax = 10;
    private const int StampLength = 12;

    private volatile bool _isChanging;

    /// <summary>Whether the vectors are being moved or changed, which closing the base would have begin anew.</summary>
    public bool IsChanging => _isChanging;

    /// <summary>A store that has nothing of the base yet.</summary>
    public static StoreBinding NewBinding(string store) =>
        StoreBinding.To(store, RandomNumberGenerator.GetHexString(StampLength, lowercase: true));

    /// <summary>
    /// Moves the vectors to another store, or to files of the index. Whatever ends it before it changes over, the old place stays
    /// in use, and what was copied is deleted in the background.
    /// </summary>
    /// <param name="target">Where to.</param>
    /// <param name="onPut">Told how many vectors are there, and of how many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many passages have their vectors there.</returns>
    public async Task<Result<long>> MoveAsync(string target, Action<long, long> onPut, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        _isChanging = true;
        try
        {
            if (_index.Stores.Manifest is not { } now) return IndexFaults.Closed;
            // A crash may have come between the change over and its being journaled.
            if ((now.Store?.Store ?? StoreOptions.Embedded) == target) return (long)_index.Statistics.Passages;
            var moved = target == StoreOptions.Embedded
                ? _index.Stores.UseFiles(onPut, cancellationToken)
                : await CopyAsync(target, onPut, cancellationToken);
            return moved.TryGet(out var generation, out var fault) ? (long)generation.Passages : fault;
        }
        finally
        {
            Note(static manifest => manifest.WithoutCopy());
            _isChanging = false;
            _gate.Release();
            Wake();
        }
    }

    /// <summary>Deletes what stores have of the base that is not in use any more.</summary>
    /// <returns>What they could not be rid of yet, in words; null if nothing is left.</returns>
    public async Task<Result<string?>> DropAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await CleanAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }

        if (_index.Stores.Manifest is not { } now) return IndexFaults.Closed;
        var left = now.Left.Select(name => _stores.WhyNot(name) is null
            ? $"What the store '{name}' still has of it is deleted as soon as that answers."
            : StoreFaults.LeftIn(name, _id));
        Wake();
        return now.Left.IsEmpty ? (string?)null : string.Join(' ', left);
    }

    private async Task<Result<IndexGeneration>> CopyAsync(
        string target, Action<long, long> onPut, CancellationToken cancellationToken)
    {
        if (!_stores.Find(target).TryGet(out var store, out var fault)) return fault;
        var emptied = await store.EnsureOthersDeletedAsync(_id, null, cancellationToken);
        if (!emptied.IsOk) return emptied.Fault;
        if (Note(manifest => manifest.Cleaned(target) with { Moving = NewBinding(target) }) is { } refused) return refused;
        for (var round = 0; ; round++)
        {
            if (_index.Stores.Hold() is not { } snapshot) return IndexFaults.Closed;
            try
            {
                var moving = snapshot.Manifest.Moving!;
                // A small base has no vectors yet; they are made in the new place.
                var isCopied = snapshot.Embedder is null || (moving.IsFilled && (moving.Behind.IsEmpty || round >= CatchUpsMax));
                // Fitted anew in this very moment, it is filled anew in the new place.
                if (isCopied) return _index.Stores.UseMoved();
                var put = await CopyAsync(store, snapshot, moving, onPut, cancellationToken);
                if (!put.IsOk) return put.Fault;
            }
            finally
            {
                snapshot.Release();
            }
        }
    }

    private async Task<Result<Done>> CopyAsync(
        VectorStore store, Snapshot snapshot, StoreBinding moving, Action<long, long> onPut, CancellationToken cancellationToken)
    {
        var embedder = snapshot.Embedder!;
        var collection = CollectionOf(moving, embedder.Key);
        var generation = snapshot.Manifest.Generation;
        if (moving.IsFilled)
        {
            var told = await new StoreFill(store, collection, snapshot, embedder)
                .SomeAsync([.. moving.Behind.Select(static one => one.Document)], cancellationToken);
            if (!told.IsOk) return told;
            return Note(manifest => manifest with { Moving = manifest.Moving?.Told(generation) }) is { } late ? late : told;
        }

        // Whatever changes from here on is noted anew, so what was noted before need not be kept.
        if (moving.IsOverrun)
        {
            var emptied = Note(static manifest => manifest with { Moving = manifest.Moving?.Emptied() });
            return emptied is { } fault ? fault : Done.Value;
        }

        var filled = await FillTriedAsync(store, collection, snapshot, embedder, onPut, cancellationToken);
        if (!filled.IsOk) return filled;
        return Note(manifest => manifest with { Moving = manifest.Moving?.Filled(generation) }) is { } refused ? refused : filled;
    }
}
