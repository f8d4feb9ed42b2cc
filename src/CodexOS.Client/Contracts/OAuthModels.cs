using System.Text.Json.Serialization;

namespace CodexOS.Client.Contracts;

/// <summary>An OAuth client of the tenant, without its secret.</summary>
/// <param name="Id">Its <c>client_id</c>, <c>cli_…</c>.</param>
/// <param name="Name">How it is shown to people.</param>
/// <param name="Kind"><c>public</c>, <c>confidential</c> or <c>service</c>.</param>
/// <param name="Dynamic">Whether it registered itself.</param>
/// <param name="RedirectUris">Where it may have people sent back to.</param>
/// <param name="Scopes">What it may ask for at most.</param>
/// <param name="DeviceFlow">Whether it may ask through the device flow.</param>
/// <param name="SessionsCount">In how many sessions it acts.</param>
/// <param name="CreatedAt">When it was registered.</param>
/// <param name="ServiceAccount">The service account that it acts for, by name.</param>
public sealed record OAuthClient(
    string Id, string Name, string Kind, bool Dynamic, IReadOnlyList<string> RedirectUris, IReadOnlyList<string> Scopes,
    bool DeviceFlow, int SessionsCount, DateTimeOffset CreatedAt, string? ServiceAccount = null);

/// <summary>A client that was registered just now.</summary>
/// <param name="Client">What is known of it.</param>
/// <param name="Secret">Its secret, if it has one. It is shown this once.</param>
public sealed record CreatedOAuthClient(OAuthClient Client, string? Secret = null);

/// <summary>A client to register.</summary>
/// <param name="Name">How it is shown to people.</param>
/// <param name="Kind"><c>public</c>, <c>confidential</c> or <c>service</c>.</param>
/// <param name="RedirectUris">Where it may have people sent back to, to the letter.</param>
/// <param name="Scopes">What it may ask for at most.</param>
/// <param name="DeviceFlow">Whether it may ask through the device flow.</param>
/// <param name="ServiceAccount">The service account that a service client acts for, by name or id.</param>
public sealed record CreateOAuthClient(
    string Name, string Kind, IReadOnlyList<string> RedirectUris, IReadOnlyList<string> Scopes, bool DeviceFlow = false,
    string? ServiceAccount = null);

/// <summary>A sign-in that waits for somebody to allow it in a browser.</summary>
/// <param name="Address">Where they enter the code.</param>
/// <param name="AddressWithCode">The same with the code in it.</param>
/// <param name="UserCode">The code.</param>
/// <param name="Lifetime">How long it waits.</param>
public sealed record DeviceSignIn(Uri Address, Uri AddressWithCode, string UserCode, TimeSpan Lifetime)
{
    internal string DeviceCode { get; init; } = "";

    internal TimeSpan Interval { get; init; }
}

internal sealed record DeviceBegun(
    [property: JsonPropertyName("device_code")] string DeviceCode,
    [property: JsonPropertyName("user_code")] string UserCode,
    [property: JsonPropertyName("verification_uri")] Uri VerificationUri,
    [property: JsonPropertyName("verification_uri_complete")] Uri VerificationUriComplete,
    [property: JsonPropertyName("expires_in")] int ExpiresIn,
    [property: JsonPropertyName("interval")] int Interval);

internal sealed record OAuthTokens(
    [property: JsonPropertyName("access_token")] string AccessToken,
    [property: JsonPropertyName("expires_in")] int ExpiresIn,
    [property: JsonPropertyName("refresh_token")] string? RefreshToken = null);
