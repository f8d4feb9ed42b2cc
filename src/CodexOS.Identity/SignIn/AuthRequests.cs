using System.ComponentModel.DataAnnotations;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Passwords;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.SignIn;

/// <summary>Signs in with email and password.</summary>
public sealed record SignInRequest
{
    /// <summary>The email address of the account.</summary>
    [Required(ErrorMessage = "Give the email address of your account.")]
    [StringLength(EmailKey.LengthMax, ErrorMessage = "An email address has at most 254 characters.")]
    public string Email { get; init; } = "";

    /// <summary>The password, at most 128 characters.</summary>
    [Required(ErrorMessage = "Give your password.")]
    [StringLength(PasswordPolicy.LengthMax, ErrorMessage = "A password has at most 128 characters.")]
    public string Password { get; init; } = "";

    /// <summary>The tenant to sign in to; the one that the account has belonged to longest if left out.</summary>
    public TenantId? Tenant { get; init; }

    /// <summary>How the refresh token travels.</summary>
    public Transport Transport { get; init; } = Transport.Body;
}

/// <summary>Exchanges a refresh token for new tokens.</summary>
public sealed record RefreshRequest
{
    /// <summary>The refresh token, where it travels in the body.</summary>
    [StringLength(256, ErrorMessage = "This is no refresh token: it is too long.")]
    public string? RefreshToken { get; init; }

    /// <summary>How the refresh token travels.</summary>
    public Transport Transport { get; init; } = Transport.Body;
}

/// <summary>Ends a session. Everything in it is optional.</summary>
public sealed record SignOutRequest
{
    /// <summary>The refresh token of the session to end, for a program whose access token is over.</summary>
    [StringLength(256, ErrorMessage = "This is no refresh token: it is too long.")]
    public string? RefreshToken { get; init; }
}

/// <summary>A session that ended, and where it still goes on.</summary>
/// <param name="Redirect">Where the browser goes to sign out at the identity provider that the session came by.</param>
public sealed record SignedOut(Uri Redirect);

/// <summary>Who is signed in, and what they may do.</summary>
/// <param name="User">The person, or the service account.</param>
/// <param name="Tenant">The tenant they act in.</param>
/// <param name="Role">What they are in it: the name of their role.</param>
/// <param name="Permissions">What they may do with everything of the tenant, sorted, as <c>resource:action</c>.</param>
/// <param name="Grants">What they may do with single things beyond that.</param>
/// <param name="SecondFactorNeeded">Whether they may do nothing until they have given a second factor.</param>
public sealed record Me(
    MeUser User, MeTenant Tenant, string Role, IReadOnlyList<string> Permissions, IReadOnlyList<MeGrant> Grants,
    IReadOnlyList<MeProject> Projects, bool SecondFactorNeeded);

/// <summary>A signed-in person, or a service account, which has no address.</summary>
public sealed record MeUser(UserId Id, string? Email, string DisplayName);

/// <summary>The tenant that a person acts in.</summary>
public sealed record MeTenant(TenantId Id, string Name);

/// <summary>What somebody may do with one thing.</summary>
/// <param name="Resource">With what, as <c>kind:name</c>.</param>
/// <param name="Permission">What, as <c>resource:action</c>.</param>
public sealed record MeGrant(string Resource, string Permission);

/// <summary>A project that somebody belongs to. GET /api/v1/projects/{project}/things lists what lies in it.</summary>
/// <param name="Name">The project.</param>
/// <param name="Role">Their role in it, by name.</param>
/// <param name="Permissions">What they may do with its things, and with the project, sorted.</param>
public sealed record MeProject(string Name, string Role, IReadOnlyList<string> Permissions);

/// <summary>A tenant that the signed-in person belongs to.</summary>
/// <param name="Id">The tenant; name it to sign in to it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Current">Whether this session is in it.</param>
public sealed record OwnTenant(TenantId Id, string Name, bool Current);
