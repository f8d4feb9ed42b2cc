using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace CodexOS.Sandbox.Exports;

/// <summary>Starts exports and hands out their archives. An export is a run: it is watched and ended as every run is.</summary>
internal static class ExportEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var workspaces = api.MapGroup("/workspaces").WithTags("Workspaces")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden);
        workspaces.MapPost("/{id}/exports", StartAsync)
            .RequirePermission("workspaces:read", ResourceKinds.Workspace, "id")
            .WithName("StartWorkspaceExport")
            .WithSummary("Starts a run that packs a workspace's present files into a compressed tar archive.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        workspaces.MapGet("/exports/{runId}/file", ReadAsync).RequirePermission("workspaces:read")
            .WithName("ReadWorkspaceExport")
            .WithSummary("The archive that an export made, as long as it is kept; a part of it where a Range is asked for.")
            .Produces<FileStreamHttpResult>(StatusCodes.Status200OK, "application/gzip")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status410Gone);
    }

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> StartAsync(
        string id,
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        Caller caller,
        WorkspaceDirectory directory,
        ExportStore store,
        IRuns runs,
        IOptions<SandboxOptions> given,
        CancellationToken cancellationToken)
    {
        if (!WorkspaceId.TryParse(id, null, out var workspace)) return SandboxFaults.WorkspaceNotFound.Problem();
        if (!(await directory.FindAsync(workspace, cancellationToken)).TryGet(out _, out var fault)) return fault.Problem();
        if (store.IsFull(caller.Tenant) is { } full) return full.Problem();
        var options = given.Value;
        // Planning and publishing, a part for each share of the content, and room for headers and for steps done again.
        var stepsMax = 20 + (2 * options.WorkspaceBytesMax / options.ExportPartBytes) + (options.WorkspaceFilesMax / 50);
        var started = await runs.StartAsync(
            new RunStart(
                caller.Tenant,
                caller.User,
                ExportProgram.RunKind,
                workspace.ToString(),
                1,
                $"Export of {workspace}",
                JsonSerializer.SerializeToElement(new ExportInput(workspace), Json.Options),
                JsonSerializer.SerializeToElement(new ExportGrant(workspace), Json.Options),
                new RunLimits((int)Math.Min(stepsMax, int.MaxValue), options.ExportTimeMax, TokensMax: 1, CostMaxMicroUsd: 0),
                new RunLabels(null, false, workspace.ToString()),
                idempotencyKey),
            cancellationToken);
        return started.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }

    private static async Task<Results<FileStreamHttpResult, ProblemHttpResult>> ReadAsync(
        string runId, HttpContext context, Caller caller, ExportStore store, IRuns runs, CancellationToken cancellationToken)
    {
        if (!RunId.TryParse(runId, null, out var id)
            || !(await runs.GetAsync(id, cancellationToken)).TryGet(out var run, out _)
            || run.Kind != ExportProgram.RunKind)
        {
            return ExportFaults.NotFound.Problem();
        }

        if (run.Status is not RunStatus.Completed)
            return (run.Status is RunStatus.Failed or RunStatus.Cancelled ? ExportFaults.Failed : ExportFaults.NotReady)
                .Problem();
        if (store.Open(caller.Tenant, id) is not var (manifest, content)) return ExportFaults.Expired.Problem();
        // A download may take as long as its size needs; Kestrel's minimum data rate ends one that stalls.
        context.Features.Get<Microsoft.AspNetCore.Http.Timeouts.IHttpRequestTimeoutFeature>()?.DisableTimeout();
        return TypedResults.File(
            content,
            "application/gzip",
            $"{run.WorkspaceId}.tar.gz",
            entityTag: new EntityTagHeaderValue($"\"{manifest.Hash}\""),
            enableRangeProcessing: true);
    }
}
