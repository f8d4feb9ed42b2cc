using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>
/// That the vectors of an index lie in a store outside of it, and what that store has not been told yet. It is written with the
/// manifest, in the same step as the change that the store is behind with.
/// </summary>
/// <param name="Store">The store's name.</param>
/// <param name="Stamp">Tells the collections of this index from those of one that the base had before.</param>
/// <param name="IsFilled">Whether the vectors of the manifest's embedder have all been put there once.</param>
/// <param name="Behind">The documents that changed since.</param>
/// <param name="IsOverrun">Whether more documents changed than are noted, so that everything has to be put there anew.</param>
internal sealed record StoreBinding(
    string Store, string Stamp, bool IsFilled, ImmutableArray<BehindDocument> Behind, bool IsOverrun)
{
    private const int BehindMax = 10_000;

    /// <summary>Whether the store has all vectors.</summary>
    public bool IsCurrent => IsFilled && Behind.IsEmpty;

    /// <summary>A store that has nothing yet.</summary>
    public static StoreBinding To(string store, string stamp) => new(store, stamp, false, [], false);

    /// <summary>Nothing in the store can be relied on; what changes from now on is noted.</summary>
    public StoreBinding Emptied() => To(Store, Stamp);

    /// <summary>Documents have changed.</summary>
    public StoreBinding After(IReadOnlySet<Guid> documents, long generation)
    {
        ImmutableArray<BehindDocument> behind =
        [
            .. Behind.Where(one => !documents.Contains(one.Document)),
            .. documents.Select(document => new BehindDocument(document, generation)),
        ];
        return behind.Length > BehindMax
            ? this with { IsFilled = false, Behind = [], IsOverrun = true }
            : this with { Behind = behind };
    }

    /// <summary>The store has been told of everything up to a generation.</summary>
    public StoreBinding Told(long generation) =>
        this with { Behind = [.. Behind.Where(one => one.Generation > generation)] };

    /// <summary>Everything of a generation has been put there.</summary>
    public StoreBinding Filled(long generation) => Told(generation) with { IsFilled = !IsOverrun };
}

/// <summary>A document that a store has to be told of.</summary>
/// <param name="Document">Which.</param>
/// <param name="Generation">The generation that changed it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BehindDocument(Guid Document, long Generation);
