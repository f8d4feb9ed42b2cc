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

namespace CodexOS.Knowledge.Stores.Moves;

/// <summary>Starts moves. A move is a run: it is watched, paused, ended and tried again as every run is.</summary>
internal static class MoveEndpoints
{
    private const int BodyBytesMax = 1_024;
    private const int StepsMax = 100;

    public static void Map(IEndpointRouteBuilder api)
    {
        var bases = api.MapGroup("/knowledge/{name}", "Knowledge", BodyBytesMax);
        bases.MapPost("/move", StartAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .WithName("MoveKnowledge")
            .WithSummary(
                "Starts a run that copies the vectors of a knowledge base to another store, verifies them there, changes over and "
                + "deletes them in the old one. Searches go on meanwhile.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> StartAsync(
        string name, MoveKnowledgeRequest request, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, Caller caller,
        BaseStore bases, VectorStores stores, IRuns runs, IOptions<KnowledgeOptions> options, CancellationToken cancellationToken)
    {
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out var fault)) return fault.Problem();
        var target = request.Store!;
        if (stores.WhyNotChoose(target) is { } unknown) return unknown.Problem();
        if (place.Store == target) return StoreFaults.SameStore(target).Problem();
        var started = await runs.StartAsync(
            new RunStart(
                caller.Tenant, caller.User, MoveProgram.RunKind, place.Name, 1, $"Move of {place.Name} to {target}",
                JsonSerializer.SerializeToElement(new MoveInput(place.BaseId, place.Store, target), Json.Options),
                JsonSerializer.SerializeToElement(new BaseGrant(place.BaseId), Json.Options),
                new RunLimits(StepsMax, options.Value.IngestionTimeMax, TokensMax: 1, CostMaxMicroUsd: 0),
                RunLabels.None, idempotencyKey),
            cancellationToken);
        return started.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }
}

/// <summary>A request to move the vectors of a knowledge base.</summary>
/// <param name="Store">Where they shall lie: the name of a store that the operator set up, or <c>embedded</c>.</param>
public sealed record MoveKnowledgeRequest(
    [property: Required, StringLength(40, MinimumLength = 1)] string? Store);
