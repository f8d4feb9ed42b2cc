using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Knowledge.Stores;

/// <summary>Tells who makes or moves knowledge bases where vectors can lie. Whether a store answers is for operators.</summary>
internal static class StoreEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/knowledge-stores", List)
        .RequirePermissionSomewhere("knowledge:write")
        .WithName("ListKnowledgeStores")
        .WithSummary(
            "The stores that the vectors of knowledge bases can lie in: the server's own index, and those that the operator set up.")
        .WithTags("Knowledge")
        .ProducesProblem(StatusCodes.Status401Unauthorized)
        .ProducesProblem(StatusCodes.Status403Forbidden);

    private static Ok<KnowledgeStoreList> List(VectorStores stores) => TypedResults.Ok(new KnowledgeStoreList(
    [
        new KnowledgeStoreChoice(StoreOptions.Embedded, null),
        .. stores.All.Where(store => stores.WhyNotChoose(store.Name) is null)
            .Select(static store => new KnowledgeStoreChoice(store.Name, store.Options.Kind)),
    ]));
}

/// <summary>All stores that a knowledge base can choose from, the server's own index first.</summary>
/// <param name="Items">The stores.</param>
public sealed record KnowledgeStoreList(IReadOnlyList<KnowledgeStoreChoice> Items);

/// <summary>A store that a knowledge base can choose.</summary>
/// <param name="Name">Its name, as bases choose it; <c>embedded</c> is the server's own index.</param>
/// <param name="Kind">What it is: <c>chroma</c> or <c>pgvector</c>; null for the server's own index.</param>
public sealed record KnowledgeStoreChoice(string Name, StoreKind? Kind);
