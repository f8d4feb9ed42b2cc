using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Tools.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Tools.Standing;

/// <summary>Approvals given in advance, over HTTP: give, list, revoke.</summary>
internal static class StandingApprovalEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var standing = api.MapGroup("/standing-approvals").WithTags("Approvals")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden);
        standing.MapGet("", ListAsync).RequirePermission("runs:read")
            .WithName("ListStandingApprovals").WithSummary("Approvals that were given in advance, newest first.")
            .Produces<Page<StandingApproval>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        standing.MapPost("", GiveAsync).RequirePermission("runs:approve")
            .WithName("GiveStandingApproval")
            .WithSummary("Approves calls of one agent and tool in advance. It never covers a call that breaks a rule.")
            .Produces<StandingApproval>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        standing.MapDelete("/{id}", RevokeAsync).RequirePermission("runs:approve")
            .WithName("RevokeStandingApproval").WithSummary("Revokes an approval that was given in advance.")
            .Produces<StandingApproval>()
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(
        StandingApprovalStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<StandingApprovalId>().TryGet(out var before, out fault)) return fault.Problem();

        var rows = await store.ListAsync(before, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(rows, static row => row.Id.ToString()));
    }

    private static async Task<IResult> GiveAsync(
        GiveStandingApprovalRequest request, Caller caller, StandingApprovalStore store, CancellationToken cancellationToken) =>
        (await store.GiveAsync(request, caller, cancellationToken))
            .ToCreated(static given => $"/api/v1/standing-approvals/{given.Id}");

    private static async Task<IResult> RevokeAsync(
        StandingApprovalId id, Caller caller, StandingApprovalStore store, CancellationToken cancellationToken) =>
        (await store.RevokeAsync(id, caller, cancellationToken)).ToOk();
}

/// <summary>A request to approve calls in advance.</summary>
/// <param name="Agent">The agent, by name.</param>
/// <param name="Tool">The tool.</param>
/// <param name="Arguments">
/// What arguments must have: a text is a pattern in which <c>*</c> stands for any run of characters, anything else must be
/// equal.
/// </param>
/// <param name="UsesMax">How often it may be used.</param>
/// <param name="LastsSeconds">For how long it holds, in seconds.</param>
/// <param name="Note">Why, for those who look at it later.</param>
public sealed record GiveStandingApprovalRequest(
    [property: Required, StringLength(64, MinimumLength = 1)] string? Agent,
    [property: Required, StringLength(64, MinimumLength = 1)] string? Tool,
    [property: MaxLength(32)] ImmutableDictionary<string, JsonElement>? Arguments,
    [property: Required, Range(1, 1_000_000)] int? UsesMax,
    [property: Required, Range(60, 31_536_000)] int? LastsSeconds,
    [property: StringLength(2_000)] string? Note = null);

/// <summary>An approval that was given in advance.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Agent">The agent, by name.</param>
/// <param name="Tool">The tool.</param>
/// <param name="Arguments">What arguments must have.</param>
/// <param name="UsesMax">How often it may be used.</param>
/// <param name="Uses">How often it was.</param>
/// <param name="CreatedAt">When it was given.</param>
/// <param name="ExpiresAt">Until when it holds.</param>
/// <param name="CreatedBy">Who gave it.</param>
/// <param name="Note">Why.</param>
/// <param name="RevokedAt">When it was revoked, if it was.</param>
/// <param name="IsOpen">Whether it can still be used.</param>
public sealed record StandingApproval(
    StandingApprovalId Id,
    string Agent,
    string Tool,
    JsonElement Arguments,
    int UsesMax,
    int Uses,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt,
    string CreatedBy,
    string Note,
    DateTimeOffset? RevokedAt,
    bool IsOpen);
