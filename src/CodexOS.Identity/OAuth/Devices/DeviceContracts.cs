using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using CodexOS.Identity.OAuth.Authorization;

namespace CodexOS.Identity.OAuth.Devices;

/// <summary>A code that a device shows.</summary>
public sealed record LookAtDeviceRequest
{
    /// <summary>The code, in whatever case.</summary>
    [Required(ErrorMessage = "Enter the code that the device shows.")]
    [StringLength(Devices.UserCode.TypedLengthMax, ErrorMessage = "A code has eight letters.")]
    public string UserCode { get; init; } = "";
}

/// <summary>What a person decided about a device.</summary>
public sealed record DecideDeviceRequest
{
    /// <summary>The code, in whatever case.</summary>
    [Required(ErrorMessage = "Enter the code that the device shows.")]
    [StringLength(Devices.UserCode.TypedLengthMax, ErrorMessage = "A code has eight letters.")]
    public string UserCode { get; init; } = "";

    /// <summary>Whether the device may.</summary>
    [Required(ErrorMessage = "Say whether the device may.")]
    public bool? Allow { get; init; }
}

/// <summary>What a device asks of a person.</summary>
/// <param name="ClientName">The application on it.</param>
/// <param name="Device">How the device named itself.</param>
/// <param name="Everything">Whether it is to be a session of the person's own, which may do what they may.</param>
/// <param name="Scopes">What it asks for otherwise.</param>
/// <param name="RequestedAt">When it asked.</param>
/// <param name="Email">The address of the person who is asked.</param>
/// <param name="TenantName">The tenant that they are signed in to.</param>
public sealed record DeviceQuestion(
    string ClientName, string Device, bool Everything, IReadOnlyList<ConsentScope> Scopes, DateTimeOffset RequestedAt,
    string Email, string TenantName);

/// <summary>What a device is given to show and to poll with (RFC 8628, section 3.2).</summary>
internal sealed record DeviceAnswer(
    [property: JsonPropertyName("device_code")] string DeviceCode,
    [property: JsonPropertyName("user_code")] string UserCode,
    [property: JsonPropertyName("verification_uri")] string VerificationUri,
    [property: JsonPropertyName("verification_uri_complete")] string VerificationUriComplete,
    [property: JsonPropertyName("expires_in")] int ExpiresIn,
    [property: JsonPropertyName("interval")] int Interval);
