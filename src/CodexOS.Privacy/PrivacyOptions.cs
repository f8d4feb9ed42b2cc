using System.ComponentModel.DataAnnotations;

namespace CodexOS.Privacy;

/// <summary>Limits of exports, erasures and retention.</summary>
public sealed class PrivacyOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Privacy";

    /// <summary>How long the archive of an export can be downloaded.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "90.00:00:00")]
    public TimeSpan ExportLifetime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How much data one export may hold, in bytes, before it is compressed.</summary>
    [Range(1_048_576, 1_073_741_824)]
    public long ExportBytesMax { get; set; } = 268_435_456;

    /// <summary>How many archives of exports a tenant may have at once.</summary>
    [Range(1, 10_000)]
    public int ExportsMax { get; set; } = 100;

    /// <summary>How long an export or an erasure may take.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan TimeMax { get; set; } = TimeSpan.FromHours(6);

    /// <summary>The longest time for which a tenant may set data to be kept.</summary>
    [Range(typeof(TimeSpan), "30.00:00:00", "36500.00:00:00")]
    public TimeSpan RetentionMax { get; set; } = TimeSpan.FromDays(3_650);
}
