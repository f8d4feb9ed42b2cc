using System.Diagnostics;
using CodexOS.Knowledge.Stores.Chroma;
using CodexOS.Knowledge.Stores.Pgvector;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Stores;

/// <summary>The stores that the operator has set up.</summary>
internal sealed class VectorStores : IAsyncDisposable
{
    private readonly SortedDictionary<string, VectorStore> _stores = new(StringComparer.Ordinal);

    private readonly bool _isShared;

    public VectorStores(
        IOptions<KnowledgeOptions> options, DataDirectory data, TimeProvider clock, ILogger<VectorStores> log)
        : this(options.Value.Stores.Select(
            one => new VectorStore(one.Key, one.Value, ClientOf(one.Key, one.Value), clock, log)))
    {
        _isShared = data.IsShared;
    }

    internal VectorStores(IEnumerable<VectorStore> stores)
    {
        foreach (var store in stores) _stores[store.Name] = store;
    }

    /// <summary>Those outside of the server.</summary>
    public IReadOnlyCollection<VectorStore> All => _stores.Values;

    /// <summary>
    /// The names that a base can choose from. Of several servers each has an index of its own, and two of them would take each
    /// other's vectors in a store for what is left of earlier ones.
    /// </summary>
    public IEnumerable<string> Names => _isShared ? [StoreOptions.Embedded] : _stores.Keys.Prepend(StoreOptions.Embedded);

    /// <summary>Why a base cannot choose a name; null if it can.</summary>
    public Fault? WhyNotChoose(string name) =>
        _isShared && _stores.ContainsKey(name) ? StoreFaults.NeedsOneServer(name) : WhyNot(name);

    /// <summary>Why nothing can be asked of a name; null if something can.</summary>
    public Fault? WhyNot(string name) =>
        name == StoreOptions.Embedded || _stores.ContainsKey(name) ? null : StoreFaults.Unknown(name, Names);

    /// <summary>The store of a name.</summary>
    public Result<VectorStore> Find(string name) =>
        _stores.TryGetValue(name, out var found) ? found : StoreFaults.Unknown(name, Names);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores.Values) await store.DisposeAsync();
    }

    private static IVectorClient ClientOf(string name, StoreOptions options) => options.Kind switch
    {
        StoreKind.Chroma => new ChromaClient(name, options),
        StoreKind.Pgvector => new PgvectorClient(name, options),
        var unknown => throw new UnreachableException($"There is no client for {unknown}."),
    };
}
