namespace CodexOS.Runs.Cluster;

/// <summary>The living members as this node sees them, and which of them does what only one needs to do.</summary>
internal sealed class ClusterView(IClusterMembershipService membership, Nodes nodes, Node self)
{
    /// <summary>
    /// The member with the lowest address leads: all see the same list, or soon will, and while two think that they lead,
    /// runs are resumed twice, which harms nothing. A stopped process stops leading when it is declared dead.
    /// </summary>
    public SiloAddress? Leader => membership.CurrentSnapshot.Members.Values
        .Where(member => member.Status is SiloStatus.Active && !nodes.IsDraining(member.SiloAddress))
        .Min(member => member.SiloAddress);

    /// <summary>Whether this node leads.</summary>
    public bool Leads => self.Address.Equals(Leader);

    /// <summary>Runs an action whenever a member has died or left, and whenever this node has begun to lead.</summary>
    public async Task WatchAsync(Action changed, CancellationToken cancellationToken)
    {
        var (gone, led) = (0, false);
        await foreach (var now in membership.MembershipUpdates.WithCancellation(cancellationToken))
        {
            var goneNow = now.Members.Values.Count(member => member.Status is SiloStatus.Dead);
            var leads = Leads;
            if (goneNow > gone || (leads && !led)) changed();
            (gone, led) = (goneNow, leads);
        }
    }
}
