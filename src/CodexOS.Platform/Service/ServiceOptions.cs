using System.ComponentModel.DataAnnotations;

namespace CodexOS.Platform.Service;

/// <summary>Maintenance and read-only mode.</summary>
public sealed class ServiceOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Service";

    /// <summary>How often a node looks whether another one changed the mode.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>After what time those are told to come back who are turned away.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(30);
}
