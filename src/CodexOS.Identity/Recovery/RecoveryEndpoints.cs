using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.Recovery;

/// <summary>The way back in for who has forgotten their password.</summary>
internal static class RecoveryEndpoints
{
    private const int BodyBytesMax = 8 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var password = api.MapGroup("/auth/password", "Sign-in", BodyBytesMax);
        password.MapPost("/forgotten", ForgottenAsync).AllowAnonymous()
            .WithName("ForgotPassword")
            .WithSummary("Mail a link to choose another password, if the address has an account with one; the answer is always the same")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        password.MapPost("/reset", ResetAsync).AllowAnonymous()
            .WithName("ResetPassword").WithSummary("Choose another password by a link that was mailed; all sessions end")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static Results<Accepted, ProblemHttpResult> ForgottenAsync(
        ForgottenPasswordRequest request, HttpContext context, ForgottenPasswords forgotten) =>
        forgotten.Ask(request.Email, Client.Of(context)) is { } fault
            ? TokenAnswers.Refuse(context, fault)
            : TypedResults.Accepted((string?)null);

    private static async Task<Results<NoContent, ProblemHttpResult>> ResetAsync(
        ResetPasswordRequest request, HttpContext context, PasswordReset reset, CancellationToken cancellationToken) =>
        (await reset.ResetAsync(request, Client.Of(context), cancellationToken)).TryGet(out _, out var fault)
            ? TypedResults.NoContent()
            : TokenAnswers.Refuse(context, fault);
}
