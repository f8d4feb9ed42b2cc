namespace CodexOS.Runs.Contracts;

/// <summary>A process that works on this installation's database.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Roles">What it does: <c>all</c>, <c>api</c>, <c>worker</c>.</param>
/// <param name="State">Whether it is there.</param>
/// <param name="Address">Where other nodes reach it, and which start of it this is.</param>
/// <param name="Url">Where it answers requests.</param>
/// <param name="Version">Its version.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="AliveAt">When it last wrote that it is alive.</param>
/// <param name="RunsCount">How many runs are in its hands; those that wait are in nobody's.</param>
/// <param name="Leads">Whether it is the one that looks for due timers and orphaned runs.</param>
/// <param name="Self">Whether it is the one that answers.</param>
public sealed record ClusterNode(
    string Name,
    string Roles,
    ClusterNodeState State,
    string Address,
    string? Url,
    string Version,
    DateTimeOffset StartedAt,
    DateTimeOffset? AliveAt,
    long RunsCount,
    bool Leads,
    bool Self);

/// <summary>Whether a node is there.</summary>
public enum ClusterNodeState
{
    /// <summary>It is starting and not a member yet.</summary>
    Joining,

    /// <summary>It works.</summary>
    Active,

    /// <summary>It finishes its steps, hands its runs over and leaves.</summary>
    Draining,

    /// <summary>It ended without leaving; its runs have been taken up elsewhere. It is listed for an hour.</summary>
    Dead,
}

/// <summary>The nodes of an installation.</summary>
/// <param name="Items">The nodes, by name.</param>
public sealed record ClusterNodeList(IReadOnlyList<ClusterNode> Items);
