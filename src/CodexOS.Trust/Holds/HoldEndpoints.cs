using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Trust.Holds;

/// <summary>Legal holds over HTTP.</summary>
internal static class HoldEndpoints
{
    private const int BodyBytesMax = 8 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var holds = api.MapGroup("/privacy/holds", "Privacy", BodyBytesMax);
        holds.MapGet("", ListAsync).RequirePermission("privacy:read")
            .WithName("ListLegalHolds").WithSummary("The legal holds of the tenant, newest first, with those that were lifted.")
            .Produces<Page<LegalHold>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        holds.MapPost("", PlaceAsync).RequirePermission("holds:write")
            .WithName("PlaceLegalHold")
            .WithSummary("Keeps a person, a run or the whole tenant from being erased or removed until the hold is lifted.")
            .Produces<LegalHold>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        holds.MapDelete("/{holdId}", LiftAsync).RequirePermission("holds:write")
            .WithName("LiftLegalHold").WithSummary("Lifts a hold; it stays on the list.")
            .Produces<LegalHold>()
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(
        HoldStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<LegalHoldId>().TryGet(out var last, out fault)) return fault.Problem();

        var rows = await store.ListAsync(last, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(rows, static row => row.Id.ToString()));
    }

    private static async Task<IResult> PlaceAsync(
        PlaceHoldRequest request, Caller caller, HoldStore store, CancellationToken cancellationToken) =>
        (await store.PlaceAsync(request, caller, cancellationToken)).ToCreated(static hold => $"/api/v1/privacy/holds/{hold.Id}");

    private static async Task<IResult> LiftAsync(
        string holdId, Caller caller, HoldStore store, CancellationToken cancellationToken) =>
        LegalHoldId.TryParse(holdId, null, out var id)
            ? (await store.LiftAsync(id, caller, cancellationToken)).ToOk()
            : HoldStore.NotFound.Problem();
}
