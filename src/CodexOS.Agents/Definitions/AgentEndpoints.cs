using System.Globalization;
using CodexOS.Agents.Demo;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace CodexOS.Agents.Definitions;

/// <summary>Agents over HTTP: list, look, apply.</summary>
internal static class AgentEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var agents = api.MapGroup("/agents").WithTags("Agents").AddEndpointFilter(DemoAgent.FilterAsync)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden);

        agents.MapGet("", ListAsync).RequirePermissionSomewhere("agents:read")
            .WithName("ListAgents").WithSummary("The agents that you may see, by name.")
            .Produces<Page<AgentSummary>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        agents.MapGet("/{agent}", GetAsync).RequirePermission("agents:read", ResourceKinds.Agent, "agent")
            .WithName("GetAgent").WithSummary("An agent by name or id, as of its newest version.")
            .Produces<Agent>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        agents.MapPut("", ApplyAsync)
            .RequirePermissionToMake<AgentVersion>(
                "agents:write", ResourceKinds.Agent, static applied => applied.Name,
                static applied => applied is { Changed: true, Version: 1 })
            .WithName("ApplyAgent").WithSummary("Applies a definition: makes a new version, or finds it unchanged.")
            .Accepts<string>("application/yaml", "text/yaml", "application/json")
            .Produces<AgentVersion>().Produces<AgentVersion>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        agents.MapGet("/{agent}/versions", ListVersionsAsync)
            .RequirePermission("agents:read", ResourceKinds.Agent, "agent")
            .WithName("ListAgentVersions").WithSummary("The versions of an agent, newest first.")
            .Produces<Page<AgentVersion>>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
        agents.MapGet("/{agent}/versions/{version:int}", GetVersionAsync)
            .RequirePermission("agents:read", ResourceKinds.Agent, "agent")
            .WithName("GetAgentVersion").WithSummary("One version of an agent.")
            .Produces<AgentVersion>()
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(
        Caller caller, AgentStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (page.After is { } after && !AgentStore.CanBeNamed(after)) return PageRequest.BadCursor.Problem();
        var seen = caller.NamesWith("agents:read", ResourceKinds.Agent);
        var rows = await store.ListAsync(seen, page.After, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf([.. rows.Select(AgentSummary.Of)], static agent => agent.Name));
    }

    private static async Task<IResult> GetAsync(string agent, AgentStore store, CancellationToken cancellationToken) =>
        (await store.FindAsync(agent, null, cancellationToken)).TryGet(out var found, out var fault)
            ? TypedResults.Ok(Agent.Of(found.Agent, found.Version))
            : fault.Problem();

    private static async Task<IResult> ApplyAsync(
        HttpRequest request,
        Caller caller,
        AgentStore store,
        AgentsTelemetry telemetry,
        IOptions<AgentsOptions> options,
        CancellationToken cancellationToken)
    {
        var body = await DefinitionBody.ReadAsync(request, options.Value.DefinitionSizeBytesMax, cancellationToken);
        if (!body.TryGet(out var text, out var fault)) return fault.Problem();
        var applied = await store.ApplyAsync(text, caller, request.Query[MadeInProject.Query], cancellationToken);
        telemetry.Applied(applied);
        if (!applied.TryGet(out var version, out fault)) return fault.Problem();
        return version.Changed
            ? TypedResults.Created($"/api/v1/agents/{version.Name}/versions/{version.Version}", version)
            : TypedResults.Ok(version);
    }

    private static async Task<IResult> ListVersionsAsync(
        string agent, AgentStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<int>().TryGet(out var before, out fault)) return fault.Problem();

        var listed = await store.ListVersionsAsync(agent, before, page.Limit + 1, cancellationToken);
        if (!listed.TryGet(out var found, out fault)) return fault.Problem();
        return TypedResults.Ok(page.PageOf(
            [.. found.Versions.Select(row => AgentVersion.Of(found.Agent.Name, row, changed: false))],
            static version => version.Version.ToString(CultureInfo.InvariantCulture)));
    }

    private static async Task<IResult> GetVersionAsync(
        string agent, int version, AgentStore store, CancellationToken cancellationToken) =>
        (await store.FindAsync(agent, version, cancellationToken)).TryGet(out var found, out var fault)
            ? TypedResults.Ok(AgentVersion.Of(found.Agent.Name, found.Version, changed: false))
            : fault.Problem();
}
