using System.Collections.Immutable;
using System.Text.Json.Serialization;
using CodexOS.Knowledge.Index.Embedding;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>What the index consists of at one time. The file with it is what makes a generation the valid one.</summary>
internal sealed record Manifest
{
    public const int CurrentFormatVersion = 1;

    public static Manifest Empty { get; } = new();

    public int FormatVersion { get; init; } = CurrentFormatVersion;

    /// <summary>Rises by one with each change.</summary>
    public long Generation { get; init; }

    /// <summary>The number that the next file is named by.</summary>
    public long NextFile { get; init; } = 1;

    public ImmutableArray<ManifestSegment> Segments { get; init; } = [];

    /// <summary>What made the vectors; null if there are none yet.</summary>
    public EmbedderKey? Embedder { get; init; }

    /// <summary>How much the vectors count, where that was measured for this base.</summary>
    public double? DenseWeight { get; init; }

    /// <summary>Which share of their words the embedder did not know when it was fitted to the passages.</summary>
    public double FittedUnknownShare { get; init; }

    /// <summary>How many passages there were when the embedder was last fitted to them.</summary>
    public int FittedPassages { get; init; }

    /// <summary>The store that the vectors lie in; null if they are in files of the index.</summary>
    public StoreBinding? Store { get; init; }

    /// <summary>The store that they are being copied to, while the one above is still in use.</summary>
    public StoreBinding? Moving { get; init; }

    /// <summary>Stores that may still have something of the base that is not in use, and is to be deleted there.</summary>
    public ImmutableArray<string> Left { get; init; } = [];

    /// <summary>
    /// Whether the store alone has the vectors. Those of a model are in files of the index too: words do not make them anew.
    /// </summary>
    [JsonIgnore]
    public bool IsWithoutFiles => Store is not null && Embedder is not { IsGiven: true };

    /// <summary>The same without the copy that was being made; what the store has of it is to be deleted.</summary>
    public Manifest WithoutCopy() => Moving is { } moving ? (this with { Moving = null }).Leaving(moving.Store) : this;

    /// <summary>The same with something left in a store.</summary>
    public Manifest Leaving(string store) => Left.Contains(store) ? this : this with { Left = Left.Add(store) };

    /// <summary>The same with what the present store has as not in use any more.</summary>
    public Manifest LeavingStore() => Store is { } store ? Leaving(store.Store) : this;

    /// <summary>The same with nothing left in a store.</summary>
    public Manifest Cleaned(string store) => Left.Contains(store) ? this with { Left = Left.Remove(store) } : this;

    /// <summary>The same, with documents noted that stores have to be told of.</summary>
    public Manifest Changed(IEnumerable<Guid> documents)
    {
        if (Store is null && Moving is null) return this;
        var all = documents.ToHashSet();
        return this with { Store = Store?.After(all, Generation + 1), Moving = Moving?.After(all, Generation + 1) };
    }
}

/// <summary>A segment of a generation.</summary>
/// <param name="Name">What its files are named by.</param>
/// <param name="HasVectors">Whether there is a file with vectors of the manifest's embedder.</param>
/// <param name="Alive">The bits of the passages that are not removed; null if none is.</param>
/// <param name="UnknownShare">Which share of its words the embedder does not know.</param>
/// <param name="IsElsewhere">Whether its vectors lie in the manifest's store.</param>
internal sealed record ManifestSegment(
    string Name, bool HasVectors, byte[]? Alive, double UnknownShare, bool IsElsewhere = false);
