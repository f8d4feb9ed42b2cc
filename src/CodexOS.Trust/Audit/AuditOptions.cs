using System.ComponentModel.DataAnnotations;

namespace CodexOS.Trust.Audit;

/// <summary>How the audit log is kept.</summary>
public sealed class AuditOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Audit";

    /// <summary>
    /// How often entries take their place in the log. Until then they can be seen to be missing, but not proved to be.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan SequenceInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many entries take their place in one transaction at most.</summary>
    [Range(10, 5_000)]
    public int SequenceBatchMax { get; set; } = 500;

    /// <summary>How long after a new entry a log is signed at the latest.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>After how many new entries a log is signed, whatever the time.</summary>
    [Range(1, 1_000_000)]
    public int CheckpointEntriesMax { get; set; } = 1_000;

    /// <summary>
    /// Where a copy of every checkpoint is put. It protects best in a place where this server can add files and not change
    /// them. By default <c>audit-checkpoints</c> in the directory that the servers of the installation share.
    /// </summary>
    [StringLength(4_096)]
    public string? CheckpointFolder { get; set; }

    /// <summary>How many entries one export has at most.</summary>
    [Range(1_000, 100_000_000)]
    public long ExportEntriesMax { get; set; } = 1_000_000;

    /// <summary>How many checkpoints can be sent along to be held against the log.</summary>
    [Range(1, 100_000)]
    public int VerifyCheckpointsMax { get; set; } = 10_000;

    /// <summary>
    /// How long facts about persons are kept in the log unless a tenant says otherwise; 0 is for good. Entries are kept for
    /// good whatever this says.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan FactsKept { get; set; } = TimeSpan.Zero;

    /// <summary>After how many findings a verification says no more.</summary>
    [Range(1, 10_000)]
    public int FindingsMax { get; set; } = 100;
}
