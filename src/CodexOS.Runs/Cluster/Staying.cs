using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace CodexOS.Runs.Cluster;

/// <summary>Places a grain only on members that are not about to leave.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class StayingAttribute() : PlacementFilterAttribute(new StayingStrategy());

/// <summary>The strategy, which has no settings.</summary>
internal sealed class StayingStrategy : PlacementFilterStrategy
{
    public StayingStrategy()
        : base(order: 0)
    {
    }
}

/// <summary>Leaves out the members that drain.</summary>
internal sealed class StayingDirector(Nodes nodes) : IPlacementFilterDirector
{
    public IEnumerable<SiloAddress> Filter(
        PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos) =>
        nodes.AnyDrains ? silos.Where(silo => !nodes.IsDraining(silo)) : silos;
}
