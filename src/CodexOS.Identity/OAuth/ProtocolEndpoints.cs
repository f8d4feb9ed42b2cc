using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth.Clients;
using CodexOS.Identity.OAuth.Devices;
using CodexOS.Identity.OAuth.Discovery;
using CodexOS.Identity.OAuth.Tokens;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Http;
using CodexOS.Platform.Service;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.OAuth;

/// <summary>
/// What OAuth clients speak to. Requests, answers and refusals have the forms of the RFCs that discovery names, not those of the
/// rest of the API, so these routes are described there and not in the API document.
/// </summary>
internal static class ProtocolEndpoints
{
    private const int BodyBytesMax = 32 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var oauth = api.MapGroup("/oauth").ServeAlways().ExcludeFromDescription()
            .WithMetadata(new RequestSizeLimitAttribute(BodyBytesMax));
        oauth.MapPost("/token", static (HttpContext context, TokenEndpoint tokens) => tokens.AnswerAsync(context))
            .AllowAnonymous().WithName("OAuthToken");
        oauth.MapPost("/device", BeginDeviceAsync).AllowAnonymous().WithName("OAuthDevice");
        oauth.MapPost("/revoke", RevokeAsync).AllowAnonymous().WithName("OAuthRevoke");
        oauth.MapPost("/introspect", InspectAsync).AllowAnonymous().WithName("OAuthIntrospect");
        oauth.MapPost("/register", RegistrationEndpoint.AnswerAsync).AllowAnonymous().WithName("OAuthRegister");
        oauth.MapGet("/userinfo", TellWhoAsync).RequireSignIn().WithName("OAuthUserinfo");
    }

    public static void MapWellKnown(IEndpointRouteBuilder routes)
    {
        var known = routes.MapGroup("/.well-known").ServeAlways().ExcludeFromDescription();
        foreach (var name in (string[])["oauth-authorization-server", "openid-configuration"])
        {
            known.MapGet($"/{name}", static (Issuer issuer, DynamicClients clients) =>
                TypedResults.Json(ServerMetadata.Of(issuer, clients))).AllowAnonymous();
        }

        known.MapGet("/jwks.json", static (SigningKeys keys) => TypedResults.Json(KeySet.Of(keys))).AllowAnonymous();
    }

    private static async Task<IResult> BeginDeviceAsync(HttpContext context, ClientDirectory clients, DeviceRequests devices)
    {
        if (await OAuthForm.ReadAsync(context) is not { } form) return Unreadable.Answer(context);
        if (await clients.AuthenticateAsync(context, form) is not { } client) return OAuthError.InvalidClient.Answer(context);
        var (answer, error) = await devices.BeginAsync(client, form["scope"], Client.Of(context), context.RequestAborted);
        return answer is null ? error!.Answer(context) : TypedResults.Json(answer);
    }

    private static async Task<IResult> RevokeAsync(HttpContext context, ClientDirectory clients, TokenInspection tokens)
    {
        if (await OAuthForm.ReadAsync(context) is not { } form || form["token"] is not { } token)
            return Unreadable.Answer(context);
        if (await clients.AuthenticateAsync(context, form) is not { } client) return OAuthError.InvalidClient.Answer(context);
        return await tokens.RevokeAsync(token, client, context.RequestAborted)
            ? TypedResults.Ok()
            : OAuthError.UnauthorizedClient("The token is another client's.").Answer(context);
    }

    private static async Task<IResult> InspectAsync(HttpContext context, ClientDirectory clients, TokenInspection tokens)
    {
        if (await OAuthForm.ReadAsync(context) is not { } form || form["token"] is not { } token)
            return Unreadable.Answer(context);
        // Whoever tries tokens must be known: a client without a secret could be anybody.
        if (await clients.AuthenticateAsync(context, form) is not { Kind: not OAuthClientKind.Public } client)
            return OAuthError.InvalidClient.Answer(context);
        return TypedResults.Json(await tokens.InspectAsync(token, client, context.RequestAborted));
    }

    /// <summary>Who somebody is, as far as they let the client know (OpenID Connect Core, section 5.3).</summary>
    private static async Task<IResult> TellWhoAsync(
        Caller caller, HttpContext context, AccessTokens accessTokens, IdentityDbContext db, CancellationToken cancellationToken)
    {
        var token = context.Request.Headers.Authorization.ToString()["Bearer ".Length..].Trim();
        if (await accessTokens.VerifyAsync(token) is not AccessTokenClaims.OfSession { Client.Scopes: { } scopes }
            || !scopes.Contains(Scopes.OpenId))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer error=\"insufficient_scope\", scope=\"openid\"";
            return TypedResults.Json(
                new OAuthError("insufficient_scope", "The access token needs the scope openid."),
                statusCode: StatusCodes.Status403Forbidden);
        }

        var user = await db.Users.AsNoTracking().SingleAsync(row => row.UserId == caller.User, cancellationToken);
        var told = new Dictionary<string, string>(StringComparer.Ordinal) { ["sub"] = caller.User.ToString() };
        if (scopes.Contains(Scopes.Profile)) told["name"] = user.DisplayName;
        if (scopes.Contains(Scopes.Email)) told["email"] = user.Email;
        return TypedResults.Json(told);
    }

    private static OAuthError Unreadable { get; } =
        OAuthError.InvalidRequest("Send a form with what is asked for, in which nothing is named twice.");
}
