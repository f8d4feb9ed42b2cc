using System.ComponentModel.DataAnnotations;

namespace CodexOS.Platform.Health;

/// <summary>When the server calls itself ready.</summary>
public sealed class HealthOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Health";

    /// <summary>Least free space, in bytes, on the disk of the data directory.</summary>
    [Range(0, long.MaxValue)]
    public long DiskFreeBytesMin { get; set; } = 256L * 1024 * 1024;

    /// <summary>How long a check may take before it counts as failed.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30")]
    public TimeSpan CheckTimeout { get; set; } = TimeSpan.FromSeconds(2);
}
