using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Queries;
using CodexOS.Runs.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Runs.Endpoints;

/// <summary>How busy the engine is, over HTTP.</summary>
internal static class LoadEndpoints
{
    public static void MapLoad(this IEndpointRouteBuilder api) =>
        api.MapGet("/runs/load", GetAsync).RequirePermission("runs:read").WithTags("Runs").WithName("GetRunsLoad")
            .WithSummary("Tells how full the pools are, how many runs have each status and how fast steps go.");

    private static async Task<Ok<RunsLoad>> GetAsync(
        Caller caller, StepSlots slots, RunAdmission admission, ITenantQuotas quotas, RunCounts counts,
        CancellationToken cancellationToken) =>
        TypedResults.Ok(new RunsLoad(
            slots.PoolsOf(caller.Tenant),
            await counts.ReadAsync(cancellationToken),
            slots.StepsOf(caller.Tenant).PerSecond,
            slots.StepsPerSecond(),
            admission.CountOf(caller.Tenant),
            quotas.Of(caller.Tenant).RunsMax));
}
