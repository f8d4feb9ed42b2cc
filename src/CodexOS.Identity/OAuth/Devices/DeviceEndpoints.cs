using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.OAuth.Devices;

/// <summary>What the page <c>/device</c> asks of the server.</summary>
internal static class DeviceEndpoints
{
    private const int BodyBytesMax = 8 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var device = api.MapGroup("/oauth/device").WithTags("OAuth")
            .WithMetadata(new RequestSizeLimitAttribute(BodyBytesMax))
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        device.MapPost("/look", LookAsync).RequireSession()
            .WithName("LookAtDevice").WithSummary("What the device that shows a code asks of you.")
            .Produces<DeviceQuestion>();
        device.MapPost("/decide", DecideAsync).RequireSession()
            .WithName("DecideDevice").WithSummary("Lets the device that shows a code act for you, or not.")
            .Produces(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> LookAsync(
        LookAtDeviceRequest request, SignedIn who, HttpContext context, DeviceRequests devices,
        CancellationToken cancellationToken) =>
        (await devices.LookAsync(request.UserCode, who, Client.Of(context), cancellationToken))
            .TryGet(out var seen, out var fault)
            ? TypedResults.Ok(seen)
            : TokenAnswers.Refuse(context, fault);

    private static async Task<IResult> DecideAsync(
        DecideDeviceRequest request, SignedIn who, HttpContext context, DeviceRequests devices,
        CancellationToken cancellationToken) =>
        (await devices.DecideAsync(request.UserCode, request.Allow is true, who, Client.Of(context), cancellationToken))
            .TryGet(out _, out var fault)
            ? TypedResults.NoContent()
            : TokenAnswers.Refuse(context, fault);
}
