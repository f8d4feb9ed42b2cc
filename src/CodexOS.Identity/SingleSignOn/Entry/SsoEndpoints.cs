using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.SingleSignOn.Logout;
using CodexOS.Platform.Http;
using CodexOS.Platform.Service;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.SingleSignOn.Entry;

/// <summary>Begins a sign-in at an identity provider: for an address, or for the connection that a link names.</summary>
public sealed record StartSsoRequest
{
    /// <summary>The email address; its domain leads to the connection.</summary>
    [StringLength(EmailKey.LengthMax, ErrorMessage = "An email address has at most 254 characters.")]
    public string? Email { get; init; }

    /// <summary>The connection, where a link names it.</summary>
    public SsoConnectionId? Connection { get; init; }

    /// <summary>The page to come back to, as a path on this server.</summary>
    [StringLength(500, ErrorMessage = "The page to come back to has at most 500 characters.")]
    [RegularExpression(
        @"^/(?![/\\])[^\\\x00-\x1F]*$", ErrorMessage = "The page to come back to is a path on this server, such as /runs.")]
    public string ReturnTo { get; init; } = "/";
}

/// <summary>Where the browser has to go.</summary>
/// <param name="Redirect">An address of the identity provider.</param>
public sealed record SsoRedirect(Uri Redirect);

/// <summary>The routes below <c>/api/v1/auth/sso</c>: for browsers, and for providers, who have forms of their own.</summary>
internal static class SsoEndpoints
{
    private const int StartBytesMax = 8 * 1024;
    private const int ProviderBytesMax = 64 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGroup("/auth/sso").WithTags("Sign-in").ServeAlways().WithMetadata(new RequestSizeLimitAttribute(StartBytesMax))
            .MapPost("/start", StartAsync).AllowAnonymous()
            .WithName("StartSso").WithSummary("Begin a sign-in at an identity provider; the browser keeps a cookie and goes there")
            .ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(413).ProducesProblem(429)
            .ProducesProblem(502);

        var protocol = api.MapGroup("/auth/sso/{connection}").ServeAlways().ExcludeFromDescription()
            .WithMetadata(new RequestSizeLimitAttribute(ProviderBytesMax));
        protocol.MapGet("/callback", EndAsync).AllowAnonymous().WithName("EndSso");
        protocol.MapPost("/backchannel-logout", static (string connection, HttpContext context, BackchannelLogout logout) =>
            logout.AnswerAsync(connection, context)).AllowAnonymous().WithName("SsoBackchannelLogout");
    }

    private static async Task<Results<Ok<SsoRedirect>, ProblemHttpResult>> StartAsync(
        StartSsoRequest request, HttpContext context, SsoStart start, SignInThrottle throttle, BrowserEntry entry,
        IOptions<SingleSignOnOptions> options, CancellationToken cancellationToken)
    {
        // Another site must not be able to begin what a person then finishes.
        if (RefreshCookie.CheckOrigin(context) is { } crossSite) return TokenAnswers.Refuse(context, crossSite);
        var address = Client.Of(context).Address;
        if (throttle.Begin(account: null, address) is { } wait)
            return TokenAnswers.Refuse(context, SignIn.SignIn.Throttled(wait));
        var found = await start.FindAsync(request.Connection, request.Email, cancellationToken);
        if (!found.TryGet(out var connection, out var fault)) return TokenAnswers.Refuse(context, fault);
        throttle.Succeed(account: null, address);
        var attempt = SsoAttempt.New();
        var begun = await start.BeginAsync(connection, attempt, request.Email?.Trim(), request.ReturnTo, cancellationToken);
        if (!begun.TryGet(out var redirect, out fault)) return TokenAnswers.Refuse(context, fault);
        // On the way back from the provider the cookie does not come with the browser.
        await entry.EndFormerAsync(context, cancellationToken);
        context.Response.Headers.CacheControl = "no-store";
        SsoCookie.Write(context, attempt, options.Value.AttemptLifetime);
        return TypedResults.Ok(new SsoRedirect(redirect));
    }

    /// <summary>
    /// The sign-in page says how it ended. What it needs for that is behind the <c>#</c>, which browsers send to no server.
    /// </summary>
    private static async Task<IResult> EndAsync(
        string connection, HttpContext context, SsoSignIn signIn, CancellationToken cancellationToken)
    {
        context.Response.Headers.CacheControl = "no-store";
        var cookie = SsoCookie.Read(context);
        SsoCookie.Clear(context);
        if (!SsoConnectionId.TryParse(connection, null, out var id) || !OAuthForm.TryRead(context.Request.Query, out var answer))
            return To("/", $"sso_error={SsoFaults.NoConnection.Code}");
        var (outcome, returnTo) = await signIn.EndAsync(id, answer, cookie, Client.Of(context), cancellationToken);
        if (!outcome.TryGet(out var end, out var fault)) return To(returnTo, $"sso_error={fault.Code}");
        switch (end)
        {
            case SignInOutcome.Finished(var issued):
                RefreshCookie.Write(context, issued);
                return To(returnTo, "sso=done");
            case SignInOutcome.Challenged(var challenge):
                return To(returnTo, $"challenge={challenge.Challenge}");
            default:
                throw new UnreachableException($"The sign-in ended as {end}.");
        }
    }

    private static RedirectHttpResult To(string returnTo, string fragment) => TypedResults.LocalRedirect(
        $"/sign-in{(returnTo == "/" ? "" : $"?next={Uri.EscapeDataString(returnTo)}")}#{fragment}");
}
