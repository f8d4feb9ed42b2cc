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

    /// <summary>A store that has nothing of the base yet.</summary>
    public static StoreBinding NewBinding(string store) =>
        StoreBinding.To(store, RandomNumberGenerator.GetHexString(StampLength, lowercase: true));

    /// <summary>Copies the vectors to another store and verifies them there. What is there is not copied again.</summary>
    /// <returns>How many vectors are there.</returns>
    public async Task<Result<long>> CopyAsync(string target, Action<long, long> onPut, CancellationToken cancellationToken)
    {
        if (target == StoreOptions.Embedded) return index.Statistics.Passages;
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await CopyGuardedAsync(target, onPut, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Changes over to a store that the vectors were copied to, or to files of the index.</summary>
    public async Task<Result<Done>> ChangeOverAsync(string target, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (index.Stores.Manifest is not { } now) return IndexFaults.Closed;
            if ((now.Store?.Store ?? StoreOptions.Embedded) == target) return Done.Value;
            Result<IndexGeneration> changed;
            if (target == StoreOptions.Embedded) changed = index.Stores.UseFiles(cancellationToken);
            else
            {
                // Fitted anew since it was copied, or much was published: what is missing is copied first.
                var copied = await CopyGuardedAsync(target, static (_, _) => { }, cancellationToken);
                if (!copied.IsOk) return copied.Fault;
                changed = index.Stores.UseMoved();
            }

            if (!changed.IsOk) return changed.Fault;
        }
        finally
        {
            _gate.Release();
        }

        Wake();
        return Done.Value;
    }

    /// <summary>Deletes what a store still has of the base after it was moved away from there.</summary>
    public async Task<Result<Done>> DropAsync(string old, CancellationToken cancellationToken)
    {
        if (old == StoreOptions.Embedded) return Done.Value;
        if (index.Stores.Manifest is not { } now) return IndexFaults.Closed;
        // Moved back meanwhile.
        if (now.Store?.Store == old) return StoreFaults.Moved;
        return stores.Find(old).TryGet(out var store, out var fault)
            ? await store.EnsureOthersDeletedAsync(id, null, cancellationToken)
            : fault;
    }

    private async Task<Result<long>> CopyGuardedAsync(
        string target, Action<long, long> onPut, CancellationToken cancellationToken)
    {
        if (!stores.Find(target).TryGet(out var store, out var fault)) return fault;
        if (index.Stores.Manifest is not { } now) return IndexFaults.Closed;
        if (now.Moving?.Store != target && Note(manifest => manifest with { Moving = NewBinding(target) }) is { } refused)
            return refused;
        for (var round = 0; ; round++)
        {
            if (index.Stores.Hold() is not { } snapshot) return IndexFaults.Closed;
            try
            {
                var moving = snapshot.Manifest.Moving!;
                // A small base has no vectors yet; they are made in the new place.
                if (snapshot.Basis is null) return 0L;
                if (moving.IsFilled && (moving.Behind.IsEmpty || round == CatchUpsMax)) return (long)snapshot.PassageCount;
                if (!(await CopyAsync(store, snapshot, moving, onPut, cancellationToken)).TryGet(out _, out fault)) return fault;
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
        var basis = snapshot.Basis!.Value;
        var collection = CollectionOf(moving, basis.Key);
        var fill = new StoreFill(store, collection, snapshot, basis);
        var generation = snapshot.Manifest.Generation;
        if (moving.IsFilled)
        {
            var told = await fill.SomeAsync([.. moving.Behind.Select(static one => one.Document)], cancellationToken);
            if (!told.IsOk) return told;
            return Note(manifest => manifest with { Moving = manifest.Moving?.Told(generation) }) is { } late ? late : told;
        }

        // Whatever changes from here on is noted anew, so what was noted before need not be kept.
        if (moving.IsOverrun)
        {
            var emptied = Note(static manifest => manifest with { Moving = manifest.Moving?.Emptied() });
            return emptied is { } fault ? fault : Done.Value;
        }

        var sample = new NeighbourSample(snapshot, basis);
        var filled = await fill.AllAsync(sample, done => onPut(done, snapshot.PassageCount), cancellationToken);
        if (filled.IsOk) filled = await sample.VerifyAsync(store, collection, cancellationToken);
        if (!filled.IsOk) return filled;
        return Note(manifest => manifest with { Moving = manifest.Moving?.Filled(generation) }) is { } refused ? refused : filled;
    }
}
