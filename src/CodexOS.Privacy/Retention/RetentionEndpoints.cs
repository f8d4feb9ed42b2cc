using System.ComponentModel.DataAnnotations;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Privacy.Retention;

/// <summary>How long data is kept, over HTTP. That it goes is the work of retention, which runs every day.</summary>
internal static class RetentionEndpoints
{
    private const int BodyBytesMax = 1_024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var retention = api.MapGroup("/privacy/retention", "Privacy", BodyBytesMax);
        retention.MapGet("", ListAsync).RequirePermission("privacy:read")
            .WithName("ListRetention").WithSummary("How long each kind of data is kept.")
            .Produces<RetentionList>();
        retention.MapPut("/{kind}", SetAsync).RequirePermission("retention:write")
            .WithName("SetRetention").WithSummary("Sets how long a kind of data is kept, in days; null is what the server says again.")
            .Produces<RetentionState>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge);
    }

    private static async Task<IResult> ListAsync(TenantRetention retention, CancellationToken cancellationToken) =>
        TypedResults.Ok(new RetentionList(await retention.ListAsync(cancellationToken)));

    private static async Task<IResult> SetAsync(
        string kind, SetRetentionRequest request, Caller caller, TenantRetention retention,
        CancellationToken cancellationToken) =>
        (await retention.SetAsync(kind, request.Days, caller, cancellationToken)).ToOk();
}

/// <summary>How long a kind of data is to be kept.</summary>
/// <param name="Days">In days; null is what the server says again.</param>
public sealed record SetRetentionRequest([property: Range(1, 36_500)] int? Days = null);

/// <summary>All kinds of data that are kept for a limited time.</summary>
/// <param name="Items">The kinds.</param>
public sealed record RetentionList(IReadOnlyList<RetentionState> Items);

/// <summary>How long a kind of data is kept.</summary>
/// <param name="Kind">Its word.</param>
/// <param name="Summary">What is removed.</param>
/// <param name="Days">How long it is kept, in days; null is for good.</param>
/// <param name="DefaultDays">How long it is kept where the tenant has set nothing; null is for good.</param>
/// <param name="IsSet">Whether the tenant has set it.</param>
/// <param name="DaysLeast">The shortest time that can be set.</param>
/// <param name="DaysMost">The longest time that can be set.</param>
public sealed record RetentionState(
    string Kind, string Summary, int? Days, int? DefaultDays, bool IsSet, int DaysLeast, int DaysMost);
