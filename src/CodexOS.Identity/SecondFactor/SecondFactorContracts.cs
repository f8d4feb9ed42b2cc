using System.ComponentModel.DataAnnotations;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Passkeys;
using CodexOS.Identity.Passwords;

namespace CodexOS.Identity.SecondFactor;

/// <summary>A sign-in whose password was right and that needs a second factor.</summary>
/// <param name="Challenge">Send it with a code to POST /api/v1/auth/sign-in/second-factor. It works once.</param>
/// <param name="ExpiresInSeconds">How long there is time for that.</param>
public sealed record SignInChallenge(string Challenge, int ExpiresInSeconds);

/// <summary>One's own second factor.</summary>
/// <param name="Enabled">Whether an authenticator is set up, which is then asked for after the password.</param>
/// <param name="EnabledAt">Since when.</param>
/// <param name="RecoveryCodesLeft">How many recovery codes have not been used.</param>
/// <param name="Required">Whether the tenant asks for one.</param>
/// <param name="GivenInSession">Whether one was given in this session.</param>
/// <param name="LockedUntil">Until when codes are refused because too many were wrong; null if they are not.</param>
/// <param name="Passkeys">How many passkeys there are, each of which can be given instead of a code.</param>
/// <param name="PasswordConfirms">
/// Whether this session confirms with the password what others confirm with a second factor or a passkey.
/// </param>
public sealed record SecondFactorStatus(
    bool Enabled, DateTimeOffset? EnabledAt, int RecoveryCodesLeft, bool Required, bool GivenInSession,
    DateTimeOffset? LockedUntil, int Passkeys, bool PasswordConfirms);

/// <summary>What an authenticator app needs. It is shown this once.</summary>
/// <param name="Secret">The seed, to be typed.</param>
/// <param name="Uri">The same for a QR code (otpauth://…).</param>
/// <param name="QrSvg">The QR code as an SVG picture.</param>
public sealed record TotpSetup(string Secret, string Uri, string QrSvg);

/// <summary>Codes for when the authenticator is lost. They are shown this once, and each works once.</summary>
/// <param name="Codes">The codes.</param>
public sealed record RecoveryCodes(IReadOnlyList<string> Codes);

/// <summary>A second factor, or the password of who has none, was given again.</summary>
/// <param name="Until">Until when what asks for it can be done.</param>
public sealed record SteppedUp(DateTimeOffset Until);

/// <summary>What a tenant asks of those who sign in.</summary>
/// <param name="SecondFactorRequired">Whether members can do nothing in a session without a second factor.</param>
public sealed record SignInPolicy(bool SecondFactorRequired);

/// <summary>Finishes a sign-in with a second factor.</summary>
public sealed record SecondFactorRequest
{
    /// <summary>The challenge that the sign-in was answered with.</summary>
    [Required(ErrorMessage = "Give the challenge that the sign-in was answered with.")]
    [StringLength(128, ErrorMessage = "This is no challenge: it is too long.")]
    public string Challenge { get; init; } = "";

    /// <summary>The six digits that the authenticator shows.</summary>
    [StringLength(16, ErrorMessage = "A code has six digits.")]
    public string? Code { get; init; }

    /// <summary>A recovery code instead.</summary>
    [StringLength(64, ErrorMessage = "This is no recovery code: it is too long.")]
    public string? RecoveryCode { get; init; }

    /// <summary>The answer to POST /api/v1/auth/sign-in/passkey/options instead.</summary>
    public PasskeyAnswer? Passkey { get; init; }

    /// <summary>How the refresh token travels.</summary>
    public Transport Transport { get; init; } = Transport.Body;
}

/// <summary>Begins to set up an authenticator.</summary>
public sealed record BeginTotpRequest
{
    /// <summary>One's own password, so that a borrowed session cannot lock its owner out.</summary>
    [Required(ErrorMessage = "Give your password.")]
    [StringLength(PasswordPolicy.LengthMax, ErrorMessage = "A password has at most 128 characters.")]
    public string Password { get; init; } = "";
}

/// <summary>Confirms that the authenticator app works.</summary>
public sealed record ConfirmTotpRequest
{
    /// <summary>The six digits that the app shows.</summary>
    [Required(ErrorMessage = "Give the code that the app shows.")]
    [StringLength(16, ErrorMessage = "A code has six digits.")]
    public string Code { get; init; } = "";
}

/// <summary>Gives a second factor once more, or the password where there is none.</summary>
public sealed record StepUpRequest
{
    /// <summary>The six digits that the authenticator shows.</summary>
    [StringLength(16, ErrorMessage = "A code has six digits.")]
    public string? Code { get; init; }

    /// <summary>A recovery code instead.</summary>
    [StringLength(64, ErrorMessage = "This is no recovery code: it is too long.")]
    public string? RecoveryCode { get; init; }

    /// <summary>The answer to POST /api/v1/auth/step-up/options instead.</summary>
    public PasskeyAnswer? Passkey { get; init; }

    /// <summary>One's own password, while there is neither a second factor nor a passkey.</summary>
    [StringLength(PasswordPolicy.LengthMax, ErrorMessage = "A password has at most 128 characters.")]
    public string? Password { get; init; }
}

/// <summary>Changes what a tenant asks of those who sign in.</summary>
public sealed record UpdateSignInPolicyRequest
{
    /// <summary>Whether members can do nothing in a session without a second factor.</summary>
    [Required(ErrorMessage = "Say whether a second factor is required.")]
    public bool? SecondFactorRequired { get; init; }
}
