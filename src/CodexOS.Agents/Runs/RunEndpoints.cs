using System.ComponentModel.DataAnnotations;
using CodexOS.Agents.Demo;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Agents.Runs;

/// <summary>Starting an agent over HTTP. Watching and steering the run is the business of the runs module.</summary>
internal static class RunEndpoints
{
    private const int BodySizeBytesMax = 1024 * 1024;
    private const int KeyLengthMax = 200;

    public static void Map(IEndpointRouteBuilder api)
    {
        MapStart(api);
        api.MapPost("/runs/{id}/upgrade", UpgradeAsync)
            .RequirePermissionThrough<IRunThings>("runs:control", "id")
            .WithTags("Agents", "Runs")
            .WithName("UpgradeRun")
            .WithSummary("Lets a run go on with another version of its agent, if what it is about to do allows it.")
            .Produces<Run>(StatusCodes.Status202Accepted)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static void MapStart(IEndpointRouteBuilder api) => api.MapPost("/agents/{agent}/runs", StartAsync)
        .RequirePermission("runs:start", ResourceKinds.Agent, "agent")
        .AddEndpointFilter(DemoAgent.FilterAsync)
        .WithMetadata(new RequestSizeLimitAttribute(BodySizeBytesMax))
        .WithTags("Agents", "Runs")
        .WithName("StartAgentRun")
        .WithSummary("Starts an agent on a task. The same Idempotency-Key starts one run, however often it is sent.")
        .Produces<Run>(StatusCodes.Status202Accepted)
        .ProducesValidationProblem()
        .ProducesProblem(StatusCodes.Status401Unauthorized)
        .ProducesProblem(StatusCodes.Status403Forbidden)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status429TooManyRequests)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static async Task<IResult> StartAsync(
        string agent,
        StartAgentRunRequest request,
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        Caller caller,
        RunStarter starter,
        AgentsTelemetry telemetry,
        CancellationToken cancellationToken)
    {
        if (!WishOf(agent, request, idempotencyKey).TryGet(out var wish, out var fault)) return fault.Problem();
        var started = await starter.StartAsync(wish, caller, cancellationToken);
        telemetry.Started(started);
        return started.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }

    private static async Task<IResult> UpgradeAsync(
        RunId id, UpgradeRunRequest? request, Caller caller, RunStarter starter, CancellationToken cancellationToken)
    {
        var upgraded = await starter.UpgradeAsync(
            id, request?.Version, request?.DryRun ?? false, caller, cancellationToken);
        return upgraded.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }

    private static Result<RunWish> WishOf(string agent, StartAgentRunRequest request, string? key)
    {
        if (string.IsNullOrWhiteSpace(request.Input) || request.Input.Contains('\0', StringComparison.Ordinal))
            return new Fault("agents.empty_input", FaultKind.Invalid, "Say in 'input' what the agent is to do.");
        if (key is not null
            && (key.Length is 0 or > KeyLengthMax || key.Any(static character => !char.IsAscii(character))))
        {
            return new Fault(
                "agents.bad_idempotency_key",
                FaultKind.Invalid,
                $"Idempotency-Key must be 1 to {KeyLengthMax} ASCII characters, for instance a UUID.");
        }

        WorkspaceChoice? workspace = null;
        switch (request.Workspace)
        {
            case null:
                break;
            case { Id: { } id, Sample: null }:
                if (!WorkspaceId.TryParse(id, null, out var parsed))
                    return new Fault(
                        "agents.bad_workspace", FaultKind.Invalid, "workspace.id must be of the form wsp_….");
                workspace = new WorkspaceChoice.Existing(parsed);
                break;
            case { Id: null, Sample: { Length: > 0 } sample }:
                workspace = new WorkspaceChoice.Sample(sample);
                break;
            default:
                return new Fault(
                    "agents.bad_workspace", FaultKind.Invalid, "workspace needs either an id or the name of a sample.");
        }

        return new RunWish(agent, request.Input, request.Model, request.Version, workspace, key);
    }
}

/// <summary>Asks for a run of an agent.</summary>
public sealed record StartAgentRunRequest
{
    /// <summary>What is to be done.</summary>
    [Required, StringLength(100_000, MinimumLength = 1)]
    public string? Input { get; init; }

    /// <summary>Another model than the agent's own, <c>provider:model</c>.</summary>
    [StringLength(200, MinimumLength = 1)]
    public string? Model { get; init; }

    /// <summary>Another version than the newest.</summary>
    [Range(1, int.MaxValue)]
    public int? Version { get; init; }

    /// <summary>What to work on; needed by agents that work on files.</summary>
    public RunWorkspaceRequest? Workspace { get; init; }
}

/// <summary>What a run works on: one of the two.</summary>
public sealed record RunWorkspaceRequest
{
    /// <summary>A workspace that is there already.</summary>
    [StringLength(64, MinimumLength = 1)]
    public string? Id { get; init; }

    /// <summary>A sample, of which the run gets a copy of its own.</summary>
    [StringLength(64, MinimumLength = 1)]
    public string? Sample { get; init; }
}

/// <summary>A request to go on with another version.</summary>
public sealed record UpgradeRunRequest
{
    /// <summary>The version; none is the newest.</summary>
    [Range(1, int.MaxValue)]
    public int? Version { get; init; }

    /// <summary>Whether only to say if it could be done.</summary>
    public bool DryRun { get; init; }
}
