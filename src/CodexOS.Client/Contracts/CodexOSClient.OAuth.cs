using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    private const string CommandLine = "codexos";

    private static readonly TimeSpan s_slowDown = TimeSpan.FromSeconds(5);

    /// <summary>All OAuth clients of the tenant, newest first.</summary>
    public IAsyncEnumerable<OAuthClient> ListAllOAuthClientsAsync(CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(PageOf("api/v1/clients", cursor), WireJson.Default.OAuthClientPage, token),
        cancellationToken);

    /// <summary>Registers an OAuth client.</summary>
    public Task<CreatedOAuthClient> CreateOAuthClientAsync(CreateOAuthClient request, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post("api/v1/clients") with { Body = () => JsonBody.Of(request, WireJson.Default.CreateOAuthClient) },
            WireJson.Default.CreatedOAuthClient,
            cancellationToken);

    /// <summary>Deletes an OAuth client and ends what it was let have.</summary>
    public Task DeleteOAuthClientAsync(string id, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"api/v1/clients/{Query.Segment(id)}"), cancellationToken);

    /// <summary>
    /// Begins to sign in through a browser, here or on another machine (RFC 8628). Show what is returned to the person, and
    /// hand it to <see cref="FinishDeviceSignInAsync"/>.
    /// </summary>
    public async Task<DeviceSignIn> BeginDeviceSignInAsync(CancellationToken cancellationToken)
    {
        var begun = await _transport.SendAsync(
            FormCall("api/v1/oauth/device"), WireJson.Default.DeviceBegun, cancellationToken);
        return new DeviceSignIn(
            begun.VerificationUri, begun.VerificationUriComplete, begun.UserCode, TimeSpan.FromSeconds(begun.ExpiresIn))
        {
            DeviceCode = begun.DeviceCode,
            Interval = TimeSpan.FromSeconds(begun.Interval),
        };
    }

    /// <summary>Waits until somebody has decided in the browser, and keeps the session if they allow it.</summary>
    /// <exception cref="CodexOSException">They do not (<c>oauth.access_denied</c>), or nobody decided in time
    /// (<c>oauth.expired_token</c>).</exception>
    public async Task FinishDeviceSignInAsync(DeviceSignIn pending, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pending);
        var call = FormCall(
            "api/v1/oauth/token",
            new("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), new("device_code", pending.DeviceCode));
        for (var interval = pending.Interval; ;)
        {
            await Task.Delay(interval, _options.Clock, cancellationToken);
            try
            {
                var tokens = await _transport.SendAsync(call, WireJson.Default.OAuthTokens, cancellationToken);
                await _transport.Session.KeepAsync(
                    new SessionTokens(tokens.AccessToken, tokens.ExpiresIn, tokens.RefreshToken), email: null,
                    CancellationToken.None);
                return;
            }
            catch (CodexOSException e) when (e.Code is "oauth.authorization_pending" or "oauth.slow_down")
            {
                if (e.Code is "oauth.slow_down") interval += s_slowDown;
            }
        }
    }

    private static ApiCall FormCall(string path, params IEnumerable<KeyValuePair<string, string>> members) =>
        ApiCall.Post(path) with
        {
            IsAnonymous = true,
            Body = () => new FormUrlEncodedContent([new("client_id", CommandLine), .. members]),
        };
}
