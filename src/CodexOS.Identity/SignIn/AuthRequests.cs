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

/// <summary>Who is signed in, and what they may do.</summary>
/// <param name="User">The person.</param>
/// <param name="Tenant">The tenant they act in.</param>
/// <param name="Role">What they are in it: <c>owner</c>, <c>admin</c>, <c>developer</c>, <c>operator</c>, <c>viewer</c>
/// or <c>auditor</c>.</param>
/// <param name="Permissions">What they may do, sorted, as <c>resource:action</c>.</param>
public sealed record Me(MeUser User, MeTenant Tenant, Contracts.Role Role, IReadOnlyList<string> Permissions);

/// <summary>A signed-in person.</summary>
public sealed record MeUser(UserId Id, string Email, string DisplayName);

/// <summary>The tenant that a person acts in.</summary>
public sealed record MeTenant(TenantId Id, string Name);
