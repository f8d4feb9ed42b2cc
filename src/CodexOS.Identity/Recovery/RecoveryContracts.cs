using System.ComponentModel.DataAnnotations;
using CodexOS.Identity.Passwords;
using CodexOS.Identity.SignIn;

namespace CodexOS.Identity.Recovery;

/// <summary>Asks for a link to choose another password.</summary>
public sealed record ForgottenPasswordRequest
{
    /// <summary>The email address of the account.</summary>
    [Required(ErrorMessage = "Give the email address of your account.")]
    [StringLength(EmailKey.LengthMax, ErrorMessage = "An email address has at most 254 characters.")]
    public string Email { get; init; } = "";
}

/// <summary>Chooses another password by a link that was mailed.</summary>
public sealed record ResetPasswordRequest
{
    /// <summary>The token of the link.</summary>
    [Required(ErrorMessage = "Give the token of the link.")]
    [StringLength(128, ErrorMessage = "This is no token of a link: it is too long.")]
    public string Token { get; init; } = "";

    /// <summary>The new password: 8 to 128 characters, better 15 or more.</summary>
    [Required(ErrorMessage = "Choose a new password.")]
    [StringLength(PasswordPolicy.LengthMax, ErrorMessage = "A password has at most 128 characters.")]
    public string Password { get; init; } = "";
}
