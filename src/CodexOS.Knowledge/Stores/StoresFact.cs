using CodexOS.Platform.Installation;

namespace CodexOS.Knowledge.Stores;

/// <summary>A store that vectors of knowledge bases can lie in.</summary>
/// <param name="Name">Its name, as bases choose it.</param>
/// <param name="Kind">What it is: <c>chroma</c> or <c>pgvector</c>.</param>
/// <param name="IsReachable">Whether it answers.</param>
public sealed record KnowledgeStoreState(string Name, StoreKind Kind, bool IsReachable);

/// <summary>What the system endpoint says of the stores outside of the server.</summary>
internal sealed class StoresFact(VectorStores stores) : ISystemFact
{
    public string Name => "knowledgeStores";

    public Type ValueType => typeof(IReadOnlyList<KnowledgeStoreState>);

    public async ValueTask<object> ReadAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(stores.All.Select(async store => new KnowledgeStoreState(
            store.Name, store.Options.Kind, (await store.PingAsync(cancellationToken)).IsOk)));
}
