using System.ComponentModel.DataAnnotations;

namespace CodexOS.Tools;

/// <summary>The bounds of tool calls.</summary>
public sealed class ToolsOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Tools";

    /// <summary>How long a call waits for a person's approval; silence is a denial.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan ApprovalTimeMax { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long a tool may take to stop after its time is up, before its outcome counts as unknown.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan StopTimeMax { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Most entries of a store whose labels are kept one by one; with more, the store is marked as a whole.</summary>
    [Range(1, 10_000_000)]
    public int LabelsPerStoreMax { get; set; } = 10_000;

    /// <summary>Most approvals given in advance that a tenant may have at once.</summary>
    [Range(0, 100_000)]
    public int StandingApprovalsMax { get; set; } = 1_000;

    /// <summary>For how long an approval may be given in advance.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan StandingTimeMax { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How often an approval that was given in advance may be used at most.</summary>
    [Range(1, 1_000_000)]
    public int StandingUsesMax { get; set; } = 1_000;

    /// <summary>Most characters of a text that is searched for secrets before it leaves; a longer one does not leave.</summary>
    [Range(10_000, 100_000_000)]
    public int ScanLengthMax { get; set; } = 4_000_000;

    /// <summary>Most bytes of structured data that a call may journal; larger data is left out and flagged.</summary>
    [Range(1_024, 16 * 1024 * 1024)]
    public int DataSizeBytesMax { get; set; } = 1024 * 1024;
}
