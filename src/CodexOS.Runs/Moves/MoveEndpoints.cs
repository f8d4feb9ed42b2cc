using System.ComponentModel.DataAnnotations;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Runs.Moves;

/// <summary>Moves a tenant.</summary>
public sealed record MoveTenantRequest
{
    /// <summary>Where to: the name of a shard, or <c>home</c>.</summary>
    [Required(ErrorMessage = "Name the shard that the tenant is to be moved to.")]
    [RegularExpression("^[a-z0-9-]{1,32}$", ErrorMessage = "A shard has a name of 1 to 32 lowercase letters, digits and dashes.")]
    public string To { get; init; } = "";
}

/// <summary>Where tenants lie, for the owner of the installation. A move is a run: watched and ended as every run is.</summary>
internal static class MoveEndpoints
{
    private const int BodyBytesMax = 4 * 1024;

    public static void MapMoves(this IEndpointRouteBuilder api)
    {
        var tenants = api.MapGroup("/tenants", "Tenants", BodyBytesMax);
        tenants.MapPost("/{tenant}/move", StartAsync).RequirePermission("tenants:write")
            .WithName("MoveTenant")
            .WithSummary("Starts a run that moves a tenant's work to another database, while the tenant works.")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409)
            .ProducesProblem(429).ProducesProblem(503);
        api.MapGet("/shards", ListAsync).RequirePermission("tenants:read").WithTags("Tenants")
            .WithName("ListShards")
            .WithSummary("The databases in which the work of tenants can lie, the home database first")
            .ProducesProblem(401).ProducesProblem(403);
    }

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> StartAsync(
        TenantId tenant, MoveTenantRequest request, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, Caller caller,
        TenantMoves moves, IAuditLog audit, CancellationToken cancellationToken)
    {
        if (!(await moves.CheckAsync(tenant, request.To, cancellationToken)).TryGet(out _, out var fault)) return fault.Problem();
        // What cannot be written down before is not begun.
        await audit.RecordAsync(
            AuditEntry.Done("tenants.move").On("tenant", tenant.ToString()).With("to", request.To), cancellationToken);
        var started = await moves.StartAsync(tenant, request.To, caller, idempotencyKey, cancellationToken);
        return started.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }

    private static async Task<Ok<Page<Shard>>> ListAsync(Shards shards, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<Shard>(await shards.ListAsync(cancellationToken), null));
}
