using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Passwords;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Passkeys;

/// <summary>One of one's own passkeys.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Name">What it is called.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="LastUsedAt">When it was used last; null if never.</param>
/// <param name="Syncable">Whether its device may copy it to other devices.</param>
/// <param name="Synced">Whether it is copied, so that it outlives its device.</param>
public sealed record Passkey(
    PasskeyId Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt, bool Syncable, bool Synced);

/// <summary>What to ask the browser.</summary>
/// <param name="Challenge">Send it back with the browser's answer. It works once.</param>
/// <param name="ExpiresInSeconds">How long there is time for that.</param>
/// <param name="Options">
/// For <c>PublicKeyCredential.parseCreationOptionsFromJSON</c> when adding, else for <c>parseRequestOptionsFromJSON</c>.
/// </param>
public sealed record PasskeyPrompt(string Challenge, int ExpiresInSeconds, JsonElement Options);

/// <summary>The browser's answer to a prompt, and what is asked with it.</summary>
public abstract record PasskeyResponse
{
    /// <summary>The challenge that came with the options.</summary>
    [Required(ErrorMessage = "Give the challenge that came with the options.")]
    [StringLength(128, ErrorMessage = "This is no challenge: it is too long.")]
    public string Challenge { get; init; } = "";

    /// <summary>The credential, as its <c>toJSON()</c> writes it.</summary>
    [Required(ErrorMessage = "Give the credential that the browser answered with.")]
    public JsonElement? Credential { get; init; }
}

/// <summary>What the browser answered.</summary>
public sealed record PasskeyAnswer : PasskeyResponse;

/// <summary>Begins to add a passkey.</summary>
public sealed record BeginPasskeyRequest
{
    /// <summary>One's own password, while there is neither a second factor nor a passkey to step up with.</summary>
    [StringLength(PasswordPolicy.LengthMax, ErrorMessage = "A password has at most 128 characters.")]
    public string? Password { get; init; }
}

/// <summary>Adds the passkey that the browser made.</summary>
public sealed record AddPasskeyRequest : PasskeyResponse
{
    /// <summary>What to call it, for instance after the device.</summary>
    [Required(ErrorMessage = "Give the passkey a name.")]
    [StringLength(100, MinimumLength = 1, ErrorMessage = "A name has 1 to 100 characters.")]
    public string Name { get; init; } = "";
}

/// <summary>Gives a passkey another name.</summary>
public sealed record RenamePasskeyRequest
{
    /// <summary>What to call it.</summary>
    [Required(ErrorMessage = "Give the passkey a name.")]
    [StringLength(100, MinimumLength = 1, ErrorMessage = "A name has 1 to 100 characters.")]
    public string Name { get; init; } = "";
}

/// <summary>Signs in with a passkey.</summary>
public sealed record PasskeySignInRequest : PasskeyResponse
{
    /// <summary>The tenant to sign in to; the one that the account has belonged to longest if left out.</summary>
    public TenantId? Tenant { get; init; }

    /// <summary>How the refresh token travels.</summary>
    public Transport Transport { get; init; } = Transport.Body;
}
