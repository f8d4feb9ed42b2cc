using System.ComponentModel.DataAnnotations;

namespace CodexOS.Identity.OAuth;

/// <summary>The OAuth 2.1 authorization server: how other programs act for people and service accounts.</summary>
public sealed class OAuthOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "OAuth";

    /// <summary>How long an authorization code can be exchanged.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "00:01:00")]
    public TimeSpan CodeLifetime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a device waits for somebody to enter its code.</summary>
    [Range(typeof(TimeSpan), "00:02:00", "00:30:00")]
    public TimeSpan DeviceCodeLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a device has to wait between two polls; one that does not has to wait longer.</summary>
    [Range(1, 60)]
    public int DevicePollIntervalSeconds { get; set; } = 5;

    /// <summary>How many devices may wait at once in the whole installation.</summary>
    [Range(10, 1_000_000)]
    public int DeviceRequestsMax { get; set; } = 10_000;

    /// <summary>How many clients a tenant may have, those that registered themselves included.</summary>
    [Range(1, 10_000)]
    public int ClientsPerTenantMax { get; set; } = 200;

    /// <summary>
    /// Whether programs may register themselves (RFC 7591), as clients of the Model Context Protocol do. Each person still
    /// decides whether to let such a program in.
    /// </summary>
    public bool DynamicRegistration { get; set; }

    /// <summary>For how long a program that registered itself can be used before it has to register anew.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan DynamicClientLifetime { get; set; } = TimeSpan.FromDays(365);
}
