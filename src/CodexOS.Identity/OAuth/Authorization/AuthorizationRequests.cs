using System.Collections.Frozen;
using CodexOS.Identity.OAuth.Clients;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using Microsoft.AspNetCore.WebUtilities;

namespace CodexOS.Identity.OAuth.Authorization;

/// <summary>
/// Reads what a client asks, in the order in which it can be answered: first who asks and where to answer, which must be right
/// before anybody is sent anywhere, then the rest, which the client is told.
/// </summary>
internal sealed class AuthorizationRequests(ClientDirectory clients, Issuer issuer)
{
    public const int QueryLengthMax = 16_384;

    private const int StateLengthMax = 2_048;
    private const int NonceLengthMax = 512;

    private static readonly Fault Unreadable = new(
        "identity.bad_authorization",
        FaultKind.Invalid,
        "The application's request names something twice or lacks its client_id. Tell whoever makes the application.");

    private static readonly Fault UnknownClient = new(
        "identity.unknown_client",
        FaultKind.NotFound,
        "This application is not registered here, or not in the tenant that you are signed in to.");

    private static readonly Fault BadRedirect = new(
        "identity.unregistered_redirect",
        FaultKind.Invalid,
        "The application wants you sent to an address that it has not registered. You are not sent there.");

    /// <summary>Reads a request that is made to somebody of a tenant.</summary>
    public async Task<AuthorizationVerdict> ReadAsync(string query, TenantId tenant, CancellationToken cancellationToken)
    {
        if (!OAuthForm.TryRead(QueryHelpers.ParseQuery(query), out var asked) || asked["client_id"] is not { } clientId)
            return new AuthorizationVerdict.Untold(Unreadable);
        // The command line asks through the device flow only, and a service client asks nobody.
        if (await clients.FindAsync(clientId, cancellationToken) is not { ServiceAccount: null, Id: not null } client
            || !client.IsOf(tenant))
        {
            return new AuthorizationVerdict.Untold(UnknownClient);
        }

        var redirectUri = asked["redirect_uri"] ?? (client.RedirectUris is [var only] ? only : null);
        if (redirectUri is null || !RedirectUris.Allow(client.RedirectUris, redirectUri))
            return new AuthorizationVerdict.Untold(BadRedirect);
        var state = asked["state"];
        if (ProblemOf(asked) is { } problem) return new AuthorizationVerdict.Refused(client, redirectUri, state, problem);
        return ReadScopes(asked["scope"], client) switch
        {
            ({ } scopes, _) => new AuthorizationVerdict.InOrder(new AuthorizationRequest(
                client, redirectUri, state, scopes, asked["code_challenge"]!, asked["nonce"])),
            (_, { } error) => new AuthorizationVerdict.Refused(client, redirectUri, state, error),
            _ => throw new InvalidOperationException("Scopes are neither in order nor wrong."),
        };
    }

    /// <summary>The scopes that a client asks for, or what is wrong with them.</summary>
    public static (FrozenSet<string>? Scopes, OAuthError? Error) ReadScopes(string? asked, OAuthClient client)
    {
        if (asked?.Length > Scopes.LengthMax) return (null, OAuthError.InvalidScope("The list of scopes is too long."));
        var scopes = asked is null ? client.IsDynamic ? [] : client.Allowed : Scopes.Split(asked);
        if (scopes.Count == 0) return (null, OAuthError.InvalidScope("Name the scopes that are needed."));
        // What a program asked for when it registered itself was nobody's decision: it may ask for anything that there is.
        var beyond = scopes.Where(scope => !Scopes.Has(scope) || (client.Allowed.Count > 0 && !client.Allowed.Contains(scope)))
            .Order(StringComparer.Ordinal).ToList();
        return beyond.Count == 0
            ? (scopes, null)
            : (null, OAuthError.InvalidScope($"The client may not ask for {string.Join(' ', beyond)}."));
    }

    private OAuthError? ProblemOf(OAuthForm asked)
    {
        if (asked["response_type"] is not "code")
            return new OAuthError("unsupported_response_type", "response_type must be code.");
        if (asked["request"] is not null) return new OAuthError("request_not_supported", "Send the members themselves.");
        if (asked["request_uri"] is not null) return new OAuthError("request_uri_not_supported", "Send the members themselves.");
        if (asked["response_mode"] is not (null or "query"))
            return OAuthError.InvalidRequest("response_mode must be query.");
        if (asked["code_challenge"] is null)
            return OAuthError.InvalidRequest("PKCE is needed: send code_challenge and code_challenge_method=S256.");
        if (asked["code_challenge_method"] is not Pkce.Method)
            return OAuthError.InvalidRequest("code_challenge_method must be S256; plain, which is the default, is not taken.");
        if (!Pkce.IsChallenge(asked["code_challenge"]))
            return OAuthError.InvalidRequest("code_challenge must be a SHA-256 in base64url without padding, 43 characters.");
        if (asked["state"]?.Length > StateLengthMax) return OAuthError.InvalidRequest("state is too long.");
        if (asked["nonce"]?.Length > NonceLengthMax) return OAuthError.InvalidRequest("nonce is too long.");
        if (asked["prompt"]?.Split(' ').Contains("none") is true)
            return new OAuthError("interaction_required", "People are always asked.");
        // RFC 8707: a token for another resource server is none that this server issues.
        if (asked["resource"] is { } resource && !IsOurs(resource))
            return new OAuthError("invalid_target", $"Tokens are for {issuer.Url} only.");
        return null;
    }

    private bool IsOurs(string resource) =>
        resource.TrimEnd('/') == issuer.Url || resource.StartsWith($"{issuer.Url}/", StringComparison.Ordinal);
}
