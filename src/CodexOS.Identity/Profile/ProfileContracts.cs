using System.ComponentModel.DataAnnotations;
using CodexOS.Identity.Passwords;

namespace CodexOS.Identity.Profile;

/// <summary>Changes how one is shown to others.</summary>
public sealed record UpdateProfileRequest
{
    /// <summary>The name.</summary>
    [Required(ErrorMessage = "Give a name to be shown.")]
    [StringLength(100, ErrorMessage = "A name has at most 100 characters.")]
    public string DisplayName { get; init; } = "";
}

/// <summary>Changes one's own password.</summary>
public sealed record ChangePasswordRequest
{
    /// <summary>The password that is good until now.</summary>
    [Required(ErrorMessage = "Give your present password.")]
    [StringLength(PasswordPolicy.LengthMax, ErrorMessage = "A password has at most 128 characters.")]
    public string CurrentPassword { get; init; } = "";

    /// <summary>The new one: 8 to 128 characters, better 15 or more.</summary>
    [Required(ErrorMessage = "Choose a new password.")]
    [StringLength(PasswordPolicy.LengthMax, ErrorMessage = "A password has at most 128 characters.")]
    public string NewPassword { get; init; } = "";
}
