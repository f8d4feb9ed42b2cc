using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.Profile;

/// <summary>One's own account.</summary>
internal static class ProfileEndpoints
{
    private const int BodyBytesMax = 8 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var own = api.MapGroup("/auth", "Sign-in", BodyBytesMax);
        own.MapPatch("/me", UpdateAsync).RequireSession()
            .WithName("UpdateMe").WithSummary("Change the name by which others see you")
            .ProducesValidationProblem();
        own.MapPost("/password", ChangePasswordAsync).RequireSession()
            .WithName("ChangePassword")
            .WithSummary("Change your password; your other sessions end. Needs step-up if you have a second factor.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
    }

    private static async Task<Results<Ok<MeUser>, ProblemHttpResult>> UpdateAsync(
        UpdateProfileRequest request, SignedIn who, OwnProfile own, CancellationToken cancellationToken) =>
        (await own.UpdateAsync(request, who, cancellationToken)).ToOk();

    private static async Task<Results<NoContent, ProblemHttpResult>> ChangePasswordAsync(
        ChangePasswordRequest request, SignedIn who, HttpContext context, OwnProfile own, CancellationToken cancellationToken) =>
        (await own.ChangePasswordAsync(request, who, Client.Of(context), cancellationToken)).TryGet(out _, out var fault)
            ? TypedResults.NoContent()
            : TokenAnswers.Refuse(context, fault);
}
