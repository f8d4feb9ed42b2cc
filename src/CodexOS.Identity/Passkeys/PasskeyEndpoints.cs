using CodexOS.Identity.Contracts;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Service;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.Passkeys;

/// <summary>Passkeys over HTTP: one's own, stepping up with one, and signing in with one.</summary>
internal static class PasskeyEndpoints
{
    private const int BodyBytesMax = 16 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var own = api.MapGroup("/auth/passkeys", "Passkeys", BodyBytesMax);
        own.MapGet("", ListAsync).RequireSession()
            .WithName("ListPasskeys").WithSummary("Your passkeys, the newest first.")
            .Produces<Page<Passkey>>();
        own.MapPost("/options", BeginAsync).RequireSession()
            .WithName("BeginPasskey")
            .WithSummary(
                "Begins to add a passkey: what to ask the browser. Needs step-up, or your password while you have nothing to "
                + "step up with.")
            .Produces<PasskeyPrompt>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        own.MapPost("", AddAsync).RequireSession()
            .WithName("AddPasskey").WithSummary("Adds the passkey that the browser made, in the session that began it.")
            .Produces<Passkey>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        own.MapPatch("/{id}", RenameAsync).RequireSession()
            .WithName("RenamePasskey").WithSummary("Gives one of your passkeys another name.")
            .Produces<Passkey>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound);
        own.MapDelete("/{id}", RemoveAsync).RequireSession()
            .WithName("RemovePasskey").WithSummary("Removes one of your passkeys. Needs step-up.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);

        var auth = api.MapGroup("/auth", "Passkeys", BodyBytesMax);
        auth.MapPost("/step-up/options", BeginStepUpAsync).RequireSession()
            .WithName("BeginStepUp").WithSummary("What to ask the browser to step up with one of your passkeys.")
            .Produces<PasskeyPrompt>()
            .ProducesProblem(StatusCodes.Status409Conflict);
        auth.MapPost("/sign-in/passkey/options", BeginSignInAsync).AllowAnonymous().ServeAlways()
            .WithName("BeginPasskeySignIn").WithSummary("What to ask the browser to sign in with a passkey.")
            .Produces<PasskeyPrompt>()
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        auth.MapPost("/sign-in/passkey", SignInAsync).AllowAnonymous().ServeAlways()
            .WithName("SignInWithPasskey")
            .WithSummary("Sign in with a passkey alone, which counts as two factors.")
            .Produces<SessionTokens>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
    }

    private static async Task<IResult> ListAsync(SignedIn who, OwnPasskeys own, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<Passkey>(await own.ListAsync(who, cancellationToken), null));

    private static async Task<IResult> BeginAsync(
        BeginPasskeyRequest request, SignedIn who, HttpContext context, OwnPasskeys own,
        CancellationToken cancellationToken) =>
        Answer(context, await own.BeginAsync(request.Password, who, Client.Of(context), cancellationToken));

    private static async Task<IResult> AddAsync(
        AddPasskeyRequest request, SignedIn who, OwnPasskeys own, CancellationToken cancellationToken) =>
        (await own.AddAsync(request, who, cancellationToken))
            .ToCreated(static made => $"/api/v1/auth/passkeys/{made.Id}");

    private static async Task<IResult> RenameAsync(
        PasskeyId id, RenamePasskeyRequest request, SignedIn who, OwnPasskeys own, CancellationToken cancellationToken) =>
        (await own.RenameAsync(id, request.Name, who, cancellationToken)).ToOk();

    private static async Task<IResult> RemoveAsync(
        PasskeyId id, SignedIn who, OwnPasskeys own, CancellationToken cancellationToken) =>
        (await own.RemoveAsync(id, who, cancellationToken)).ToNoContent();

    private static async Task<IResult> BeginStepUpAsync(
        SignedIn who, HttpContext context, PasskeyCheck check, CancellationToken cancellationToken) =>
        Answer(context, await check.AskToConfirmAsync(who.Caller.User, who.Session, cancellationToken));

    private static async Task<IResult> BeginSignInAsync(
        HttpContext context, PasskeyCheck check, CancellationToken cancellationToken) =>
        Answer(context, await check.AskToEnterAsync(cancellationToken));

    private static async Task<IResult> SignInAsync(
        PasskeySignInRequest request, HttpContext context, PasskeySignIn signIn, BrowserEntry entry,
        CancellationToken cancellationToken)
    {
        // Another site must not be able to sign a browser in as somebody else, so setting the cookie is checked too.
        if (request.Transport is Transport.Cookie && RefreshCookie.CheckOrigin(context) is { } crossSite)
            return TokenAnswers.Refuse(context, crossSite);

        var result = await signIn.SignInAsync(request, request.Tenant, Client.Of(context), cancellationToken);
        return result.TryGet(out var issued, out var fault)
            ? TypedResults.Ok(await entry.EnterAsync(context, issued, request.Transport, cancellationToken))
            : TokenAnswers.Refuse(context, fault);
    }

    private static IResult Answer(HttpContext context, Result<PasskeyPrompt> result)
    {
        if (!result.TryGet(out var prompt, out var fault)) return TokenAnswers.Refuse(context, fault);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(prompt);
    }
}
