using System.ComponentModel.DataAnnotations;

namespace CodexOS.Privacy;

/// <summary>Limits of exports, erasures, evidence and retention.</summary>
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

    /// <summary>How long a bundle of evidence can be downloaded.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "366.00:00:00")]
    public TimeSpan EvidenceLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How many bundles of evidence a tenant may have at once.</summary>
    [Range(1, 1_000)]
    public int EvidenceMax { get; set; } = 20;

    /// <summary>The longest period that a bundle of evidence may be about.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3660.00:00:00")]
    public TimeSpan EvidencePeriodMax { get; set; } = TimeSpan.FromDays(366);

    /// <summary>How much one bundle of evidence may hold, in bytes, before it is compressed.</summary>
    [Range(1_048_576, 4_294_967_296)]
    public long EvidenceBytesMax { get; set; } = 536_870_912;

    /// <summary>How many lines a file of a bundle may have; what is more goes into further files.</summary>
    [Range(100, 10_000_000)]
    public int EvidenceEntriesPerFile { get; set; } = 100_000;

    /// <summary>How long an export, an erasure, a rotation of keys or a bundle of evidence may take.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan TimeMax { get; set; } = TimeSpan.FromHours(6);

    /// <summary>The longest time for which a tenant may set data to be kept.</summary>
    [Range(typeof(TimeSpan), "30.00:00:00", "36500.00:00:00")]
    public TimeSpan RetentionMax { get; set; } = TimeSpan.FromDays(3_650);
}
