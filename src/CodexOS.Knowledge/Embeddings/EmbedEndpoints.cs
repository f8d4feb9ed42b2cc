using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using CodexOS.Knowledge.Bases;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Embeddings;

/// <summary>Gives bases another model. It is a run: it is watched, paused, ended and tried again as every run is.</summary>
internal static class EmbedEndpoints
{
    private const int BodyBytesMax = 1_024;
    private const int PriorityBehindOthers = -5;

    public static void Map(IEndpointRouteBuilder api)
    {
        var bases = api.MapGroup("/knowledge/{name}", "Knowledge", BodyBytesMax);
        bases.MapPost("/embed", StartAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .WithName("EmbedKnowledge")
            .WithSummary(
                "Starts a run that has the vectors of a knowledge base made by another model, and changes over when all are there. "
                + "Searches go on meanwhile. With the model that it has already, what is missing is made.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status502BadGateway)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> StartAsync(
        string name, EmbedKnowledgeRequest request, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, Caller caller,
        BaseStore bases, ModelChoice choice, IRuns runs, IOptions<KnowledgeOptions> options, CancellationToken cancellationToken)
    {
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out var fault)) return fault.Problem();
        if (!(await choice.NextAsync(place, request.Model!, cancellationToken)).TryGet(out var chosen, out fault))
            return fault.Problem();
        var given = options.Value;
        var started = await runs.StartAsync(
            new RunStart(
                caller.Tenant, caller.User, EmbedProgram.RunKind, place.Name, 1, $"Vectors of {place.Name} by {request.Model}",
                JsonSerializer.SerializeToElement(
                    new EmbedInput(place.BaseId, chosen.Model, given.BatchesAtOnceMax), Json.Options),
                JsonSerializer.SerializeToElement(new BaseGrant(place.BaseId), Json.Options),
                given.LimitsOf(chosen.Model), RunLabels.None, idempotencyKey)
            {
                Priority = PriorityBehindOthers,
            },
            cancellationToken);
        return started.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }
}

/// <summary>A request to give a knowledge base another model.</summary>
/// <param name="Model">
/// What shall make its vectors: an embedding model as <c>provider:model</c>, or <c>builtin</c> for the index itself.
/// </param>
public sealed record EmbedKnowledgeRequest(
    [property: Required, StringLength(200, MinimumLength = 1)] string? Model);
