using System.ComponentModel.DataAnnotations;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Mail;
using CodexOS.Identity.Passkeys;
using CodexOS.Identity.Passwords;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Platform.Installation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.Setup;

/// <summary>Makes the first owner of an installation.</summary>
public sealed record SetupRequest
{
    /// <summary>The one-time administrator token, from the link that the server printed at its first start.</summary>
    [Required(ErrorMessage = "Give the token of the administrator link.")]
    [StringLength(128, ErrorMessage = "This is no administrator token: it is too long.")]
    public string Token { get; init; } = "";

    /// <summary>The owner's email address.</summary>
    [Required(ErrorMessage = "Give an email address.")]
    [EmailAddress(ErrorMessage = "This is no email address.")]
    [OneMailbox(ErrorMessage = "Give one plain address, like ada@example.org.")]
    [StringLength(EmailKey.LengthMax, ErrorMessage = "An email address has at most 254 characters.")]
    public string Email { get; init; } = "";

    /// <summary>How the owner is shown to others.</summary>
    [Required(ErrorMessage = "Give a name to be shown.")]
    [StringLength(100, ErrorMessage = "A name has at most 100 characters.")]
    public string DisplayName { get; init; } = "";

    /// <summary>The owner's password: 8 to 128 characters, better 15 or more.</summary>
    [Required(ErrorMessage = "Choose a password.")]
    [StringLength(PasswordPolicy.LengthMax, ErrorMessage = "A password has at most 128 characters.")]
    public string Password { get; init; } = "";

    /// <summary>How the refresh token travels.</summary>
    public Transport Transport { get; init; } = Transport.Body;
}

/// <summary>What a page has to know of this installation before anybody is signed in.</summary>
/// <param name="Needed">True until the first owner is made.</param>
/// <param name="Version">The version of this server.</param>
/// <param name="Passkeys">Whether browsers offer passkeys under the address that people reach this server by.</param>
public sealed record SetupStatus(bool Needed, string Version, bool Passkeys);

/// <summary>The routes of the first run.</summary>
internal static class SetupEndpoints
{
    private const int BodyBytesMax = 8 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/setup", StatusAsync).AllowAnonymous().WithTags("Setup")
            .WithName("GetSetup").WithSummary("Whether this installation still needs its first owner, and whether it has passkeys");
        api.MapPost("/setup", SetUpAsync).AllowAnonymous().WithTags("Setup")
            .WithMetadata(new RequestSizeLimitAttribute(BodyBytesMax))
            .WithName("SetUp").WithSummary("Make the first owner with the administrator token, and sign in")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403)
            .ProducesProblem(409).ProducesProblem(413).ProducesProblem(429);
    }

    private static async Task<Ok<SetupStatus>> StatusAsync(
        FirstOwner owner, PasskeyCheck passkeys, CancellationToken cancellationToken) =>
        TypedResults.Ok(new SetupStatus(
            await owner.IsNeededAsync(cancellationToken), VersionFact.Version, passkeys.Ceremony is not null));

    private static async Task<Results<Created<SessionTokens>, ProblemHttpResult>> SetUpAsync(
        SetupRequest request, HttpContext context, FirstOwner owner, BrowserEntry entry, CancellationToken cancellationToken)
    {
        if (request.Transport is Transport.Cookie && RefreshCookie.CheckOrigin(context) is { } crossSite)
            return TokenAnswers.Refuse(context, crossSite);

        var result = await owner.SetUpAsync(request, Client.Of(context), cancellationToken);
        return result.TryGet(out var issued, out var fault)
            ? TypedResults.Created(
                "/api/v1/auth/me", await entry.EnterAsync(context, issued, request.Transport, cancellationToken))
            : TokenAnswers.Refuse(context, fault);
    }
}
