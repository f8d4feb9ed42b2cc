using CodexOS.Identity.Sessions;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.OAuth.Authorization;

/// <summary>
/// What the page <c>/authorize</c> asks of the server. The page is where a client sends the person (RFC 6749, section 3.1);
/// only somebody who is signed in decides, and only by the page: other sites have no token to decide with.
/// </summary>
internal static class AuthorizationEndpoints
{
    private const int BodyBytesMax = 32 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var authorization = api.MapGroup("/oauth/authorization").WithTags("OAuth")
            .WithMetadata(new RequestSizeLimitAttribute(BodyBytesMax))
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge);
        authorization.MapPost("/look", LookAsync).RequireSession()
            .WithName("LookAtAuthorization").WithSummary("What an OAuth client asks of you.")
            .Produces<AuthorizationLook>();
        authorization.MapPost("/decide", DecideAsync).RequireSession()
            .WithName("DecideAuthorization").WithSummary("Lets an OAuth client act for you, or not, and says where to go on.")
            .Produces<AuthorizationAnswer>()
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> LookAsync(
        LookAtAuthorizationRequest request, SignedIn who, Consent consent, CancellationToken cancellationToken) =>
        (await consent.LookAsync(request.Query, who, cancellationToken)).ToOk();

    private static async Task<IResult> DecideAsync(
        DecideAuthorizationRequest request, SignedIn who, Consent consent, CancellationToken cancellationToken) =>
        (await consent.DecideAsync(request.Query, request.Allow is true, who, cancellationToken)).ToOk();
}
