using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.Grants;

/// <summary>Permissions on single things, over HTTP.</summary>
internal static class GrantEndpoints
{
    private const int BodyBytesMax = 8 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var grants = api.MapGroup("/grants", "Access", BodyBytesMax);
        grants.MapGet("", ListAsync).RequirePermission("access:read")
            .WithName("ListGrants")
            .WithSummary("What was granted on single things, newest first; of one subject or on one resource where given.")
            .Produces<Page<Grant>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        grants.MapPost("", CreateAsync).RequirePermission("access:write")
            .WithName("CreateGrant")
            .WithSummary("Grants a permission that you hold on one thing. What is granted already is left as it is.")
            .Produces<Grant>().Produces<Grant>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        grants.MapDelete("/{id}", DeleteAsync).RequirePermission("access:write")
            .WithName("DeleteGrant").WithSummary("Takes back what was granted; it counts from the next request on.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(
        GrantStore store, CancellationToken cancellationToken, UserId? subject = null, string? resource = null,
        int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        Resource? on = null;
        if (resource is not null)
        {
            if (!Resource.TryParse(resource, out var named)) return GrantStore.BadResource.Problem();
            on = named;
        }

        if (!page.KeyAfter<GrantId>().TryGet(out var before, out fault)) return fault.Problem();

        var rows = await store.ListAsync(subject, on, before, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(rows, static row => row.Id.ToString()));
    }

    private static async Task<IResult> CreateAsync(
        CreateGrantRequest request, Actor actor, GrantStore store, CancellationToken cancellationToken)
    {
        if (!(await store.CreateAsync(request, actor, cancellationToken)).TryGet(out var made, out var fault))
            return fault.Problem();
        return made.IsNew ? TypedResults.Created($"/api/v1/grants/{made.Grant.Id}", made.Grant) : TypedResults.Ok(made.Grant);
    }

    private static async Task<IResult> DeleteAsync(GrantId id, GrantStore store, CancellationToken cancellationToken) =>
        (await store.DeleteAsync(id, cancellationToken)).ToNoContent();
}
