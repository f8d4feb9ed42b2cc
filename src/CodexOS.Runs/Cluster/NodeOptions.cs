using System.ComponentModel.DataAnnotations;

namespace CodexOS.Runs.Cluster;

/// <summary>
/// How this process takes its place among those that work on the same PostgreSQL database. With one process, or with
/// several on one machine, nothing needs to be set.
/// </summary>
public sealed class NodeOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Cluster";

    /// <summary>The name under which the node is listed; the machine's name and the process's id by default.</summary>
    [StringLength(100, MinimumLength = 1), RegularExpression("^[A-Za-z0-9._-]+$")]
    public string? Name { get; set; }

    /// <summary>
    /// The IP address at which the other nodes reach this one. The port behind it has no sign-in: let nobody but the
    /// nodes reach it.
    /// </summary>
    [Required, IpAddress]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>The port at which the other nodes reach this one; 0 takes any free one.</summary>
    [Range(0, 65_535)]
    public int Port { get; set; }

    /// <summary>How long a node may take to answer a probe.</summary>
    [Range(typeof(TimeSpan), "00:00:00.2", "00:01:00")]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many probes in a row a node may miss before it is suspected; 3 on busy machines.</summary>
    [Range(1, 20)]
    public int ProbesMissedMax { get; set; } = 2;

    /// <summary>How many nodes must suspect one before it counts as dead; as many as there are in smaller clusters.</summary>
    [Range(1, 10)]
    public int DeathVotes { get; set; } = 2;

    /// <summary>How often the list of members is read from the database, in case a message about a change was lost.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan TableRefreshInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the node writes that it is alive. Three misses, and others join without asking it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:01:00")]
    public TimeSpan AliveInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a node tries to join before its start fails.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:30:00")]
    public TimeSpan JoinTimeMax { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the steps under way may take to finish when the node is asked to stop.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:30:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long watchers wait between two looks at the journal while no news comes from other nodes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan FallbackInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The shortest time between two messages to other nodes about what happens in runs.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:05")]
    public TimeSpan NewsInterval { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Most bytes of text of running steps that wait to be sent to other nodes; what comes on top is dropped.</summary>
    [Range(8_192, 67_108_864)]
    public int NewsBytesMax { get; set; } = 1_048_576;
}

/// <summary>An IP address, not a host's name: members are compared by it.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class IpAddressAttribute() : ValidationAttribute("{0} must be an IP address, for instance 10.0.0.7.")
{
    public override bool IsValid(object? value) => value is null || System.Net.IPAddress.TryParse((string)value, out _);
}
