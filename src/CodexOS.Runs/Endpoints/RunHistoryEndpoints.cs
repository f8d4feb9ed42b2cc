using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Queries;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Runs.Endpoints;

/// <summary>A run's past over HTTP: look at it, go back to it, begin anew from it.</summary>
internal static class RunHistoryEndpoints
{
    private const int KeyLengthMax = 200;

    public static void MapRunHistory(this IEndpointRouteBuilder api)
    {
        var runs = api.MapGroup("/runs/{id}").WithTags("Runs");
        runs.MapGet("/checkpoints", CheckpointsAsync).RequirePermissionThrough<IRunThings>("runs:read", "id")
            .WithName("ListCheckpoints")
            .WithSummary("Lists the places that a run can be rolled back to or forked at, newest first.")
            .ProducesProblem(400).ProducesProblem(404);
        runs.MapGet("/state", StateAsync).RequirePermissionThrough<IRunThings>("runs:read", "id").WithName("GetRunState")
            .WithSummary("Gets a run's state as it was after one of its events.").ProducesProblem(400).ProducesProblem(404);
        runs.MapPost("/rollback", RollBackAsync).RequirePermissionThrough<IRunThings>("runs:control", "id")
            .WithName("RollBackRun")
            .WithSummary("Undoes what a run did since one of its events, newest first; a dry run shows what that would be.")
            .ProducesValidationProblem().ProducesProblem(404).ProducesProblem(409);
        runs.MapPost("/fork", ForkAsync).RequirePermissionThrough<IRunThings>("runs:start", "id").WithName("ForkRun")
            .WithSummary("Starts a run that begins where this one was after one of its events.")
            .ProducesValidationProblem().ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(429);
    }

    private static async Task<Results<Ok<Page<Checkpoint>>, ProblemHttpResult>> CheckpointsAsync(
        RunId id, RunHistoryQueries history, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        var found = await history.CheckpointsAsync(id, page, cancellationToken);
        return found.ToOk();
    }

    private static async Task<Results<Ok<RunStateView>, ProblemHttpResult>> StateAsync(
        RunId id, RunHistoryQueries history, CancellationToken cancellationToken, int? seq = null)
    {
        if (seq < 0) return RunFaults.BadSeq.Problem();
        var found = await history.StateAsync(id, seq, cancellationToken);
        return found.ToOk();
    }

    private static async Task<Results<Ok<RollbackPlan>, ProblemHttpResult>> RollBackAsync(
        RunId id,
        RollBackRunRequest request,
        Caller caller,
        RunHistoryQueries history,
        RunsService runs,
        CancellationToken cancellationToken)
    {
        if (!(await history.PlanAsync(id, request.ToSeq, cancellationToken)).TryGet(out var plan, out var fault))
            return fault.Problem();
        if (request.DryRun) return TypedResults.Ok(plan);
        var command = new RunCommand.RollBack(
            request.ToSeq, caller.Name, request.Note, request.LeaveIrreversible, request.GoOn);
        var begun = await runs.DoAsync(id, command, cancellationToken);
        return begun.TryGet(out var run, out fault) ? TypedResults.Ok(plan with { Run = run }) : fault.Problem();
    }

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> ForkAsync(
        RunId id,
        ForkRunRequest request,
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        Caller caller,
        RunsService runs,
        CancellationToken cancellationToken)
    {
        if (idempotencyKey is { Length: 0 or > KeyLengthMax }) return RunControlEndpoints.BadKey.Problem();
        RunLimits? limits = null;
        if (request.Limits is { } asked)
        {
            var created = await runs.CreationAsync(id, cancellationToken);
            if (!created.TryGet(out var before, out var missing)) return missing.Problem();
            limits = asked.Over(before.Limits);
        }

        var wish = new ForkWish(
            request.Seq, request.Title, request.Input, request.Output, request.Message, limits, idempotencyKey);
        var forked = await runs.ForkAsync(id, wish, caller, cancellationToken);
        return forked.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }
}
