using System.ComponentModel.DataAnnotations;
using CodexOS.Identity.Contracts;

namespace CodexOS.Identity.OAuth.Clients;

/// <summary>An OAuth client of the tenant, without its secret.</summary>
/// <param name="Id">Its <c>client_id</c>; of a program that registered itself, what its access tokens carry as that.</param>
/// <param name="Name">How it is shown to people.</param>
/// <param name="Kind">What it can keep, and for whom it acts.</param>
/// <param name="Dynamic">Whether it registered itself, and somebody here let it in.</param>
/// <param name="RedirectUris">Where it may have people sent back to.</param>
/// <param name="Scopes">What it may ask for at most, sorted.</param>
/// <param name="DeviceFlow">Whether it may ask through the device flow.</param>
/// <param name="ServiceAccount">The name of the service account that a service client acts for.</param>
/// <param name="SessionsCount">In how many sessions it acts at present.</param>
/// <param name="CreatedAt">When it was registered, or first let in.</param>
public sealed record OAuthClientSummary(
    OAuthClientId Id, string Name, OAuthClientKind Kind, bool Dynamic, IReadOnlyList<string> RedirectUris,
    IReadOnlyList<string> Scopes, bool DeviceFlow, string? ServiceAccount, int SessionsCount, DateTimeOffset CreatedAt);

/// <summary>A client that was registered just now.</summary>
/// <param name="Client">What is known of it.</param>
/// <param name="Secret">Its secret, if it has one. It is shown this once; nobody can show it again.</param>
public sealed record CreatedOAuthClient(OAuthClientSummary Client, string? Secret);

/// <summary>A client to register.</summary>
public sealed record CreateOAuthClientRequest
{
    /// <summary>How it is shown to the people whom it asks.</summary>
    [Required(ErrorMessage = "Give the client a name.")]
    [StringLength(100, MinimumLength = 1, ErrorMessage = "A name has 1 to 100 characters.")]
    public string Name { get; init; } = "";

    /// <summary>What it can keep, and for whom it acts.</summary>
    public OAuthClientKind Kind { get; init; } = OAuthClientKind.Public;

    /// <summary>Where it may have people sent back to, to the letter. A service client has none.</summary>
    [MaxLength(Identity.OAuth.RedirectUris.CountMax, ErrorMessage = "A client has at most 10 redirect addresses.")]
    public IReadOnlyList<string> RedirectUris { get; init; } = [];

    /// <summary>What it may ask for at most: permissions, and <c>openid</c>, <c>profile</c>, <c>email</c>.</summary>
    [Required(ErrorMessage = "Say what the client may ask for.")]
    [MinLength(1, ErrorMessage = "A client that may ask for nothing is of no use. Give it at least one scope.")]
    [MaxLength(100, ErrorMessage = "A client has at most 100 scopes.")]
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>Whether it may ask through the device flow (RFC 8628), for devices without a browser.</summary>
    public bool DeviceFlow { get; init; }

    /// <summary>The service account that a service client acts for, by name or id.</summary>
    [StringLength(40, ErrorMessage = "There is no service account with so long a name.")]
    public string? ServiceAccount { get; init; }
}
