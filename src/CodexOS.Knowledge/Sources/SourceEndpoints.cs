using CodexOS.Knowledge.Bases;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Knowledge.Sources;

/// <summary>Sources of knowledge bases over HTTP.</summary>
internal static class SourceEndpoints
{
    private const int BodyBytesMax = 64 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var sources = api.MapGroup("/knowledge/{name}/sources", "Knowledge", BodyBytesMax);
        sources.MapGet("", ListAsync).RequirePermission("knowledge:read", ResourceKinds.Knowledge, "name")
            .WithName("ListSources").WithSummary("The places that a knowledge base is kept in step with, by name.")
            .Produces<Page<KnowledgeSource>>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
        sources.MapPost("", CreateAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .WithName("CreateSource")
            .WithSummary("Makes a source: a folder of the server, pages, a sitemap, a git repository or a bucket. A sync fetches what it has.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        sources.MapGet("/{source}", GetAsync).RequirePermission("knowledge:read", ResourceKinds.Knowledge, "name")
            .WithName("GetSource").WithSummary("A source, with what came of its last sync.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        sources.MapPatch("/{source}", ChangeAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .WithName("ChangeSource").WithSummary("Changes where a source is or when it is synchronised, or lets its schedule rest.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        sources.MapDelete("/{source}", DeleteAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .WithName("DeleteSource")
            .WithSummary("Deletes a source. documents says what becomes of its documents: keep, as if somebody had added them, or delete.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        sources.MapPost("/{source}/sync", SyncAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .WithName("SyncSource")
            .WithSummary("Starts a run that brings the base in step with a source: fetches what is new or changed, removes what is gone.")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> ListAsync(
        string name, BaseStore bases, SourceStore store, CancellationToken cancellationToken, int? limit = null,
        string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out fault)) return fault.Problem();
        return TypedResults.Ok(page.PageOf(await store.ListAsync(place, page, cancellationToken), static it => it.Name));
    }

    private static async Task<Results<Created<KnowledgeSource>, ProblemHttpResult>> CreateAsync(
        string name, CreateSourceRequest request, Caller caller, BaseStore bases, SourceStore store,
        CancellationToken cancellationToken)
    {
        if (SourceCheck.WhyNot(request.Place, caller) is { } kept) return kept.Problem();
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out var fault)) return fault.Problem();
        return (await store.CreateAsync(place, request, caller.User, cancellationToken))
            .ToCreated(it => $"/api/v1/knowledge/{place.Name}/sources/{it.Name}");
    }

    private static async Task<Results<Ok<KnowledgeSource>, ProblemHttpResult>> GetAsync(
        string name, string source, BaseStore bases, SourceStore store, CancellationToken cancellationToken) =>
        (await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out var fault)
            ? (await store.GetAsync(place, source, cancellationToken)).ToOk()
            : fault.Problem();

    private static async Task<Results<Ok<KnowledgeSource>, ProblemHttpResult>> ChangeAsync(
        string name, string source, ChangeSourceRequest request, Caller caller, BaseStore bases, SourceStore store,
        CancellationToken cancellationToken)
    {
        if (SourceCheck.WhyNot(request.Place, caller) is { } kept) return kept.Problem();
        return (await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out var fault)
            ? (await store.ChangeAsync(place, source, request, cancellationToken)).ToOk()
            : fault.Problem();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        string name, string source, BaseStore bases, SourceStore store, CancellationToken cancellationToken,
        string? documents = null)
    {
        if (documents is not (null or "keep" or "delete")) return SourceFaults.BadDocuments.Problem();
        return (await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out var fault)
            ? (await store.DeleteAsync(place, source, documents is "delete", cancellationToken)).ToNoContent()
            : fault.Problem();
    }

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> SyncAsync(
        string name, string source, Caller caller, BaseStore bases, SourceStore store, Syncs syncs,
        CancellationToken cancellationToken)
    {
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out var fault)) return fault.Problem();
        if (!(await store.FindAsync(place, source, cancellationToken)).TryGet(out var row, out fault)) return fault.Problem();
        return (await syncs.StartAsync(place, row, caller.User, cancellationToken))
            .ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }
}
