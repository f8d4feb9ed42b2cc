using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.SecondFactor;

/// <summary>One's own second factor, and what a tenant asks of everybody's.</summary>
internal static class SecondFactorEndpoints
{
    private const int BodyBytesMax = 8 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var own = api.MapGroup("/auth", "Second factor", BodyBytesMax);
        own.MapGet("/second-factor", StatusAsync).RequireSession()
            .WithName("GetSecondFactor").WithSummary("Whether you have a second factor, and whether your tenant asks for one.")
            .Produces<SecondFactorStatus>();
        own.MapPost("/second-factor/totp", BeginAsync).RequireSession()
            .WithName("BeginTotp")
            .WithSummary("Begins to set up an authenticator app: its seed, also as a QR code. Needs your password, and step-up if you have a "
                + "passkey.")
            .Produces<TotpSetup>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        own.MapPost("/second-factor/totp/confirm", ConfirmAsync).RequireSession()
            .WithName("ConfirmTotp")
            .WithSummary("Confirms the app with a code, answers with recovery codes, and ends your other sessions.")
            .Produces<RecoveryCodes>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status409Conflict);
        own.MapPost("/second-factor/recovery-codes", RenewAsync).RequireSession()
            .WithName("RenewRecoveryCodes").WithSummary("Makes new recovery codes; the earlier ones are dead. Needs step-up.")
            .Produces<RecoveryCodes>()
            .ProducesProblem(StatusCodes.Status409Conflict);
        own.MapDelete("/second-factor", RemoveAsync).RequireSession()
            .WithName("RemoveSecondFactor").WithSummary("Removes your second factor. Needs step-up.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status409Conflict);
        own.MapPost("/step-up", StepUpAsync).RequireSession()
            .WithName("StepUp")
            .WithSummary("Gives your second factor or a passkey once more, for what asks for that; or your password, while you have neither.")
            .Produces<SteppedUp>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);

        var policy = api.MapGroup("/sign-in-policy", "Second factor", BodyBytesMax);
        policy.MapGet("", PolicyAsync).RequirePermission("security:read")
            .WithName("GetSignInPolicy").WithSummary("What the tenant asks of those who sign in.")
            .Produces<SignInPolicy>();
        policy.MapPut("", UpdatePolicyAsync).RequireSessionWith("security:write")
            .WithName("UpdateSignInPolicy")
            .WithSummary("Decides whether members need a second factor; it counts from everybody's next request on.")
            .Produces<SignInPolicy>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> StatusAsync(
        SignedIn who, OwnSecondFactor own, CancellationToken cancellationToken) =>
        TypedResults.Ok(await own.StatusAsync(who, cancellationToken));

    private static async Task<IResult> BeginAsync(
        BeginTotpRequest request, SignedIn who, HttpContext context, OwnSecondFactor own,
        CancellationToken cancellationToken) =>
        Answer(context, await own.BeginAsync(request.Password, who, Client.Of(context), cancellationToken));

    private static async Task<IResult> ConfirmAsync(
        ConfirmTotpRequest request, SignedIn who, HttpContext context, OwnSecondFactor own,
        CancellationToken cancellationToken) =>
        Answer(context, await own.ConfirmAsync(request.Code, who, cancellationToken));

    private static async Task<IResult> RenewAsync(
        SignedIn who, HttpContext context, OwnSecondFactor own, CancellationToken cancellationToken) =>
        Answer(context, await own.RenewAsync(who, cancellationToken));

    private static async Task<IResult> RemoveAsync(
        SignedIn who, HttpContext context, OwnSecondFactor own, CancellationToken cancellationToken) =>
        (await own.RemoveAsync(who, cancellationToken)).TryGet(out _, out var fault)
            ? TypedResults.NoContent()
            : TokenAnswers.Refuse(context, fault);

    private static async Task<IResult> StepUpAsync(
        StepUpRequest request, SignedIn who, HttpContext context, OwnSecondFactor own,
        CancellationToken cancellationToken) =>
        Answer(context, await own.StepUpAsync(
            new GivenFactor(request.Code, request.RecoveryCode, request.Passkey), request.Password, who, Client.Of(context),
            cancellationToken));

    private static async Task<IResult> PolicyAsync(SignInPolicyStore store, CancellationToken cancellationToken) =>
        TypedResults.Ok(await store.ReadAsync(cancellationToken));

    private static async Task<IResult> UpdatePolicyAsync(
        UpdateSignInPolicyRequest request, SignedIn who, HttpContext context, SignInPolicyStore store,
        CancellationToken cancellationToken) =>
        Answer(context, await store.UpdateAsync(request, who, cancellationToken));

    private static IResult Answer<T>(HttpContext context, Result<T> result) => result.TryGet(out var value, out var fault)
        ? TypedResults.Ok(value)
        : TokenAnswers.Refuse(context, fault);
}
