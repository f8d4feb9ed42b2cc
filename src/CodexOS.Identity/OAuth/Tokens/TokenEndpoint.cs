using CodexOS.Identity.Contracts;
using CodexOS.Identity.OAuth.Authorization;
using CodexOS.Identity.OAuth.Clients;
using CodexOS.Identity.OAuth.Devices;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Tokens;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Identity.OAuth.Tokens;

/// <summary>
/// The token endpoint (RFC 6749, section 3.2): (1) read the form, (2) make sure who asks, (3) exchange what they bring for
/// tokens. What each grant is worth is decided where it is kept: codes, device requests and refresh tokens.
/// </summary>
internal sealed class TokenEndpoint(
    ClientDirectory clients, AuthorizationCodes codes, DeviceRequests devices, SessionRefresh sessions,
    AccessTokens accessTokens, IdTokens idTokens)
{
    public const string Code = "authorization_code";
    public const string Refresh = "refresh_token";
    public const string Device = "urn:ietf:params:oauth:grant-type:device_code";
    public const string ClientCredentials = "client_credentials";

    private static readonly OAuthError RefreshOver = OAuthError.InvalidGrant(
        "The refresh token is unknown, was used, or its session is over. Ask the person again.");

    public async Task<IResult> AnswerAsync(HttpContext context)
    {
        // 1. Read
        if (await OAuthForm.ReadAsync(context) is not { } form)
            return OAuthError.InvalidRequest("Send a form in which nothing is named twice.").Answer(context);

        // 2. Who
        if (await clients.AuthenticateAsync(context, form) is not { } client) return OAuthError.InvalidClient.Answer(context);

        // 3. Exchange
        var (answer, error) = (form["grant_type"], client.Kind) switch
        {
            (Code, not OAuthClientKind.Service) => await OfCodeAsync(context, form, client),
            (Device, _) when client.DeviceFlow => await OfDeviceAsync(context, form, client),
            (Refresh, not OAuthClientKind.Service) => await OfRefreshAsync(context, form, client),
            (ClientCredentials, OAuthClientKind.Service) => OfService(form, client),
            (Code or Device or Refresh or ClientCredentials, _) =>
                (null, OAuthError.UnauthorizedClient("The client is not registered for this grant_type.")),
            (null, _) => (null, OAuthError.InvalidRequest("grant_type is missing.")),
            _ => (null, new OAuthError(
                "unsupported_grant_type", $"grant_type is {Code}, {Refresh}, {Device} or {ClientCredentials}.")),
        };
        return answer is null ? error!.Answer(context) : TypedResults.Json(answer);
    }

    private async Task<(TokenAnswer? Answer, OAuthError? Error)> OfCodeAsync(
        HttpContext context, OAuthForm form, OAuthClient client)
    {
        if (form["code"] is not { } code || form["code_verifier"] is not { } verifier)
            return (null, OAuthError.InvalidRequest("code and code_verifier are needed."));
        var (redeemed, error) = await codes.RedeemAsync(
            AuthorizationCodes.HashOf(code), client, form["redirect_uri"], verifier, Client.Of(context), context.RequestAborted);
        return redeemed is null ? (null, error) : (AnswerOf(redeemed.Tokens, client, redeemed.Nonce), null);
    }

    private async Task<(TokenAnswer? Answer, OAuthError? Error)> OfDeviceAsync(
        HttpContext context, OAuthForm form, OAuthClient client)
    {
        if (form["device_code"] is not { } code) return (null, OAuthError.InvalidRequest("device_code is needed."));
        if (await devices.PollAsync(code, client, context.RequestAborted) is { } notYet) return (null, notYet);
        var (redeemed, error) = await codes.RedeemAsync(
            AuthorizationCodes.HashOf(code), client, redirectUri: null, verifier: null, Client.Of(context),
            context.RequestAborted);
        return redeemed is null ? (null, error) : (AnswerOf(redeemed.Tokens, client, redeemed.Nonce), null);
    }

    private async Task<(TokenAnswer? Answer, OAuthError? Error)> OfRefreshAsync(
        HttpContext context, OAuthForm form, OAuthClient client)
    {
        if (form["refresh_token"] is not { } token) return (null, OAuthError.InvalidRequest("refresh_token is needed."));
        var scopes = form["scope"] is { } asked && client.Id is not null ? Scopes.Split(asked) : null;
        var result = await sessions.RefreshAsync(token, client.Id, scopes, context.RequestAborted);
        if (result.TryGet(out var issued, out var fault)) return (AnswerOf(issued, client, nonce: null), null);
        return (null, fault == SessionRefresh.ScopesBeyond ? OAuthError.InvalidScope(fault.Message) : RefreshOver);
    }

    private (TokenAnswer? Answer, OAuthError? Error) OfService(OAuthForm form, OAuthClient client)
    {
        var (scopes, error) = AuthorizationRequests.ReadScopes(form["scope"], client);
        if (scopes is null) return (null, error);
        if (client is not { Tenant: { } tenant, ServiceAccount: { } account, Id: { } id })
            throw new InvalidOperationException("A service client has no service account.");
        var token = accessTokens.Issue(tenant, account, new ClientScopes(id, scopes));
        return (new TokenAnswer(token, (int)accessTokens.Lifetime.TotalSeconds) { Scope = Scopes.Write(scopes) }, null);
    }

    private TokenAnswer AnswerOf(IssuedTokens issued, OAuthClient client, string? nonce) =>
        new(issued.AccessToken, (int)issued.AccessTokenLifetime.TotalSeconds)
        {
            RefreshToken = issued.RefreshToken.Reveal(),
            Scope = issued.Client is { } held ? Scopes.Write(held.Scopes) : null,
            IdToken = issued.Client?.Scopes.Contains(Scopes.OpenId) is true
                ? idTokens.Issue(issued.User, issued.Session, client, nonce)
                : null,
        };
}
