using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Runs.Bulk;

/// <summary>Doing the same to many runs over HTTP. It is a run itself: watched, cancelled and kept as every run is.</summary>
internal static class BulkEndpoints
{
    public static void MapBulk(this IEndpointRouteBuilder api) => api.MapPost("/runs/bulk", StartAsync)
        .RequirePermission("runs:control").WithTags("Runs").WithName("ControlManyRuns")
        .WithSummary("Starts a run that does the same to many others; a dry run says how many there are, and which.")
        .ProducesValidationProblem().ProducesProblem(403).ProducesProblem(409).ProducesProblem(422).ProducesProblem(429)
        .ProducesProblem(503);

    private static async Task<Results<Ok<BulkPreview>, Accepted<Run>, ProblemHttpResult>> StartAsync(
        BulkRunsRequest request,
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        Caller caller,
        BulkQueries queries,
        IRuns runs,
        RunsOptions options,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var (operation, filter) = (request.Operation!.Value, request.Filter!);
        if (filter == new BulkFilter() || filter.Ids is { Count: 0 }) return BulkFaults.NoFilter.Problem();
        if (operation is BulkOperation.Cancel && !caller.Permissions.Contains("runs:cancel"))
            return BulkFaults.MayNotCancel.Problem();
        var input = new BulkInput(operation, filter, request.Reason, request.ToVersion, caller.Name, clock.Milliseconds());
        var preview = await queries.PreviewAsync(input, cancellationToken);
        if (request.DryRun) return TypedResults.Ok(preview);
        if (preview.Count > options.BulkRunsMax) return BulkFaults.TooMany(options.BulkRunsMax).Problem();

        // Two steps a batch, and room for a batch more and for steps that are done again.
        var limits = new RunLimits(
            20 + (4 * options.BulkRunsMax / options.BulkBatchMax), options.BulkTimeMax, TokensMax: 1, CostMaxMicroUsd: 0);
        var started = await runs.StartAsync(
            new RunStart(
                caller.Tenant, caller.User, BulkProgram.RunKind, operation.ToString().ToLowerInvariant(), 1,
                // Nothing that changes with time: the same Idempotency-Key must be recognised as the same wish.
                $"{operation} many runs",
                JsonSerializer.SerializeToElement(input, Json.Options),
                JsonSerializer.SerializeToElement(new BulkGrant(operation), Json.Options),
                limits, RunLabels.None, idempotencyKey),
            cancellationToken);
        return started.TryGet(out var run, out var fault)
            ? TypedResults.Accepted($"/api/v1/runs/{run.Id}", run)
            : fault.Problem();
    }
}
