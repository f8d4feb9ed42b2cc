using System.Collections.Immutable;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Knowledge.Stores;

/// <summary>
/// What a store outside of the server has to do, in the words of <c>Microsoft.Extensions.VectorData</c>. Implementations speak
/// the protocol of one kind of store and throw what goes wrong; <see cref="VectorStore"/> limits their time and turns it into
/// faults. Texts are not given to them: only ids, vectors, and the tags of readers.
/// </summary>
internal interface IVectorClient : IAsyncDisposable
{
    /// <summary>Asks whether it is there.</summary>
    Task PingAsync(CancellationToken cancellationToken);

    /// <summary>The names of the collections that begin so.</summary>
    Task<IReadOnlyList<string>> ListCollectionNamesAsync(string prefix, CancellationToken cancellationToken);

    Task EnsureCollectionExistsAsync(VectorCollection collection, CancellationToken cancellationToken);

    Task EnsureCollectionDeletedAsync(string name, CancellationToken cancellationToken);

    /// <summary>How many vectors a collection has.</summary>
    Task<long> CountAsync(VectorCollection collection, CancellationToken cancellationToken);

    /// <summary>Puts vectors, in place of those with the same keys.</summary>
    Task UpsertAsync(VectorCollection collection, IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken);

    /// <summary>Removes all vectors of documents.</summary>
    Task DeleteAsync(VectorCollection collection, IReadOnlyCollection<Guid> documents, CancellationToken cancellationToken);

    /// <summary>The nearest vectors of those that may be found, the nearest first.</summary>
    Task<IReadOnlyList<VectorMatch>> SearchAsync(
        VectorCollection collection, VectorSearch search, CancellationToken cancellationToken);
}

/// <summary>
/// A collection: the vectors of one base that one state of one model has made, and no others, so that what cannot be compared
/// never meets.
/// </summary>
/// <param name="Tenant">Whose base it is.</param>
/// <param name="Base">The base.</param>
/// <param name="Model">What made the vectors.</param>
/// <param name="Stamp">Tells indexes from one another that the base had one after the other.</param>
internal sealed record VectorCollection(TenantId Tenant, KnowledgeBaseId Base, EmbedderKey Model, string Stamp)
{
    /// <summary>What it is called; short enough for the name of a table.</summary>
    public string Name { get; } = PrefixOf(Base) + Hash(Tenant, Model, Stamp);

    /// <summary>What the names of all collections of a base begin with.</summary>
    public static string PrefixOf(KnowledgeBaseId id) => $"codexos_{id.Value:N}_";

    private static string Hash(TenantId tenant, EmbedderKey model, string stamp) =>
        XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{tenant.Value:N}|{model}|{stamp}"))
            .ToString("x16", CultureInfo.InvariantCulture);
}

/// <summary>A vector to be put.</summary>
/// <param name="Key">The passage.</param>
/// <param name="Readers">Who may find it; everybody if there is none.</param>
/// <param name="Vector">Of length one, or zeros.</param>
internal sealed record VectorRecord(PassageKey Key, ImmutableArray<string> Readers, float[] Vector);

/// <summary>A search by a vector.</summary>
/// <param name="Vector">The vector.</param>
/// <param name="Top">How many at most.</param>
/// <param name="Readers">The tags of the caller; only what has one of them or no readers is found. Null is for the system.</param>
/// <param name="Keys">Only these passages; all if null.</param>
internal sealed record VectorSearch(
    ReadOnlyMemory<float> Vector, int Top, IReadOnlySet<string>? Readers, IReadOnlyCollection<PassageKey>? Keys);

/// <summary>A vector that was found.</summary>
/// <param name="Key">The passage.</param>
/// <param name="Score">The cosine to the vector that was looked for.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct VectorMatch(PassageKey Key, float Score);

/// <summary>A store answered that it will not or cannot do what it was asked.</summary>
internal sealed class VectorStoreException(Fault fault) : Exception(fault.Message)
{
    public Fault Fault { get; } = fault;
}

/// <summary>How passages are named in stores.</summary>
internal static class VectorIds
{
    public static string Of(PassageKey key) => string.Create(CultureInfo.InvariantCulture, $"{key.Document:N}.{key.Ordinal}");

    public static string Of(Guid document) => document.ToString("N");

    public static PassageKey? Read(string id)
    {
        var dot = id.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && Guid.TryParseExact(id.AsSpan(0, dot), "N", out var document)
            && int.TryParse(id.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal)
            ? new PassageKey(document, ordinal)
            : null;
    }
}
