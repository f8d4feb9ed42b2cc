using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Queries;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Runs.Endpoints;

/// <summary>Runs and approvals over HTTP.</summary>
internal static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder api)
    {
        var runs = api.MapGroup("/runs").WithTags("Runs");
        runs.MapGet("/", ListAsync).RequirePermissionSomewhere("runs:read").WithName("ListRuns")
            .WithSummary("Lists the runs that you may see, newest first.").ProducesProblem(400);
        runs.MapGet("/{id}", GetAsync).RequirePermissionThrough<IRunThings>("runs:read", "id").WithName("GetRun")
            .WithSummary("Gets a run with what it waits for.").ProducesProblem(404);
        runs.MapGet("/{id}/events", RunEventStream.ServeAsync).RequirePermissionThrough<IRunThings>("runs:read", "id")
            .WithName("GetRunEvents")
            .WithSummary("Reads a run's events as a page, or follows them as server-sent events.")
            .Produces<RunEventPage>(200, "application/json", "text/event-stream").ProducesProblem(404);
        runs.MapPost("/{id}/approvals/{approvalId}", DecideAsync).RequirePermissionThrough<IRunThings>("runs:approve", "id")
            .WithName("DecideApproval").WithSummary("Approves or denies what a run wants to do, or answers what it asks.")
            .ProducesValidationProblem().ProducesProblem(404).ProducesProblem(409).ProducesProblem(410);

        api.MapGet("/approvals", ListApprovalsAsync).RequirePermissionSomewhere("runs:read").WithTags("Runs")
            .WithName("ListApprovals").WithSummary("Lists approvals in one state that you may see, newest first.")
            .ProducesProblem(400);
    }

    private static async Task<Results<Ok<Page<Run>>, ProblemHttpResult>> ListAsync(
        Caller caller,
        RunQueries queries,
        CancellationToken cancellationToken,
        string? status = null,
        string? kind = null,
        string? subject = null,
        int? limit = null,
        string? cursor = null)
    {
        if (!QueryWord.Read<RunStatus>(status, "runs.bad_status").TryGet(out var wanted, out var fault)) return fault.Problem();
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out fault)) return fault.Problem();
        return (await queries.ListAsync(AgentsOf(caller), wanted, kind, subject, page, cancellationToken)).ToOk();
    }

    /// <summary>The agents whose runs a caller may see; null for all runs.</summary>
    private static IReadOnlySet<string>? AgentsOf(Caller caller) => caller.NamesWith(RunThings.Read, ResourceKinds.Agent);

    private static async Task<Results<Ok<Run>, ProblemHttpResult>> GetAsync(
        RunId id, RunQueries queries, CancellationToken cancellationToken)
    {
        var found = await queries.GetAsync(id, cancellationToken);
        return found.ToOk();
    }

    private static async Task<Results<Ok<Approval>, ProblemHttpResult>> DecideAsync(
        RunId id,
        ApprovalId approvalId,
        DecideApprovalRequest request,
        Caller caller,
        RunsService runs,
        CancellationToken cancellationToken)
    {
        var decision = new RunCommand.Decide(
            approvalId, request.Approve!.Value, request.ArgumentsHash, caller.Name, request.Note)
        {
            Content = request.Content,
            Dismiss = request.Dismiss,
        };
        return (await runs.DecideAsync(id, decision, cancellationToken)).ToOk();
    }

    private static async Task<Results<Ok<Page<Approval>>, ProblemHttpResult>> ListApprovalsAsync(
        Caller caller,
        RunQueries queries,
        CancellationToken cancellationToken,
        string? state = null,
        int? limit = null,
        string? cursor = null)
    {
        var word = QueryWord.Read<ApprovalState>(state ?? "pending", "runs.bad_state");
        if (!word.TryGet(out var wanted, out var fault)) return fault.Problem();
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out fault)) return fault.Problem();
        return (await queries.ApprovalsAsync(AgentsOf(caller), wanted!.Value, page, cancellationToken)).ToOk();
    }
}
