using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Execution;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Runs.Endpoints;

/// <summary>What people may want of a run over HTTP. All of it is in the run's journal when the answer comes.</summary>
internal static class RunControlEndpoints
{
    private const int KeyLengthMax = 200;
    private const int SignalLengthMax = 100;

    public static void MapRunControl(this IEndpointRouteBuilder api)
    {
        var runs = api.MapGroup("/runs/{id}").WithTags("Runs");
        runs.MapPost("/cancel", CancelAsync).RequirePermissionThrough<IRunThings>("runs:cancel", "id").WithName("CancelRun")
            .WithSummary("Ends a run; what it is performing is stopped.").ProducesProblem(404).ProducesProblem(409);
        runs.MapPost("/pause", PauseAsync).RequirePermissionThrough<IRunThings>("runs:control", "id").WithName("PauseRun")
            .WithSummary("Begins no further step of a run; what is being performed ends by itself.")
            .ProducesProblem(404).ProducesProblem(409);
        runs.MapPost("/resume", ResumeAsync).RequirePermissionThrough<IRunThings>("runs:control", "id").WithName("ResumeRun")
            .WithSummary("Lets a paused run go on.").ProducesProblem(404).ProducesProblem(409);
        runs.MapPost("/steer", SteerAsync).RequirePermissionThrough<IRunThings>("runs:control", "id").WithName("SteerRun")
            .WithSummary("Tells a run something before its next step.")
            .ProducesValidationProblem().ProducesProblem(404).ProducesProblem(409);
        runs.MapPost("/signals/{signal}", SignalAsync).RequirePermissionThrough<IRunThings>("runs:signal", "id")
            .WithName("SignalRun")
            .WithSummary("Sends a signal to a run; the same Idempotency-Key sends it once.")
            .ProducesValidationProblem().ProducesProblem(404).ProducesProblem(409).ProducesProblem(413).ProducesProblem(429);
        runs.MapPost("/steps/{step}/resolve", ResolveAsync).RequirePermissionThrough<IRunThings>("runs:approve", "id")
            .WithName("ResolveStep")
            .WithSummary("Decides what becomes of a step whose outcome is unknown.")
            .ProducesValidationProblem().ProducesProblem(404).ProducesProblem(409);
        runs.MapPost("/retry", RetryAsync).RequirePermissionThrough<IRunThings>("runs:control", "id").WithName("RetryRun")
            .WithSummary("Tries a run that failed or was cancelled again, from the step that failed.")
            .ProducesValidationProblem().ProducesProblem(404).ProducesProblem(409);
    }

    private static Task<Results<Accepted<Run>, ProblemHttpResult>> CancelAsync(
        RunId id, CancelRunRequest? request, Caller caller, RunsService runs, CancellationToken cancellationToken) =>
        DoAsync(
            id, new RunCommand.Cancel(caller.Name, request?.Reason, request?.Hard ?? false), runs, cancellationToken);

    private static Task<Results<Accepted<Run>, ProblemHttpResult>> PauseAsync(
        RunId id, PauseRunRequest? request, Caller caller, RunsService runs, CancellationToken cancellationToken) =>
        DoAsync(id, new RunCommand.Pause(caller.Name, request?.Reason), runs, cancellationToken);

    private static Task<Results<Accepted<Run>, ProblemHttpResult>> ResumeAsync(
        RunId id, Caller caller, RunsService runs, CancellationToken cancellationToken) =>
        DoAsync(id, new RunCommand.Resume(caller.Name), runs, cancellationToken);

    private static Task<Results<Accepted<Run>, ProblemHttpResult>> SteerAsync(
        RunId id, SteerRunRequest request, Caller caller, RunsService runs, CancellationToken cancellationToken) =>
        DoAsync(id, new RunCommand.Steer(caller.Name, request.Message!), runs, cancellationToken);

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> SignalAsync(
        RunId id,
        string signal,
        SignalRunRequest? request,
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        Caller caller,
        RunsService runs,
        CancellationToken cancellationToken)
    {
        if (signal.Length > SignalLengthMax
            || signal.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_')))
        {
            return new Fault(
                "runs.bad_signal",
                FaultKind.Invalid,
                $"A signal's name is letters, digits, dots, dashes and underscores, {SignalLengthMax} at most.").Problem();
        }

        if (idempotencyKey is { Length: 0 or > KeyLengthMax }) return BadKey.Problem();
        var payload = request?.Payload ?? JsonSerializer.SerializeToElement(new { });
        return await DoAsync(id, new RunCommand.Signal(signal, payload, caller.Name, idempotencyKey), runs, cancellationToken);
    }

    private static async Task<Results<Ok<Run>, ProblemHttpResult>> ResolveAsync(
        RunId id,
        string step,
        ResolveStepRequest request,
        Caller caller,
        RunsService runs,
        CancellationToken cancellationToken)
    {
        var command = new RunCommand.Resolve(
            step, request.Occurrence, request.Outcome!.Value, request.Output, caller.Name, request.Note);
        var resolved = await runs.DoAsync(id, command, cancellationToken);
        return resolved.ToOk();
    }

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> RetryAsync(
        RunId id, RetryRunRequest? request, Caller caller, RunsService runs, CancellationToken cancellationToken)
    {
        RunLimits? limits = null;
        if (request?.Limits is { } asked)
        {
            var created = await runs.CreationAsync(id, cancellationToken);
            if (!created.TryGet(out var before, out var fault)) return fault.Problem();
            limits = asked.Over(before.Limits);
        }

        return await DoAsync(id, new RunCommand.Retry(caller.Name, request?.Note, limits), runs, cancellationToken);
    }

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> DoAsync(
        RunId id, RunCommand command, RunsService runs, CancellationToken cancellationToken)
    {
        var done = await runs.DoAsync(id, command, cancellationToken);
        return done.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }

    /// <summary>What is wrong with an Idempotency-Key.</summary>
    internal static Fault BadKey { get; } = new(
        "runs.bad_idempotency_key", FaultKind.Invalid, $"An Idempotency-Key has 1 to {KeyLengthMax} characters.");

    /// <summary>Budgets with some of them changed.</summary>
    internal static RunLimits Over(this LimitsRequest asked, RunLimits before) => before with
    {
        StepsMax = asked.StepsMax ?? before.StepsMax,
        WallTimeMax = asked.WallTimeMaxSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : before.WallTimeMax,
        TokensMax = asked.TokensMax ?? before.TokensMax,
        CostMaxMicroUsd = asked.CostMaxMicroUsd ?? before.CostMaxMicroUsd,
    };
}
