using CodexOS.Knowledge.Stores.Chroma;
using CodexOS.Knowledge.Stores.Pgvector;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Stores;

/// <summary>The stores that the operator has set up.</summary>
internal sealed class VectorStores : IAsyncDisposable
{
    private readonly SortedDictionary<string, VectorStore> _stores = new(StringComparer.Ordinal);

    public VectorStores(IOptions<KnowledgeOptions> options, TimeProvider clock, ILogger<VectorStores> log)
    {
        foreach (var (name, settings) in options.Value.Stores)
        {
            IVectorClient client = settings.Kind is StoreKind.Chroma
                ? new ChromaClient(name, settings)
                : new PgvectorClient(name, settings);
            _stores[name] = new VectorStore(name, settings, client, clock, log);
        }
    }

    /// <summary>Those outside of the server.</summary>
    public IReadOnlyCollection<VectorStore> All => _stores.Values;

    /// <summary>The names that a base can choose from.</summary>
    public IEnumerable<string> Names => _stores.Keys.Prepend(StoreOptions.Embedded);

    /// <summary>What is wrong with a name as a choice; null if nothing is.</summary>
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
}
