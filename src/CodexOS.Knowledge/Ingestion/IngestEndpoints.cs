using System.Text.Json;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Ingestion;

/// <summary>Starts ingestions. An ingestion is a run: it is watched, paused, ended and tried again as every run is.</summary>
internal static class IngestEndpoints
{
    private const int BodyBytesMax = 1_024;
    private const int PriorityBehindOthers = -5;

    public static void Map(IEndpointRouteBuilder api)
    {
        var bases = api.MapGroup("/knowledge/{name}", "Knowledge", BodyBytesMax);
        bases.MapPost("/ingest", StartAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .WithName("IngestKnowledge")
            .WithSummary("Starts a run that reads the documents that wait, cuts them into passages and makes them findable.")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> StartAsync(
        string name, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, Caller caller, BaseStore bases,
        DocumentStore documents, IRuns runs, IOptions<KnowledgeOptions> options, CancellationToken cancellationToken)
    {
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out var fault)) return fault.Problem();
        if ((await documents.ListAsync(place, DocumentState.Pending, after: null, 1, cancellationToken)).Count == 0)
            return KnowledgeFaults.NothingToIngest.Problem();
        var given = options.Value;
        var started = await runs.StartAsync(
            new RunStart(
                caller.Tenant, caller.User, IngestProgram.RunKind, place.Name, 1, $"Ingestion into {place.Name}",
                JsonSerializer.SerializeToElement(new IngestInput(place.BaseId, given.BatchesAtOnceMax), Json.Options),
                JsonSerializer.SerializeToElement(new BaseGrant(place.BaseId), Json.Options),
                given.LimitsOf(place.Embedder), RunLabels.None, idempotencyKey)
            {
                Priority = PriorityBehindOthers,
            },
            cancellationToken);
        return started.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }
}
