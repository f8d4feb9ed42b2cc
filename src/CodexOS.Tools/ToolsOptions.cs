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

    /// <summary>Most bytes of structured data that a call may journal; larger data is left out and flagged.</summary>
    [Range(1_024, 16 * 1024 * 1024)]
    public int DataSizeBytesMax { get; set; } = 1024 * 1024;
}
