using System.ComponentModel.DataAnnotations;
using CodexOS.Knowledge.Contracts;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Knowledge.Bases;

/// <summary>Knowledge bases over HTTP.</summary>
internal static class BaseEndpoints
{
    private const int BodyBytesMax = 16 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var bases = api.MapGroup("/knowledge", "Knowledge", BodyBytesMax);
        bases.MapGet("", ListAsync).RequirePermissionSomewhere("knowledge:read")
            .WithName("ListKnowledgeBases").WithSummary("The knowledge bases that you may read, by name.")
            .Produces<Page<KnowledgeBase>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        bases.MapPost("", CreateAsync)
            .RequirePermissionOrProject<KnowledgeBase>("knowledge:write", ResourceKinds.Knowledge, static made => made.Name)
            .WithName("CreateKnowledgeBase").WithSummary("Makes an empty knowledge base.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status502BadGateway)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        bases.MapGet("/{name}", GetAsync).RequirePermission("knowledge:read", ResourceKinds.Knowledge, "name")
            .WithName("GetKnowledgeBase").WithSummary("A knowledge base, with how many documents are in which state.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        bases.MapPatch("/{name}", ChangeAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .WithName("ChangeKnowledgeBase")
            .WithSummary("Changes what is said of a knowledge base, or what ranks the best passages of its searches once more.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status502BadGateway)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        bases.MapDelete("/{name}", DeleteAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .WithName("DeleteKnowledgeBase")
            .WithSummary(
                "Deletes a knowledge base with all its documents, and destroys the key of their content: it is unreadable in backups too. "
                + "confirm is the base's name. abandonVectors deletes it even if a store does not delete its vectors; they stay there.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status502BadGateway)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> ListAsync(
        Caller caller, BaseStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        var seen = caller.NamesWith("knowledge:read", ResourceKinds.Knowledge);
        return TypedResults.Ok(page.PageOf(await store.ListAsync(seen, page, cancellationToken), static it => it.Name));
    }

    private static async Task<Results<Created<KnowledgeBase>, ProblemHttpResult>> CreateAsync(
        CreateKnowledgeBaseRequest request, Caller caller, BaseStore store, CancellationToken cancellationToken) =>
        (await store.CreateAsync(request, caller.User, cancellationToken)).ToCreated(static it => $"/api/v1/knowledge/{it.Name}");

    private static async Task<Results<Ok<KnowledgeBase>, ProblemHttpResult>> GetAsync(
        string name, BaseStore store, CancellationToken cancellationToken) =>
        (await store.GetAsync(name, cancellationToken)).ToOk();

    private static async Task<Results<Ok<KnowledgeBase>, ProblemHttpResult>> ChangeAsync(
        string name, ChangeKnowledgeBaseRequest request, BaseStore store, CancellationToken cancellationToken) =>
        (await store.ChangeAsync(name, request, cancellationToken)).ToOk();

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        string name, string? confirm, BaseStore store, CancellationToken cancellationToken, bool abandonVectors = false)
    {
        if (!(await store.FindAsync(name, cancellationToken)).TryGet(out var row, out var fault)) return fault.Problem();
        if (confirm != row.Name) return KnowledgeFaults.NotConfirmed.Problem();
        return (await store.DeleteAsync(row, abandonVectors, cancellationToken)).ToNoContent();
    }
}

/// <summary>A request for a knowledge base.</summary>
/// <param name="Name">Its name: lowercase letters, digits and dashes, at most 60; it begins with a letter.</param>
/// <param name="Description">What is in it; agents that may search it are told.</param>
/// <param name="Store">Where its vectors lie: a store that the operator set up, or <c>embedded</c>, as without one.</param>
/// <param name="Model">
/// What makes its vectors: an embedding model as <c>provider:model</c>, or <c>builtin</c> for the index itself, as without one.
/// </param>
/// <param name="Reranker">
/// What ranks the best passages of a search once more: a model as <c>provider:model</c>, which is sent the question and the
/// passages; <c>none</c>, as without one, leaves them as they were found.
/// </param>
public sealed record CreateKnowledgeBaseRequest(
    [property: Required, RegularExpression("^[a-z][a-z0-9-]{0,59}$")] string? Name,
    [property: StringLength(1_000)] string? Description = null,
    [property: StringLength(40, MinimumLength = 1)] string? Store = null,
    [property: StringLength(200, MinimumLength = 1)] string? Model = null,
    [property: StringLength(200, MinimumLength = 1)] string? Reranker = null);

/// <summary>A change of a knowledge base; what is null stays as it is.</summary>
/// <param name="Description">What is in it.</param>
/// <param name="Reranker">What ranks the best passages of a search once more, <c>provider:model</c>; <c>none</c> for nothing.</param>
public sealed record ChangeKnowledgeBaseRequest(
    [property: StringLength(1_000)] string? Description = null,
    [property: StringLength(200, MinimumLength = 1)] string? Reranker = null);

/// <summary>A knowledge base.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">What is in it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="Documents">How many documents it has.</param>
/// <param name="Pending">How many of them wait to be read.</param>
/// <param name="Failed">How many of them could not be read.</param>
/// <param name="Passages">How many passages are searched.</param>
/// <param name="SizeBytes">How many bytes its documents have.</param>
/// <param name="Store">Where its vectors lie: the name of a store, or <c>embedded</c>.</param>
/// <param name="IsStoreBehind">
/// Whether that store does not have all vectors yet; null where they lie in the index, or nobody has asked for the base here.
/// </param>
/// <param name="StoreFault">
/// The code of what keeps the stores from being as they should be, as of the last try: <c>knowledge.store_unavailable</c>,
/// <c>knowledge.store_unknown</c>, <c>knowledge.store_work_failed</c> or another; null if nothing does.
/// </param>
/// <param name="Model">What makes its vectors: a model as <c>provider:model</c>, or <c>builtin</c> for the index itself.</param>
/// <param name="Reranker">What ranks the best passages of a search once more, <c>provider:model</c>; null if nothing does.</param>
/// <param name="SynonymRules">How many rules of synonyms it has.</param>
/// <param name="HasBoosts">Whether something raises or lowers its passages.</param>
public sealed record KnowledgeBase(
    KnowledgeBaseId Id, string Name, string Description, DateTimeOffset CreatedAt, UserId CreatedBy, long Documents, long Pending,
    long Failed, long Passages, long SizeBytes, string Store, bool? IsStoreBehind, string? StoreFault, string Model,
    string? Reranker, int SynonymRules, bool HasBoosts);
