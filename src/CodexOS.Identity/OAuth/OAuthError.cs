using System.Text.Json.Serialization;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Identity.OAuth;

/// <summary>
/// A refusal in the form that OAuth clients understand (RFC 6749, section 5.2), where the rest of the API has problems.
/// </summary>
/// <param name="Code">One of the registered codes.</param>
/// <param name="Description">What to do about it, for the developer of the client.</param>
internal sealed record OAuthError(
    [property: JsonPropertyName("error")] string Code, [property: JsonPropertyName("error_description")] string Description)
{
    public static OAuthError InvalidRequest(string description) => new("invalid_request", description);

    public static OAuthError InvalidGrant(string description) => new("invalid_grant", description);

    public static OAuthError InvalidScope(string description) => new("invalid_scope", description);

    public static OAuthError UnauthorizedClient(string description) => new("unauthorized_client", description);

    /// <summary>Said whether there is no such client or its secret is wrong.</summary>
    public static OAuthError InvalidClient { get; } = new(
        "invalid_client", "There is no such client, or its secret is missing or wrong.");

    /// <summary>The refusal as an answer.</summary>
    public IResult Answer(HttpContext context)
    {
        Refusal.Note(context, $"oauth.{Code}");
        if (Code != InvalidClient.Code) return TypedResults.Json(this, statusCode: StatusCodes.Status400BadRequest);
        context.Response.Headers.WWWAuthenticate = "Basic realm=\"codexos\"";
        return TypedResults.Json(this, statusCode: StatusCodes.Status401Unauthorized);
    }
}
