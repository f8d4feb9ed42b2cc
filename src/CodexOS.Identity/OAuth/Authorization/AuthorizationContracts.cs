using System.ComponentModel.DataAnnotations;

namespace CodexOS.Identity.OAuth.Authorization;

/// <summary>A client's request, as the browser brought it to the page that asks the person.</summary>
public sealed record LookAtAuthorizationRequest
{
    /// <summary>What came after the <c>?</c>, as it came.</summary>
    [Required(ErrorMessage = "The address of this page lacks the application's request.")]
    [StringLength(AuthorizationRequests.QueryLengthMax, ErrorMessage = "The application's request is too long.")]
    public string Query { get; init; } = "";
}

/// <summary>What a person decided about a client's request.</summary>
public sealed record DecideAuthorizationRequest
{
    /// <summary>The request, as it came.</summary>
    [Required(ErrorMessage = "The address of this page lacks the application's request.")]
    [StringLength(AuthorizationRequests.QueryLengthMax, ErrorMessage = "The application's request is too long.")]
    public string Query { get; init; } = "";

    /// <summary>Whether the client may.</summary>
    [Required(ErrorMessage = "Say whether the application may.")]
    public bool? Allow { get; init; }
}

/// <summary>What a person is asked, or where to go without asking.</summary>
/// <param name="Question">What to ask; null if the request is refused without.</param>
/// <param name="Redirect">Where the refusal belongs; null if there is a question.</param>
/// <param name="Error">What the application is told, in words; null if there is a question.</param>
/// <param name="ByItself">Whether to go there without being asked: the application was registered by an administrator.</param>
public sealed record AuthorizationLook(ConsentQuestion? Question, string? Redirect, string? Error, bool ByItself);

/// <summary>What a client asks of a person.</summary>
/// <param name="ClientName">How the client is called.</param>
/// <param name="SelfRegistered">Whether it calls itself so and nobody has looked it over.</param>
/// <param name="RedirectHost">Where the person is sent back to: a host, or the scheme of an app on the device.</param>
/// <param name="Scopes">What it asks for.</param>
/// <param name="Email">The address of the person who is asked.</param>
/// <param name="TenantName">The tenant that they are signed in to.</param>
public sealed record ConsentQuestion(
    string ClientName, bool SelfRegistered, string RedirectHost, IReadOnlyList<ConsentScope> Scopes, string Email,
    string TenantName);

/// <summary>One thing that a client asks for.</summary>
/// <param name="Name">The scope.</param>
/// <param name="Meaning">What it lets the client do.</param>
/// <param name="Held">Whether the person may do it at present; what they may not, the client may not either.</param>
public sealed record ConsentScope(string Name, string Meaning, bool Held);

/// <summary>Where to send the person, with the decision.</summary>
/// <param name="Redirect">The client's address.</param>
public sealed record AuthorizationAnswer(string Redirect);
