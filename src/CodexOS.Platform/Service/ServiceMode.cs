namespace CodexOS.Platform.Service;

/// <summary>How an installation serves.</summary>
public enum ServiceModeKind
{
    /// <summary>As ever.</summary>
    Normal,

    /// <summary>What is there can be looked at; nothing is changed by requests.</summary>
    ReadOnly,

    /// <summary>Requests are turned away.</summary>
    Maintenance,
}

/// <summary>How the installation serves at the moment, and why.</summary>
/// <param name="Mode">How.</param>
/// <param name="Reason">Why, in words for whoever is turned away.</param>
/// <param name="ChangedAt">Since when.</param>
/// <param name="ChangedBy">Who said so: a user's id, or <c>system</c>.</param>
public sealed record ServiceMode(ServiceModeKind Mode, string? Reason, DateTimeOffset ChangedAt, string ChangedBy);
